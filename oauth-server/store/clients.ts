/**
 * Registered clients.
 *
 * Keys: `client:<id>` (the registration as JSON, its secret and its registration token hashed): 24 h until
 * somebody approves the client for the first time, then from each use as long as `keep` is told;
 * `client:<id>:replaced` (hash: `token`, digest of the registration token of the last replacement; `answer`,
 * what that one was answered with, sealed), 30 s;
 * `clients:unapproved` (sorted set of ids by the time of registration): who nobody approved yet, so
 * that a flood of registrations has a bound; `clients` (sorted set of ids by the end of their
 * registration, `+inf` for ever), for whoever has to look at all of them.
 */

import type { Redis } from 'ioredis'
import { REGISTERED_CLIENT_ID } from '../../lib/oauth/client-id.ts'
import { REVOCATION_KEYS } from '../../lib/store/revocations.ts'
import { defineScript } from '../../lib/store/script.ts'
import type { Client } from '../clients/client.ts'
import { grantsOfClientKeys, REVOKE_LISTED } from './grant-scripts.ts'

export interface Clients {
  /** False when there are too many that nobody approved, and none is old enough to make room. */
  register(client: Client): Promise<boolean>
  find(id: string): Promise<Client | undefined>
  /** It was used: its life begins anew. 0 seconds keep it for ever. */
  keep(id: string, seconds: number): Promise<void>
  /**
   * Puts another record in the place of the one with this registration token. Of racing replacements
   * with one token one succeeds, since each brings a new token; the others are `repeated`.
   */
  replace(managementDigest: string, client: Client, sealedAnswer: string): Promise<Replacement>
  /** What the last replacement was answered with, if this was its registration token and it is not long ago. */
  findAnswer(id: string, managementDigest: string): Promise<string | undefined>
  /**
   * Ends the registration with this registration token, and in the same step every grant made for it;
   * the edge refuses their tokens until `expiresAt` or the latest `exp` minted. False: there is none.
   */
  remove(managementDigest: string, id: string, expiresAt: number): Promise<boolean>
  /**
   * As `remove`, by the operator, who needs no token for it.
   * @param condition false also where this does not hold: whoever was picked may be in use by now.
   */
  removeByOperator(id: string, expiresAt: number, condition?: RemovalCondition): Promise<boolean>
  /**
   * Some of all registrations. Whoever is registered from the first page to the last is on one of them,
   * or on several.
   */
  page(from: string | undefined): Promise<RegistrationPage>
  /** With what is known of it beside the record. */
  describe(id: string): Promise<Registration | undefined>
}

/** That nobody has approved it, or that nothing is granted to it at this moment. */
export type RemovalCondition = 'unapproved' | 'unused'

export interface RegistrationPage {
  readonly ids: readonly string[]
  /** Where to go on; undefined at the end. */
  readonly next: string | undefined
}

export interface Registration {
  readonly client: Client
  /** Whether somebody has approved it. */
  readonly isApproved: boolean
  /** Epoch seconds; undefined: for ever. */
  readonly endsAt: number | undefined
}

export type Replacement =
  | { readonly outcome: 'replaced' | 'unknown' }
  | { readonly outcome: 'repeated'; readonly sealedAnswer: string }

export interface ClientBounds {
  /** How many registrations that nobody approved may be held. */
  readonly unapprovedMax: number
  /** Younger ones never make room for others, milliseconds. */
  readonly protectedMs?: number
}

/** Most registrations are never used: clients register at every start. */
const UNAPPROVED_SECONDS = 86_400
const PROTECTED_MS = 600_000
/** As the grace of a refresh token. */
const REPEATABLE_SECONDS = 30

/** About so many at once. */
const PAGE_LENGTH = 500

const KEY_START = 'client:'
const UNAPPROVED = 'clients:unapproved'
const INDEX = 'clients'
const key = (id: string): string => KEY_START + id
const replacedKey = (id: string): string => `${key(id)}:replaced`

