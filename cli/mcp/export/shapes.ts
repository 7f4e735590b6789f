/** How each client's configuration names a server elsewhere: the shapes are those clients' own. */

import { join } from 'node:path'
import type { Environment } from '../../../lib/platform/environment.ts'

export const EXPORT_CLIENTS = [
  'claude',
  'claude-desktop',
  'vscode',
  'cursor',
  'windsurf',
  'zed',
  'codex',
  'gemini',
] as const

export type ExportClient = (typeof EXPORT_CLIENTS)[number]

export interface Places {
  readonly environment: Environment
  readonly home: string
  readonly workingDirectory: string
  readonly platform: NodeJS.Platform
}

export interface ServerEntry {
  readonly name: string
  readonly url: string
  /** Starts `gateway connect URL`: program and arguments. */
  readonly bridge: readonly [string, ...string[]]
}

export interface ExportShape {
  readonly format: 'json' | 'toml'
  /** The member that holds the servers by name. */
  readonly section: string
  readonly place: (places: Places) => string
  readonly entry: (server: ServerEntry) => Readonly<Record<string, unknown>>
  /** What the person does then. */
  readonly nextStep: string
}

/** Written to the folder that the client is started in, or for the whole account. */
export const SHAPES: Readonly<Record<ExportClient, ExportShape>> = {
  claude: {
    format: 'json',
    section: 'mcpServers',
    place: ({ workingDirectory }) => join(workingDirectory, '.mcp.json'),
    entry: ({ url }) => ({ type: 'http', url }),
    nextStep: 'start claude in this folder, allow the server, and log in with /mcp',
  },
  // Its file knows programs only; servers elsewhere are added in its settings, and must be public.
  'claude-desktop': {
    format: 'json',
    section: 'mcpServers',
    place: claudeDesktopPlace,
    entry: ({ bridge: [command, ...args] }) => ({ command, args }),
    nextStep: 'start Claude Desktop anew',
  },
  vscode: {
    format: 'json',
    section: 'servers',
    place: ({ workingDirectory }) => join(workingDirectory, '.vscode', 'mcp.json'),
    entry: ({ url }) => ({ type: 'http', url }),
    nextStep: 'open this folder in VS Code and start the server above its entry',
  },
  cursor: {
    format: 'json',
    section: 'mcpServers',
    place: ({ home }) => join(home, '.cursor', 'mcp.json'),
    entry: ({ url }) => ({ url }),
    nextStep: 'log in under Settings, MCP',
  },
  windsurf: {
    format: 'json',
    section: 'mcpServers',
    place: ({ home }) => join(home, '.codeium', 'windsurf', 'mcp_config.json'),
    entry: ({ url }) => ({ serverUrl: url }),
    nextStep: 'refresh the MCP servers in Cascade',
  },
  zed: {
    format: 'json',
    section: 'context_servers',
    place: zedPlace,
    entry: ({ url }) => ({ url }),
    nextStep: 'log in under Settings, AI, MCP Servers',
  },
  codex: {
    format: 'toml',
    section: 'mcp_servers',
    place: ({ home, environment }) =>
      join(environment['CODEX_HOME'] ?? join(home, '.codex'), 'config.toml'),
    entry: ({ url }) => ({ url }),
    nextStep: 'log in: codex mcp login NAME',
  },
  gemini: {
    format: 'json',
    section: 'mcpServers',
    place: ({ home }) => join(home, '.gemini', 'settings.json'),
    entry: ({ url }) => ({ httpUrl: url }),
    nextStep: 'start gemini and log in: /mcp auth NAME',
  },
}

function claudeDesktopPlace({ environment, home, platform }: Places): string {
  const file = join('Claude', 'claude_desktop_config.json')
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', file)
  return join(configFolder(environment, home), file)
}

function zedPlace({ environment, home, platform }: Places): string {
  const folder = platform === 'darwin' ? join(home, '.config') : configFolder(environment, home)
  return join(folder, 'zed', 'settings.json')
}

function configFolder(environment: Environment, home: string): string {
  return environment['XDG_CONFIG_HOME'] ?? join(home, '.config')
}
