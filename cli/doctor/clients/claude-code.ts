import type { ClientProfile } from '../model/client-profile.ts'

const CALLBACK = 'http://localhost:{port}/callback'

export const claudeCode: ClientProfile = {
  id: 'claude-code',
  name: 'Claude Code',
  headers: { 'user-agent': 'claude-code/2.1.330' },
  discoveryHeaders: { accept: '*/*', 'mcp-protocol-version': '2025-11-25' },
  opening: 'none',
  document: 'https://claude.ai/oauth/claude-code-client-metadata',
  redirectUris: [CALLBACK],
  redirectUri: CALLBACK,
  registration: {
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  },
  scope: 'challenge',
  offlineAccess: true,
  prompt: 'consent',
  sharesLogin: true,
  wire: { opens: 'discover', version: '2026-07-28' },
}
