/** How to let each client register again: `reconnect-<client>`. */

import { definePage } from './words.ts'

export const reconnect = definePage(
  {
    'reconnect-claude': 'Settings, Connectors: remove this one, then add it again.',
    'reconnect-claude-code':
      'Type /mcp, choose the server, then “Clear authentication”, then log in again.',
    'reconnect-chatgpt': 'Settings, Connectors (Apps): remove this one, then create it again.',
    'reconnect-vscode':
      'Run the command “Authentication: Remove Dynamic Authentication Providers”, choose this gateway, then start the server again.',
    'reconnect-cursor': 'Settings, Tools & MCP: remove the server, then add it again.',
    'reconnect-codex': 'Run codex mcp logout with the server’s name, then codex mcp login.',
    'reconnect-mcp-remote': 'Delete the folder ~/.mcp-auth, then start it again.',
  },
  {
    'reconnect-claude': 'Einstellungen, Konnektoren: diesen entfernen und neu hinzufügen.',
    'reconnect-claude-code':
      '/mcp eingeben, den Server wählen, dann „Clear authentication“, dann neu anmelden.',
    'reconnect-chatgpt': 'Einstellungen, Konnektoren (Apps): diesen entfernen und neu erstellen.',
    'reconnect-vscode':
      'Den Befehl „Authentication: Remove Dynamic Authentication Providers“ ausführen, dieses Gateway wählen, dann den Server neu starten.',
    'reconnect-cursor': 'Einstellungen, Tools & MCP: den Server entfernen und neu hinzufügen.',
    'reconnect-codex':
      'codex mcp logout mit dem Namen des Servers ausführen, dann codex mcp login.',
    'reconnect-mcp-remote': 'Den Ordner ~/.mcp-auth löschen und neu starten.',
  },
)
