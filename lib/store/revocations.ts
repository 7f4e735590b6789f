/**
 * Revocations: what no longer counts, and when this store began.
 *
 * Keys: `revocations` (hash, `<kind>:<id>` → `<instant>:<expiresAt>`), `revocations:expiries` (the same
 * members by expiry), `revocations:stream` and `revocations:number` (each write, in order, for readers
 * who keep a replica), `epoch` (hash: `id`, `not_before` in epoch seconds, and
 * `before:<id>` for each that the store goes on from: the instant until which it knows what was made then). A token or a grant is
 * refused by being named; a user or a client refuses every grant made at or before the instant.
 */

import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import { INSTANT_KEY, NEXT_INSTANT } from './instant.ts'
import {
  isEarlier,
  judge,
  type Presented,
  parseEntry,
  type RevocationAnswer,
  type RevocationKind,
  type StoreState,
} from './revocation.ts'
import { defineScript } from './script.ts'

export interface Revocations {
  /**
   * Refuses what is named until `expiresAt` (epoch seconds): the latest `exp` minted under it.
   * Revoking again only ever prolongs. Resolves with the entry's instant.
   */
  revoke(kind: RevocationKind, id: string, expiresAt: number): Promise<number>
  /**
   * Asks the store itself. Rejects when it cannot answer, has no epoch, or is in an earlier state than the caller
   * has `seen`: then nobody knows.
   */
  ask(presented: Presented, seen?: StoreState): Promise<RevocationAnswer>
  /** Gives a store without an epoch a new one; resolves with `not_before`, epoch seconds. */
  ensureEpoch(): Promise<number>
  /**
   * For who has seen a later state of this store, which therefore was put back: what was issued before
   * now is refused from here on, unless it is that state no more.
   */
  renewEpoch(putBack: PutBackStore): Promise<void>
}

export interface PutBackStore {
  /** The epoch that was found there. */
  readonly epochId: string
  /** How many writes were seen in this very epoch: with as many it is not put back. */
  readonly number?: number
  /** Of the epoch that was seen, epoch seconds: none that follows begins before, whatever the store's clock says. */
  readonly notBefore: number
}

export const REVOCATIONS_KEY = 'revocations'
const EXPIRIES_KEY = 'revocations:expiries'
export const STREAM_KEY = 'revocations:stream'
export const NUMBER_KEY = 'revocations:number'
export const EPOCH_KEY = 'epoch'

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

/** Beyond its `exp` a token still passes where a clock is behind: until then it must stay named. */
export const CLOCKS_SECONDS = 60

/** Lua: defines `append(stream, number, …)`: what every write tells the readers, under a running number. */
const APPEND = `
local function append(stream, number, ...)
  redis.call('XADD', stream, 'MAXLEN', '~', ${STREAM_LENGTH}, '*', 'number', redis.call('INCR', number), ...)
end
`

/** What `write_key_change` works on. */
export const KEY_CHANGE_KEYS = [STREAM_KEY, NUMBER_KEY] as const

/**
 * Lua: defines `write_key_change(first)`, for scripts that change the published keys: the readers of
 * the stream read the set anew. `first`: where `KEY_CHANGE_KEYS` begin among the KEYS.
 */
export const WRITE_KEY_CHANGE = `${APPEND}
local function write_key_change(first)
  append(KEYS[first], KEYS[first + 1], 'changed', 'keys')
end
`

/** What `write_revocation` works on, in its order: to stand at the end of a script's KEYS. */
export const REVOCATION_KEYS = [
  REVOCATIONS_KEY,
  EXPIRIES_KEY,
  STREAM_KEY,
  NUMBER_KEY,
  INSTANT_KEY,
] as const

/**
 * Lua: defines `write_revocation(first, member, expires)`, for scripts that end a record and refuse
 * what was made under it in one step. `first`: where `REVOCATION_KEYS` begin among the KEYS. Answers
 * the entry's instant. An entry that exists is only ever prolonged.
 */
export const WRITE_REVOCATION = `${NEXT_INSTANT}${APPEND}
local function write_revocation(first, member, expires)
  local set, expiries, stream, number_key = KEYS[first], KEYS[first + 1], KEYS[first + 2], KEYS[first + 3]
  local instant = next_instant(KEYS[first + 4])
  local held = redis.call('HGET', set, member)
  if held then expires = math.max(expires, tonumber(string.match(held, ':(%d+)$'))) end
  local entry = instant .. ':' .. string.format('%.0f', expires)
  redis.call('HSET', set, member, entry)
  redis.call('ZADD', expiries, expires, member)
  append(stream, number_key, 'member', member, 'entry', entry)
  local gone = redis.call('ZRANGEBYSCORE', expiries, '-inf', redis.call('TIME')[1] - ${CLOCKS_SECONDS}, 'LIMIT', 0, 100)
  for _, old in ipairs(gone) do
    redis.call('HDEL', set, old)
    redis.call('ZREM', expiries, old)
  end
  return instant
end
`

