import type { ClientProfile } from '../model/client-profile.ts'
import { PUBLIC_CLIENT } from './public-client.ts'

const CALLBACK = 'http://127.0.0.1:{port}/callback'

export const codex: ClientProfile = {
  id: 'codex',
  name: 'Codex',
  headers: {},
  discoveryHeaders: { 'mcp-protocol-version': '2024-11-05' },
  opening: 'GET',
  document: 'https://chatgpt.com/oauth/codex/client.json',
  redirectUris: [CALLBACK],
  redirectUri: CALLBACK,
  registration: PUBLIC_CLIENT,
  scope: 'challenge',
  offlineAccess: true,
  refreshesScope: true,
  sharesLogin: true,
  wire: { opens: 'initialize', version: '2025-06-18' },
}
