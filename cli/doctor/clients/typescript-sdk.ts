import type { ClientProfile } from '../model/client-profile.ts'
import { PUBLIC_CLIENT } from './public-client.ts'

const CALLBACK = 'http://localhost:{port}/callback'

/** What many clients are made of: `@modelcontextprotocol/sdk` 1.x. */
export const typescriptSdk: ClientProfile = {
  id: 'typescript-sdk',
  name: 'TypeScript SDK',
  headers: { 'user-agent': 'node' },
  discoveryHeaders: { accept: '*/*', 'mcp-protocol-version': '2025-11-25' },
  opening: 'POST',
  redirectUris: [CALLBACK],
  redirectUri: CALLBACK,
  registration: PUBLIC_CLIENT,
  registersScope: true,
  scope: 'challenge',
  wire: { opens: 'initialize', version: '2025-11-25' },
  // The only one seen that does not look (1.x).
  tolerates: ['issuer.trailing_slash', 'issuer.other'],
}
