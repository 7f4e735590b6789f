import type { ClientProfile } from '../model/client-profile.ts'
import { PUBLIC_CLIENT } from './public-client.ts'

const CALLBACK = 'https://chatgpt.com/connector_platform_oauth_redirect'

export const chatgpt: ClientProfile = {
  id: 'chatgpt',
  name: 'ChatGPT',
  headers: { 'user-agent': 'Python/3.12 aiohttp/3.11' },
  discoveryHeaders: { accept: '*/*' },
  opening: 'POST',
  document: 'https://chatgpt.com/oauth/client.json',
  redirectUris: [CALLBACK],
  redirectUri: CALLBACK,
  registration: PUBLIC_CLIENT,
  scope: 'challenge',
  offlineAccess: true,
  wire: { opens: 'initialize', version: '2025-11-25' },
}
