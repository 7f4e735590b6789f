import type { ClientProfile } from '../model/client-profile.ts'

const CALLBACK = 'http://localhost:{port}/callback'

/** The Python SDK 2.x, as FastMCP uses it: neither `User-Agent` nor `Accept`, and a first look at the authorize URL. */
export const pythonSdk: ClientProfile = {
  id: 'python-sdk',
  name: 'Python SDK',
  headers: {},
  discoveryHeaders: { 'mcp-protocol-version': '2026-07-28' },
  opening: 'POST',
  redirectUris: [CALLBACK],
  redirectUri: CALLBACK,
  // Without a word on how it proves itself: a secret or an express `none` has to come back.
  registration: {
    application_type: 'native',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  },
  registersScope: true,
  scope: 'challenge',
  offlineAccess: true,
  prompt: 'consent',
  looksAtAuthorize: true,
  wire: { opens: 'discover', version: '2026-07-28' },
}
