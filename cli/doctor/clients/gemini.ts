import type { ClientProfile } from '../model/client-profile.ts'

const CALLBACK = 'http://localhost:{port}/oauth/callback'

export const gemini: ClientProfile = {
  id: 'gemini',
  name: 'Gemini CLI',
  headers: { 'user-agent': 'node' },
  discoveryHeaders: { accept: '*/*' },
  opening: 'HEAD',
  redirectUris: [CALLBACK],
  redirectUri: CALLBACK,
  registration: {
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    code_challenge_method: ['S256'],
  },
  scope: 'server-metadata',
  wire: { opens: 'initialize', version: '2025-06-18' },
}
