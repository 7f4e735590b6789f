/** oidc-provider set up for the same work: JWT access tokens (RFC 9068) of one resource, rotation, PKCE. */

import type { Redis } from 'ioredis'
import { Provider } from 'oidc-provider'
import { ISSUER, RESOURCE } from '../server.ts'
import { createAdapter } from './redis-adapter.ts'

export interface PeerSettings {
  readonly algorithm: string
  /** The private key, as JWK. */
  readonly signingKey: object
}

/** The lifetimes are those of our defaults. */
const TTL = {
  AccessToken: 3600,
  ClientCredentials: 3600,
  AuthorizationCode: 60,
  IdToken: 300,
  RefreshToken: 30 * 86_400,
  Grant: 30 * 86_400,
  Session: 7 * 86_400,
  Interaction: 600,
}

/** Everything that is not said here is left as the package ships it. */
export function createProvider(redis: Redis, { algorithm, signingKey }: PeerSettings): Provider {
  return new Provider(ISSUER, {
    adapter: (kind: string) => createAdapter(redis, kind),
    jwks: { keys: [signingKey] },
    scopes: ['openid', 'offline_access', 'mcp'],
    ttl: TTL,
    clientDefaults: { id_token_signed_response_alg: algorithm },
    rotateRefreshToken: true,
    issueRefreshToken: async () => true,
    pkce: { required: () => true },
    cookies: { keys: ['a key of the benchmark'] },
    findAccount: async (_ctx: unknown, id: string) => ({
      accountId: id,
      claims: async () => ({ sub: id }),
    }),
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: true },
      registrationManagement: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: async () => RESOURCE,
        useGrantedResource: async () => true,
        getResourceServerInfo: async () => ({
          scope: 'mcp',
          audience: RESOURCE,
          accessTokenTTL: TTL.AccessToken,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: algorithm } },
        }),
      },
    },
  })
}
