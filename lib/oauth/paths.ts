/** The authorization server's own paths: the edge routes them, and no service may be named like them. */

/** Matched whole. */
export const AUTHORIZATION_SERVER_PATHS = [
  '/',
  '/register',
  '/authorize',
  '/par',
  '/callback',
  '/token',
  '/revoke',
  '/introspect',
  '/device_authorization',
  '/device',
  '/jwks',
  '/userinfo',
  '/healthz',
  '/login',
  '/consent',
  '/account',
  '/logout',
] as const

/** Matched by their beginning. */
export const AUTHORIZATION_SERVER_PREFIXES = [
  '/register/',
  '/callback/',
  '/assets/',
  '/.well-known/',
] as const

/** What web pages of any origin may read: no cookie protects it. */
export const PATHS_FOR_ANY_PAGE = ['/register', '/token', '/revoke', '/jwks'] as const
export const PREFIXES_FOR_ANY_PAGE = ['/register/', '/.well-known/'] as const
