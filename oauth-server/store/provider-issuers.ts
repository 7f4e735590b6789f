/**
 * Provider issuers: who vouches for the ids under a provider's name, since its first use.
 *
 * Key: `providers:issuers` (hash: name → issuer), for ever: the ids are.
 */

import type { Redis } from 'ioredis'
import { defineScript } from '../../lib/store/script.ts'

export interface ProviderIssuers {
  /** By name. */
  all(): Promise<ReadonlyMap<string, string>>
  /** Binds a name that is not bound yet; resolves with the issuer it is bound to. */
  bind(name: string, issuer: string): Promise<string>
}

export const PROVIDER_ISSUERS_KEY = 'providers:issuers'

/** ARGV: name, issuer. */
const BIND = defineScript(`
redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2])
return redis.call('HGET', KEYS[1], ARGV[1])`)

export function redisProviderIssuers(redis: Redis): ProviderIssuers {
  return {
    async all() {
      return new Map(Object.entries(await redis.hgetall(PROVIDER_ISSUERS_KEY)))
    },
    async bind(name, issuer) {
      return (await BIND(redis, [PROVIDER_ISSUERS_KEY], [name, issuer])) as string
    },
  }
}
