/**
 * Revocations: what no longer counts, and when this store began.
 *
 * Keys: `revocations` (hash, `<kind>:<id>` → `<instant>:<expiresAt>`), `revocations:expiries` (the same
 * members by expiry), `revocations:stream` and `revocations:number` (each write, in order, for readers
 * who keep a replica), `epoch` (hash: `id`, `not_before` in epoch seconds). A token or a grant is
 * refused by being named; a user or a client refuses every grant made at or before the instant.
 */

import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import { INSTANT_KEY, instantOfGrant, NEXT_INSTANT } from './instant.ts'

export type RevocationKind = 'token' | 'grant' | 'client' | 'user'

/** What a request is made with. */
export interface Presented {
  readonly tokenId: string
  readonly grantId: string
  readonly clientId: string
  readonly userId: string
  /** `iat`, epoch seconds. */
  readonly issuedAt: number
}

export type RevocationAnswer =
  | { readonly revoked: false }
  | { readonly revoked: true; readonly by: RevocationKind | 'epoch' }

export interface Revocations {
  /**
   * Refuses what is named until `expiresAt` (epoch seconds): the latest `exp` minted under it.
   * Revoking again only ever prolongs. Resolves with the entry's instant.
   */
  revoke(kind: RevocationKind, id: string, expiresAt: number): Promise<number>
  /** Asks the store itself. Rejects when it cannot answer or has no epoch: then nobody knows. */
  ask(presented: Presented): Promise<RevocationAnswer>
  /** Whether this store has begun: without an epoch nobody may be let in. */
  hasEpoch(): Promise<boolean>
  /** Gives a store without an epoch a new one; resolves with `not_before`, epoch seconds. */
  ensureEpoch(): Promise<number>
}

export const REVOCATIONS_KEY = 'revocations'
const EXPIRIES_KEY = 'revocations:expiries'
const STREAM_KEY = 'revocations:stream'
const NUMBER_KEY = 'revocations:number'
const EPOCH_KEY = 'epoch'

/**
 * Lua: defines `is_revoked(key, grant_id, client_id, user_id)`, for scripts that make or prolong
 * what a revocation may have named. Prepend it, with `REVOCATIONS_KEY` among the KEYS.
 */
export const IS_REVOKED = `
local function is_revoked(key, grant_id, client_id, user_id)
  local held = redis.call('HMGET', key, 'grant:' .. grant_id, 'client:' .. client_id, 'user:' .. user_id)
  if held[1] then return true end
  local made = tonumber(string.match(grant_id, '^(%d+)-'))
  for index = 2, 3 do
    local instant = held[index] and tonumber(string.match(held[index], '^(%d+):'))
    if instant and (not made or made <= instant) then return true end
  end
  return false
end
`

/** Readers behind by more than this load the set again. */
const STREAM_LENGTH = 10_000

/** KEYS: set, expiries, stream, number, instant. ARGV: member, expiresAt, stream length. */
const REVOKE = `${NEXT_INSTANT}
local instant = next_instant(KEYS[5])
local expires = tonumber(ARGV[2])
local held = redis.call('HGET', KEYS[1], ARGV[1])
if held then expires = math.max(expires, tonumber(string.match(held, ':(%d+)$'))) end
local entry = instant .. ':' .. string.format('%.0f', expires)
local number = redis.call('INCR', KEYS[4])
redis.call('HSET', KEYS[1], ARGV[1], entry)
redis.call('ZADD', KEYS[2], expires, ARGV[1])
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[3], '*', 'number', number, 'member', ARGV[1], 'entry', entry)
local gone = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', '(' .. redis.call('TIME')[1], 'LIMIT', 0, 100)
for _, member in ipairs(gone) do
  redis.call('HDEL', KEYS[1], member)
  redis.call('ZREM', KEYS[2], member)
end
return instant`

/** The whole second after now: a token of the store before, made in this second, must not pass. */
const ENSURE_EPOCH = `
redis.call('HSETNX', KEYS[1], 'id', ARGV[1])
redis.call('HSETNX', KEYS[1], 'not_before', redis.call('TIME')[1] + 1)
return redis.call('HGET', KEYS[1], 'not_before')`

export function redisRevocations(redis: Redis): Revocations {
  return {
    async revoke(kind, id, expiresAt) {
      const keys = [REVOCATIONS_KEY, EXPIRIES_KEY, STREAM_KEY, NUMBER_KEY, INSTANT_KEY]
      const member = `${kind}:${id}`
      return Number(
        await redis.eval(REVOKE, keys.length, ...keys, member, expiresAt, STREAM_LENGTH),
      )
    },

    async ask(presented) {
      const replies = await redis
        .multi()
        .hget(EPOCH_KEY, 'not_before')
        .hmget(REVOCATIONS_KEY, ...revocationMembers(presented))
        .exec()
      const [epoch, entries] = (replies ?? []).map(([error, value]) => {
        if (error) throw error
        return value
      })
      if (typeof epoch !== 'string') throw new Error('the store has no epoch')
      if (presented.issuedAt < Number(epoch)) return { revoked: true, by: 'epoch' }
      return judge(presented, entries as (string | null)[])
    },

    async hasEpoch() {
      return (await redis.exists(EPOCH_KEY)) === 1
    },

    async ensureEpoch() {
      return Number(await redis.eval(ENSURE_EPOCH, 1, EPOCH_KEY, randomUUID()))
    },
  }
}

/** The members under which a request could be refused, in the order `judge` reads them. */
export function revocationMembers({ tokenId, grantId, clientId, userId }: Presented): string[] {
  return [`token:${tokenId}`, `grant:${grantId}`, `client:${clientId}`, `user:${userId}`]
}

function judge(
  presented: Presented,
  [token, grant, client, user]: (string | null)[],
): RevocationAnswer {
  if (token) return { revoked: true, by: 'token' }
  if (grant) return { revoked: true, by: 'grant' }
  const made = instantOfGrant(presented.grantId)
  if (refuses(client, made)) return { revoked: true, by: 'client' }
  if (refuses(user, made)) return { revoked: true, by: 'user' }
  return { revoked: false }
}

/** A grant without an instant cannot prove that it is younger: it is refused. */
function refuses(entry: string | null | undefined, made: number | undefined): boolean {
  if (!entry) return false
  return made === undefined || made <= Number(entry.split(':')[0])
}
