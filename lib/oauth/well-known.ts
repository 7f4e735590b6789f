/** The well-known paths, and how a resource's path is inserted (RFC 8414 section 3.1, RFC 9728 section 3.1). */

export const AUTHORIZATION_SERVER_PATH = '/.well-known/oauth-authorization-server'
export const OPENID_CONFIGURATION_PATH = '/.well-known/openid-configuration'
export const PROTECTED_RESOURCE_PATH = '/.well-known/oauth-protected-resource'

/**
 * The metadata URL of a protected resource: the well-known part goes between host and path.
 * `https://h/echo/mcp` has `https://h/.well-known/oauth-protected-resource/echo/mcp`.
 */
export function protectedResourceMetadataUrl(resource: string): string {
  const { origin, pathname } = new URL(resource)
  return origin + PROTECTED_RESOURCE_PATH + (pathname === '/' ? '' : pathname)
}