/** KEYS: `REVOCATION_KEYS`. ARGV: member, expiresAt. */
const REVOKE = defineScript(
  `${WRITE_REVOCATION}
return write_revocation(1, ARGV[1], tonumber(ARGV[2]))`,
  { evenWhenFull: true },
)

/**
 * KEYS: epoch, number, set. ARGV: members. A script, as one command: a transaction is four, and the client's object for
 * each transaction outlives several collections.
 */
const ASK = defineScript(`
return { redis.call('HMGET', KEYS[1], 'id', 'not_before'), redis.call('GET', KEYS[2]), redis.call('HMGET', KEYS[3], unpack(ARGV)) }`)

/** The whole second after now: a token of the store before, made in this second, must not pass. */
const ENSURE_EPOCH = defineScript(`
redis.call('HSETNX', KEYS[1], 'id', ARGV[1])
redis.call('HSETNX', KEYS[1], 'not_before', redis.call('TIME')[1] + 1)
return redis.call('HGET', KEYS[1], 'not_before')`)

/** KEYS: epoch, number, instant. ARGV: of `PutBackStore` epochId, number or nothing, notBefore; a new epoch's id. */
const RENEW_EPOCH = defineScript(`
if redis.call('HGET', KEYS[1], 'id') ~= ARGV[1] then return 0 end
local seen = tonumber(ARGV[2])
if seen and tonumber(redis.call('GET', KEYS[2]) or '0') >= seen then return 0 end
local not_before = string.format('%.0f', math.max(redis.call('TIME')[1] + 1, tonumber(ARGV[3])))
redis.call('HSET', KEYS[1], 'id', ARGV[4], 'not_before', not_before, 'before:' .. ARGV[1], redis.call('GET', KEYS[3]) or '0')
return 1`)

/** KEYS: set, expiries. ARGV: remove. Of the oldest a bounded number at a time. */
const DROP_EXPIRED = defineScript(`
local until_then = redis.call('TIME')[1] - ${CLOCKS_SECONDS}
if ARGV[1] ~= '1' then return redis.call('ZCOUNT', KEYS[2], '-inf', until_then) end
local gone = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', until_then, 'LIMIT', 0, 1000)
for _, old in ipairs(gone) do
  redis.call('HDEL', KEYS[1], old)
  redis.call('ZREM', KEYS[2], old)
end
return #gone`)

/** Of what nothing can be alive any more. Each write drops some as well. @returns how many there are, or were. */
export async function dropExpiredRevocations(redis: Redis, remove: boolean): Promise<number> {
  let dropped = 0
  for (;;) {
    const keys = [REVOCATIONS_KEY, EXPIRIES_KEY]
    const some = Number(await DROP_EXPIRED(redis, keys, [remove ? 1 : 0]))
    dropped += some
    if (!remove || some === 0) return dropped
  }
}

export function redisRevocations(redis: Redis): Revocations {
  return {
    async revoke(kind, id, expiresAt) {
      return Number(await REVOKE(redis, REVOCATION_KEYS, [`${kind}:${id}`, expiresAt]))
    },

    async ask(presented, seen) {
      const keys = [EPOCH_KEY, NUMBER_KEY, REVOCATIONS_KEY]
      const reply = await ASK(redis, keys, revocationMembers(presented))
      const [[id, notBefore], number, entries] = reply as [Texts, string | null, Texts]
      if (!id || !notBefore) throw new Error('the store has no epoch')
      const epoch = { id, notBefore: Number(notBefore) }
      if (seen !== undefined && isEarlier({ epoch, number: Number(number ?? 0) }, seen)) {
        throw new Error('the store was put back to an earlier state')
      }
      const held = toInstants(presented, entries)
      return judge(presented, epoch, (kind) => held[kind])
    },

    async ensureEpoch() {
      return Number(await ENSURE_EPOCH(redis, [EPOCH_KEY], [randomUUID()]))
    },

    async renewEpoch({ epochId, number, notBefore }) {
      const keys = [EPOCH_KEY, NUMBER_KEY, INSTANT_KEY]
      await RENEW_EPOCH(redis, keys, [epochId, number ?? '', notBefore, randomUUID()])
    },
  }
}

type Texts = readonly (string | null)[]

/** The members under which a request could be refused. */
function revocationMembers({ tokenId, grantId, clientId, userId }: Presented): string[] {
  return [`token:${tokenId}`, `grant:${grantId}`, `client:${clientId}`, `user:${userId}`]
}

function toInstants(
  presented: Presented,
  entries: readonly (string | null)[],
): Partial<Record<RevocationKind, number>> {
  const members = revocationMembers(presented)
  const found = members.flatMap((member, index): [string, number][] => {
    const entry = entries[index]
    return entry ? [[member.slice(0, member.indexOf(':')), parseEntry(entry).instant]] : []
  })
  return Object.fromEntries(found)
}
