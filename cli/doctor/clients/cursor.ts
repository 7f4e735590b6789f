import type { ClientProfile } from '../model/client-profile.ts'
import { PUBLIC_CLIENT } from './public-client.ts'

const CALLBACK = 'cursor://anysphere.cursor-mcp/oauth/callback'

export const cursor: ClientProfile = {
  id: 'cursor',
  name: 'Cursor',
  headers: { 'user-agent': 'node' },
  discoveryHeaders: { accept: '*/*', 'mcp-protocol-version': '2025-11-25' },
  opening: 'POST',
  redirectUris: [
    CALLBACK,
    'https://www.cursor.com/agents/mcp/oauth/callback',
    'http://localhost:8787/callback',
  ],
  redirectUri: CALLBACK,
  registration: PUBLIC_CLIENT,
  registersScope: true,
  scope: 'challenge',
  wire: { opens: 'initialize', version: '2025-11-25' },
}
