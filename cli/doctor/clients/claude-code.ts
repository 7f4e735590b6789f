import type { ClientProfile } from '../model/client-profile.ts'
import { PUBLIC_CLIENT } from './public-client.ts'

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
  registration: PUBLIC_CLIENT,
  scope: 'challenge',
  offlineAccess: true,
  prompt: 'consent',
  sharesLogin: true,
  wire: { opens: 'discover', version: '2026-07-28' },
}
