/**
 * Refresh families: the generations of one grant's refresh token (RFC 9700 section 4.14.2).
 *
 * Keys: `refresh:<hash of family>` (hash: `grant`, id; `generation`, the one that counts), as long as the
 * grant; `refresh:<hash>:answer:<generation>`: what that generation was exchanged for, sealed under a key
 * made of the token itself, for 30 s. Whoever lost the race or the answer presents the same token and
 * gets the same pair; the store alone can open nothing.
 */

import type { Redis } from 'ioredis'
import { digest } from '../../lib/platform/seal.ts'
import {
  IS_REVOKED,
  REVOCATION_KEYS,
  REVOCATIONS_KEY,
  WRITE_REVOCATION,
} from '../../lib/store/revocations.ts'
import { defineScript } from '../../lib/store/script.ts'
import {
  clientIndex,
  GRANT_KEY_START,
  KEEP_GRANT,
  keepingArguments,
  keepingKeys,
} from './grant-scripts.ts'
import { type Grant, type GrantKeys, type Keeping, toGrant } from './grants.ts'

/** One refresh token, without the proof that it is ours. */
export interface Generation {
  readonly family: string
  readonly generation: number
}

export interface Minting {
  readonly grant: GrantKeys
  readonly keeping: Keeping
}

export type Rotation =
  | { readonly outcome: 'rotated' }
  | { readonly outcome: 'repeated'; readonly sealedAnswer: string }
  | { readonly outcome: 'reused' | 'dead' | 'unknown' }

export interface RefreshFamilies {
  /** Begins a family at generation 1; false when its grant is not alive. */
  open(family: string, minting: Minting): Promise<boolean>
  /** The grant whose tokens these are; undefined when it has ended. */
  findGrant(family: string): Promise<Grant | undefined>
  /** Atomic: of any number of racing rotations one is `rotated`, the others are `repeated`. */
  rotate(presented: Generation, sealedAnswer: string, minting: Minting): Promise<Rotation>
  /** Undefined where this generation was used up, or its grant is not alive. */
  inspect(presented: Generation): Promise<LiveRefreshToken | undefined>
  /**
   * Ends the family and its grant with everything made under it, if it is this client's. Resolves with
   * the grant; undefined when there was nothing to end. `expiresAt` as for `Grants.revoke`.
   */
  end(family: string, clientId: string, expiresAt: number): Promise<GrantKeys | undefined>
}

export interface LiveRefreshToken {
  readonly grant: Grant
  /** How long it lives on if nobody uses it. */
  readonly ttlSeconds: number
}

const GRACE_MS = 30_000

/** Lua: `open_family(key)` beside KEEP_GRANT, whose ARGV it reads. */
export const OPEN_FAMILY = `
local function open_family(key)
  redis.call('HSET', key, 'grant', ARGV[1], 'generation', 1)
  redis.call('EXPIRE', key, ARGV[5])
end
`

/** KEYS beyond those of KEEP_GRANT: family. */
const OPEN = defineScript(`${KEEP_GRANT}${OPEN_FAMILY}
if not is_alive() then return 0 end
keep_grant()
open_family(KEYS[5])
return 1`)

/** KEYS: family, start of grant keys. */
const FIND = defineScript(`
local id = redis.call('HGET', KEYS[1], 'grant')
if not id then return nil end
return { id, redis.call('HGET', KEYS[2] .. id, 'grant') }`)

/**
 * KEYS beyond: family, answer. ARGV beyond: generation presented, sealed answer, grace in ms. A generation beyond
 * the one that counts is ours as well, or it would have no proof: the store was put back to an earlier state, and
 * what counts is what the client has. Older ones are reuse from then on.
 */
