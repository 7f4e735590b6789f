/**
 * The public halves of the signing keys, by `kid`: written by oauth-server, read by ext-authz.
 *
 * Key: `public-keys` (hash, kid → JWK with `alg`). A key stays until no token it signed can be alive.
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
  publish(key: PublicJwk): Promise<void>
  all(): Promise<readonly PublicJwk[]>
}

const KEY = 'public-keys'

export function redisPublicKeys(redis: Redis): PublicKeys {
  return {
    async publish(key) {
      await redis.hset(KEY, key.kid, JSON.stringify(key))
    },
    async all() {
      const stored = await redis.hgetall(KEY)
      return Object.values(stored).map((jwk) => JSON.parse(jwk) as PublicJwk)
    },
  }
}
