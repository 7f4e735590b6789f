/**
 * The public halves of the signing keys, by `kid`: read by ext-authz and whoever verifies a token.
 *
 * Key: `public-keys` (hash, kid → JWK with `alg`). A key stays until no token it signed can be alive. It
 * is written with the private halves, in one script of `oauth-server/store/signing-keys.ts`.
 */

import type { Redis } from 'ioredis'

/** A public JWK (RFC 7517) as it stands in the published set. */
export interface PublicJwk {
  readonly kid: string
  readonly kty: string
  readonly alg: string
  readonly use: 'sig'
  readonly [member: string]: unknown
}

export interface PublicKeys {
  all(): Promise<readonly PublicJwk[]>
}

export const PUBLIC_KEYS_KEY = 'public-keys'

export function redisPublicKeys(redis: Redis): PublicKeys {
  return {
    async all() {
      const stored = await redis.hgetall(PUBLIC_KEYS_KEY)
      return Object.values(stored).map((jwk) => JSON.parse(jwk) as PublicJwk)
    },
  }
}