/** KEYS: client, unapproved, start of client keys, index. ARGV: record, id, seconds, bound, protected ms. */
const REGISTER = defineScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - ARGV[3] * 1000)
if redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[4]) then
  local oldest = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now - ARGV[5], 'LIMIT', 0, 1)[1]
  if not oldest then return 0 end
  redis.call('ZREM', KEYS[2], oldest)
  redis.call('DEL', KEYS[3] .. oldest)
  redis.call('ZREM', KEYS[4], oldest)
end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[3])
redis.call('ZADD', KEYS[2], now, ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', '(' .. time[1])
redis.call('ZADD', KEYS[4], time[1] + ARGV[3], ARGV[2])
return 1`)

/** KEYS: client, unapproved, index. ARGV: id, seconds. */
const KEEP = defineScript(`
redis.call('ZREM', KEYS[2], ARGV[1])
local ends = '+inf'
if ARGV[2] == '0' then redis.call('PERSIST', KEYS[1])
else
  redis.call('EXPIRE', KEYS[1], ARGV[2])
  ends = redis.call('TIME')[1] + ARGV[2]
end
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('ZADD', KEYS[3], ends, ARGV[1]) end`)

/**
 * Lua: whether the record has this registration token. It is not decoded: what a client said about itself
 * may be more than Lua reads. Within a text of its own the quotes would have backslashes.
 */
const HELD_WITH = `
local function held_with(digest)
  local held = redis.call('GET', KEYS[1])
  local member = '"managementDigest":"' .. digest .. '"'
  return held and string.find(held, member, 1, true)
end
`

/** Lua: the sealed answer of the last replacement, for who presents its token again. */
const ANSWER_OF = `
local function answer_of(replaced, digest)
  local last = redis.call('HMGET', replaced, 'token', 'answer')
  return last[1] == digest and last[2]
end
`

/** KEYS: client, replaced. ARGV: digest of the registration token, record, sealed answer, seconds. */
const REPLACE = defineScript(`${HELD_WITH}${ANSWER_OF}
if held_with(ARGV[1]) then
  redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
  redis.call('HSET', KEYS[2], 'token', ARGV[1], 'answer', ARGV[3])
  redis.call('EXPIRE', KEYS[2], ARGV[4])
  return { 'replaced' }
end
local answer = redis.call('EXISTS', KEYS[1]) == 1 and answer_of(KEYS[2], ARGV[1])
if answer then return { 'repeated', answer } end
return { 'unknown' }`)

/** KEYS: replaced. ARGV: digest of the registration token. */
const FIND_ANSWER = defineScript(`${ANSWER_OF}
return answer_of(KEYS[1], ARGV[1])`)

/** Lua: KEYS client, unapproved, replaced, index, those of the grants. ARGV: id, expiresAt. */
const REMOVE_CLIENT = `${REVOKE_LISTED}
local function remove_client()
  redis.call('DEL', KEYS[1], KEYS[3])
  redis.call('ZREM', KEYS[2], ARGV[1])
  redis.call('ZREM', KEYS[4], ARGV[1])
  revoke_listed(5, 'client:' .. ARGV[1], tonumber(ARGV[2]))
end
`

/** ARGV beyond: digest of the registration token. */
const REMOVE = defineScript(
  `${HELD_WITH}${REMOVE_CLIENT}
if not held_with(ARGV[3]) then return 0 end
remove_client()
return 1`,
  { evenWhenFull: true },
)

/** ARGV beyond: condition, or nothing. */
const REMOVE_BY_OPERATOR = defineScript(
  `${REMOVE_CLIENT}
local function is_used()
  for _, id in ipairs(redis.call('ZRANGE', KEYS[6], 0, -1)) do
    if redis.call('EXISTS', KEYS[5] .. id) == 1 then return true end
  end
  return false
end
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if ARGV[3] == 'unapproved' and not redis.call('ZSCORE', KEYS[2], ARGV[1]) then return 0 end
if ARGV[3] ~= '' and is_used() then return 0 end
remove_client()
return 1`,
  { evenWhenFull: true },
)

/** KEYS: client, unapproved. ARGV: id. Answers the record, whether nobody approved it, and its end. */
const DESCRIBE = defineScript(`
local held = redis.call('GET', KEYS[1])
if not held then return nil end
return { held, redis.call('ZSCORE', KEYS[2], ARGV[1]) and 1 or 0, redis.call('EXPIRETIME', KEYS[1]) }`)

export function redisClients(
  redis: Redis,
  { unapprovedMax, protectedMs = PROTECTED_MS }: ClientBounds,
): Clients {
  const removing = (id: string): string[] => [
    ...[key(id), UNAPPROVED, replacedKey(id), INDEX],
    ...grantsOfClientKeys(id),
    ...REVOCATION_KEYS,
  ]
  return {
    async register(client) {
      const keys = [key(client.id), UNAPPROVED, KEY_START, INDEX]
      const bounds = [UNAPPROVED_SECONDS, unapprovedMax, protectedMs]
      return (await REGISTER(redis, keys, [JSON.stringify(client), client.id, ...bounds])) === 1
    },
    async find(id) {
      if (!REGISTERED_CLIENT_ID.test(id)) return undefined
      const stored = await redis.get(key(id))
      return stored === null ? undefined : toClient(stored)
    },
    async keep(id, seconds) {
      await KEEP(redis, [key(id), UNAPPROVED, INDEX], [id, seconds])
    },
    async replace(managementDigest, client, sealedAnswer) {
      const keys = [key(client.id), replacedKey(client.id)]
      const values = [managementDigest, JSON.stringify(client), sealedAnswer, REPEATABLE_SECONDS]
      return toReplacement(
        (await REPLACE(redis, keys, values)) as [Replacement['outcome'], string?],
      )
    },
    async findAnswer(id, managementDigest) {
      if (!REGISTERED_CLIENT_ID.test(id)) return undefined
      const reply = await FIND_ANSWER(redis, [replacedKey(id)], [managementDigest])
      return (reply as string | null) ?? undefined
    },
    async remove(managementDigest, id, expiresAt) {
      return (await REMOVE(redis, removing(id), [id, expiresAt, managementDigest])) === 1
    },
    async removeByOperator(id, expiresAt, condition) {
      if (!REGISTERED_CLIENT_ID.test(id)) return false
      const values = [id, expiresAt, condition ?? '']
      return (await REMOVE_BY_OPERATOR(redis, removing(id), values)) === 1
    },
    async page(from = '0') {
      const [next, found] = await redis.zscan(INDEX, from, 'COUNT', PAGE_LENGTH)
      const ids = found.filter((_, index) => index % 2 === 0)
      return { ids, next: next === '0' ? undefined : next }
    },
    async describe(id) {
      if (!REGISTERED_CLIENT_ID.test(id)) return undefined
      const reply = await DESCRIBE(redis, [key(id), UNAPPROVED], [id])
      return reply === null ? undefined : toRegistration(reply as [string, 0 | 1, number])
    },
  }
}

/** Records of earlier releases lack what came later. */
function toClient(stored: string): Client {
  return { kind: 'registered', ...(JSON.parse(stored) as Omit<Client, 'kind'>) }
}

function toRegistration([stored, isUnapproved, endsAt]: [string, 0 | 1, number]): Registration {
  return {
    client: toClient(stored),
    isApproved: isUnapproved === 0,
    endsAt: endsAt < 0 ? undefined : endsAt,
  }
}

function toReplacement([outcome, sealedAnswer = '']: [
  Replacement['outcome'],
  string?,
]): Replacement {
  return outcome === 'repeated' ? { outcome, sealedAnswer } : { outcome }
}
