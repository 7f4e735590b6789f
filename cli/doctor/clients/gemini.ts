import type { ClientProfile } from '../model/client-profile.ts'
import { PUBLIC_CLIENT } from './public-client.ts'

const CALLBACK = 'http://localhost:{port}/oauth/callback'

export const gemini: ClientProfile = {
  id: 'gemini',
  name: 'Gemini CLI',
  headers: { 'user-agent': 'node' },
  discoveryHeaders: { accept: '*/*' },
  opening: 'HEAD',
  redirectUris: [CALLBACK],
  redirectUri: CALLBACK,
  registration: { ...PUBLIC_CLIENT, code_challenge_method: ['S256'] },
  scope: 'server-metadata',
  wire: { opens: 'initialize', version: '2025-06-18' },
}
