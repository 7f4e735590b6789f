import type { ClientProfile } from '../model/client-profile.ts'
import { PUBLIC_CLIENT } from './public-client.ts'

const CALLBACK = 'http://localhost:{port}/oauth/callback'

export const mcpRemote: ClientProfile = {
  id: 'mcp-remote',
  name: 'mcp-remote',
  headers: { 'user-agent': 'node' },
  discoveryHeaders: { accept: 'application/json' },
  opening: 'GET',
  redirectUris: [CALLBACK],
  redirectUri: CALLBACK,
  registration: {
    client_uri: 'https://github.com/modelcontextprotocol/mcp-cli',
    software_id: '2e6dc280-f3c3-4e01-99a7-8181dbd1d23d',
    software_version: '0.15.1',
    application_type: 'native',
    ...PUBLIC_CLIENT,
  },
  scope: 'challenge',
  offlineAccess: true,
  prompt: 'consent',
  refreshesScope: true,
  sharesLogin: true,
  wire: { opens: 'initialize', version: '2025-11-25' },
  // Though it speaks the era that knows no such header.
  mcpHeaders: { 'mcp-method': 'initialize' },
}
