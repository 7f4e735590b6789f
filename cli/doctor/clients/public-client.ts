/** What nearly every client registers: it proves itself by PKCE alone, and refreshes. */
export const PUBLIC_CLIENT = {
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
} as const
