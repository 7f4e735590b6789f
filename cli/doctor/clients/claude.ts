import type { ClientProfile } from '../model/client-profile.ts'

const CALLBACK = 'https://claude.ai/api/mcp/auth_callback'

export const claude: ClientProfile = {
  id: 'claude',
  name: 'Claude',
  headers: { 'user-agent': 'Claude-User' },
  discoveryHeaders: { accept: '*/*', 'mcp-protocol-version': '2025-11-25' },
  opening: 'POST',
  document: 'https://claude.ai/oauth/mcp-oauth-client-metadata',
  redirectUris: [CALLBACK],
  redirectUri: CALLBACK,
  registration: {
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'client_secret_post',
  },
  registersScope: true,
  scope: 'challenge',
  offlineAccess: true,
  wire: { opens: 'initialize', version: '2025-11-25' },
}
