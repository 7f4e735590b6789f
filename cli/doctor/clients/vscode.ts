import type { ClientProfile } from '../model/client-profile.ts'

/** It registers addresses without its port, or with its favourite one, and listens at another when that is taken. */
export const vscode: ClientProfile = {
  id: 'vscode',
  name: 'VS Code',
  headers: { 'user-agent': 'node' },
  discoveryHeaders: { accept: 'application/json', 'mcp-protocol-version': '2025-11-25' },
  opening: 'POST',
  document: 'https://vscode.dev/oauth/client-metadata.json',
  redirectUris: [
    'https://insiders.vscode.dev/redirect',
    'https://vscode.dev/redirect',
    'http://127.0.0.1/',
    'http://127.0.0.1:33418/',
  ],
  redirectUri: 'http://127.0.0.1:{port}/',
  registration: {
    client_uri: 'https://code.visualstudio.com',
    grant_types: [
      'authorization_code',
      'refresh_token',
      'urn:ietf:params:oauth:grant-type:device_code',
    ],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    application_type: 'native',
  },
  registersScope: true,
  scope: 'challenge',
  wire: { opens: 'initialize', version: '2025-11-25' },
}