const ROTATE = defineScript(`${KEEP_GRANT}
local current = tonumber(redis.call('HGET', KEYS[5], 'generation'))
local presented = tonumber(ARGV[6])
if not current then return { 'unknown' } end
if not is_alive() then return { 'dead' } end
if presented < current then
  local answer = redis.call('GET', KEYS[6])
  if answer then return { 'repeated', answer } end
  return { 'reused' }
end
keep_grant()
redis.call('HSET', KEYS[5], 'generation', string.format('%.0f', presented + 1))
redis.call('EXPIRE', KEYS[5], ARGV[5])
redis.call('SET', KEYS[6], ARGV[7], 'PX', ARGV[8])
return { 'rotated' }`)

/** KEYS: family, start of grant keys, revocations. ARGV: generation presented. */
const INSPECT = defineScript(`${IS_REVOKED}
local held = redis.call('HMGET', KEYS[1], 'grant', 'generation')
if not held[1] or tonumber(ARGV[1]) < tonumber(held[2]) then return nil end
local stored = redis.call('HGET', KEYS[2] .. held[1], 'grant')
if not stored then return nil end
local grant = cjson.decode(stored)
if is_revoked(KEYS[3], held[1], grant.clientId, grant.userId) then return nil end
return { held[1], stored, redis.call('TTL', KEYS[1]) }`)

/**
 * KEYS: family, start of grant keys, index of client, revocation keys. ARGV: client, expiresAt. The
 * user's index keeps the id until the grant would have ended, which it may.
 */
const END = defineScript(
  `${WRITE_REVOCATION}
local id = redis.call('HGET', KEYS[1], 'grant')
if not id then return nil end
local held = redis.call('HMGET', KEYS[2] .. id, 'grant', 'latest_expires_at')
local grant = held[1] and cjson.decode(held[1])
if not grant or grant.clientId ~= ARGV[1] then return nil end
write_revocation(4, 'grant:' .. id, math.max(tonumber(held[2] or '0'), tonumber(ARGV[2])))
redis.call('DEL', KEYS[1], KEYS[2] .. id)
redis.call('ZREM', KEYS[3], id)
return { id, grant.userId }`,
  { evenWhenFull: true },
)

export const familyKey = (family: string): string => `refresh:${digest(family)}`

export function redisRefreshFamilies(redis: Redis, graceMs = GRACE_MS): RefreshFamilies {
  return {
    async open(family, { grant, keeping }) {
      const keys = [...keepingKeys(grant), familyKey(family)]
      const values = keepingArguments(grant, keeping)
      return (await OPEN(redis, keys, values)) === 1
    },
    async findGrant(family) {
      const reply = await FIND(redis, [familyKey(family), GRANT_KEY_START])
      return reply === null ? undefined : toGrant(...(reply as [string, string | null]))
    },
    async rotate({ family, generation }, sealedAnswer, { grant, keeping }) {
      const key = familyKey(family)
      const keys = [...keepingKeys(grant), key, `${key}:answer:${generation}`]
      const values = [...keepingArguments(grant, keeping), generation, sealedAnswer, graceMs]
      const reply = await ROTATE(redis, keys, values)
      return toRotation(reply as [Rotation['outcome'], string?])
    },
    async inspect({ family, generation }) {
      const keys = [familyKey(family), GRANT_KEY_START, REVOCATIONS_KEY]
      const reply = (await INSPECT(redis, keys, [generation])) as [string, string, number] | null
      const grant = reply === null ? undefined : toGrant(reply[0], reply[1])
      return reply === null || grant === undefined ? undefined : { grant, ttlSeconds: reply[2] }
    },
    async end(family, clientId, expiresAt) {
      const start = [familyKey(family), GRANT_KEY_START, clientIndex(clientId)]
      const reply = await END(redis, [...start, ...REVOCATION_KEYS], [clientId, expiresAt])
      if (reply === null) return undefined
      const [id, userId] = reply as [string, string]
      return { id, userId, clientId }
    },
  }
}

function toRotation([outcome, sealedAnswer = '']: [Rotation['outcome'], string?]): Rotation {
  return outcome === 'repeated' ? { outcome, sealedAnswer } : { outcome }
}
