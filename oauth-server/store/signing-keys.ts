/**
 * Signing keys: the private halves sealed under a key the store does not have, and when each one signs.
 *
 * Keys: `signing-keys` (hash, kid → JSON), and `public-keys` of `lib/store/public-keys.ts`, which every
 * change makes to hold exactly the public halves of what is kept here. No TTL: a key stays until
 * nothing it signed can be alive.
 */

import type { Redis } from 'ioredis'
import type { SigningAlgorithm } from '../../lib/oauth/jws.ts'
import { PUBLIC_KEYS_KEY, type PublicJwk } from '../../lib/store/public-keys.ts'
import { KEY_CHANGE_KEYS, WRITE_KEY_CHANGE } from '../../lib/store/revocations.ts'
import { defineScript } from '../../lib/store/script.ts'

export interface KeyMaterial {
  readonly kid: string
  readonly algorithm: SigningAlgorithm
  readonly publicJwk: PublicJwk
  readonly sealedPrivateJwk: string
}

/** Epoch milliseconds of the store's clock. */
export interface SigningKeyRecord extends KeyMaterial {
  /** Readers of the public half know it by then. */
  readonly signsFrom: number
  /** After it nobody signs with this key, unless it is prolonged before. */
  readonly signsUntil: number
  /** The longest life of any token it signs. */
  readonly longestTokenMs: number
}

export interface StoredKeys {
  /** The store's clock. */
  readonly now: number
  /** Tells whether anything has changed since. */
  readonly fingerprint: string
  readonly records: readonly SigningKeyRecord[]
  /** Whether the published set holds these keys and no others. */
  readonly isPublished: boolean
}

export interface KeyChanges {
  /** Records that are new or have changed. */
  readonly put: readonly SigningKeyRecord[]
  /** Key ids. */
  readonly drop: readonly string[]
}

export interface SigningKeys {
  read(): Promise<StoredKeys>
  /**
   * Changes what was seen and publishes what remains; false, and nothing done, when somebody else has
   * changed it meanwhile. Atomic: servers that decide at once agree on one decision.
   */
  change(fingerprint: string, changes: KeyChanges): Promise<boolean>
}

const KEYS = ['signing-keys', PUBLIC_KEYS_KEY] as const

/** Lua: `held()` gives the records in an order of their own, and their fingerprint. */
const HELD = `
local function held()
  local records = redis.call('HVALS', KEYS[1])
  table.sort(records)
  return records, redis.sha1hex(table.concat(records))
end
`

const READ = defineScript(`${HELD}
local records, fingerprint = held()
local time = redis.call('TIME')
local published = redis.call('HLEN', KEYS[2]) == #records
for _, kid in ipairs(redis.call('HKEYS', KEYS[1])) do
  published = published and redis.call('HEXISTS', KEYS[2], kid) == 1
end
return { time[1] * 1000 + math.floor(time[2] / 1000), fingerprint, published and 1 or 0, records }`)

/** ARGV: fingerprint, how many records, for each its kid and itself, kids to drop. Who verifies is told in the same step. */
const CHANGE = defineScript(`${HELD}${WRITE_KEY_CHANGE}
local _, fingerprint = held()
if fingerprint ~= ARGV[1] then return 0 end
local drops = 3 + 2 * ARGV[2]
for index = 3, drops - 1, 2 do redis.call('HSET', KEYS[1], ARGV[index], ARGV[index + 1]) end
for index = drops, #ARGV do redis.call('HDEL', KEYS[1], ARGV[index]) end
redis.call('DEL', KEYS[2])
for _, stored in ipairs(held()) do
  local record = cjson.decode(stored)
  redis.call('HSET', KEYS[2], record.kid, cjson.encode(record.publicJwk))
end
write_key_change(3)
return 1`)

export function redisSigningKeys(redis: Redis): SigningKeys {
  return {
    async read() {
      const reply = await READ(redis, KEYS)
      const [now, fingerprint, published, stored] = reply as [number, string, 0 | 1, string[]]
      const records = stored.map(parseRecord)
      return { now, fingerprint, records, isPublished: published === 1 }
    },
    async change(fingerprint, { put, drop }) {
      const records = put.flatMap((record) => [record.kid, JSON.stringify(record)])
      const values = [fingerprint, put.length, ...records, ...drop]
      return (await CHANGE(redis, [...KEYS, ...KEY_CHANGE_KEYS], values)) === 1
    },
  }
}

/** Records of earlier releases lack what came later. */
function parseRecord(stored: string): SigningKeyRecord {
  const bounds = { signsUntil: 0, longestTokenMs: 0 }
  return { ...bounds, ...(JSON.parse(stored) as KeyMaterial & { readonly signsFrom: number }) }
}
