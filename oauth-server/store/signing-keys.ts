/**
 * Signing keys: the private halves, sealed under a key the store does not have.
 *
 * Key: `signing-keys` (hash, kid → JSON). No TTL: a key stays until it is rotated out.
 */

import type { Redis } from 'ioredis'
import type { SigningAlgorithm } from '../../lib/oauth/access-token.ts'
import type { PublicJwk } from '../../lib/store/public-keys.ts'
import { defineScript } from '../../lib/store/script.ts'

export interface StoredSigningKey {
  readonly kid: string
  readonly algorithm: SigningAlgorithm
  readonly publicJwk: PublicJwk
  readonly sealedPrivateJwk: string
}

export interface SigningKeyRecord extends StoredSigningKey {
  /** Epoch milliseconds: readers of the public half know it by then. 0 for a store's first key. */
  readonly signsFrom: number
}

export interface SigningKeys {
  /**
   * Adds the key unless the store has one of its algorithm; resolves with all there are.
   * Atomic: servers that start at once agree on one.
   */
  ensure(key: StoredSigningKey): Promise<readonly SigningKeyRecord[]>
}

/** How long a key is published before it signs, so that no verifier meets it unprepared. */
const PUBLISHED_MS = 10_000

const KEY = 'signing-keys'

/** ARGV: kid, algorithm, record, delay. */
const ENSURE = defineScript(`
local held = redis.call('HVALS', KEYS[1])
for _, stored in ipairs(held) do
  if cjson.decode(stored).algorithm == ARGV[2] then return held end
end
local record = cjson.decode(ARGV[3])
record.signsFrom = 0
if #held > 0 then record.signsFrom = redis.call('TIME')[1] * 1000 + ARGV[4] end
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(record))
return redis.call('HVALS', KEYS[1])`)

export function redisSigningKeys(redis: Redis): SigningKeys {
  return {
    async ensure(key) {
      const values = [key.kid, key.algorithm, JSON.stringify(key), PUBLISHED_MS]
      const stored = (await ENSURE(redis, [KEY], values)) as string[]
      return stored.map((record) => JSON.parse(record) as SigningKeyRecord)
    },
  }
}
