import type { ClientProfile } from '../model/client-profile.ts'
import { PUBLIC_CLIENT } from './public-client.ts'

const CALLBACK = 'http://localhost:{port}/oauth/callback'

/** use-mcp and its like: the browser stands between, and asks the server what a page may. */
export const webPage: ClientProfile = {
  id: 'web-page',
  name: 'Web page',
  headers: { 'user-agent': 'Mozilla/5.0' },
  discoveryHeaders: { accept: '*/*', 'mcp-protocol-version': '2025-11-25' },
  opening: 'POST',
  redirectUris: [CALLBACK],
  redirectUri: CALLBACK,
  registration: PUBLIC_CLIENT,
  scope: 'challenge',
  isWebPage: true,
  wire: { opens: 'initialize', version: '2025-11-25' },
}
