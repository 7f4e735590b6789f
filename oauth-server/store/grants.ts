/**
 * Grants: completed authorizations, the unit a person revokes.
 *
 * Keys: `grant:<id>` (hash: `grant`, JSON; `latest_expires_at`, the latest `exp` minted under it; `used_at`,
 * when that was, of grants that a person gave),
 * `grants:user:<hash of sub>` and `grants:client:<hash of id>` (sorted sets of ids by the end of their
 * life, or somewhat later; one may name a grant that was revoked already), `grants:own:<hash of client, resource and
 * scopes>` (id of the grant that a client acts for itself under). A grant lives as long as its refresh
 * token, and as long as any access token minted under it: whoever ends it ends them by it.
 */

import type { Redis } from 'ioredis'
import { digest, randomText } from '../../lib/platform/seal.ts'
import { INSTANT_KEY, NEXT_INSTANT } from '../../lib/store/instant.ts'
import {
  IS_REVOKED,
  REVOCATION_KEYS,
  REVOCATIONS_KEY,
  WRITE_REVOCATION,
} from '../../lib/store/revocations.ts'
import { defineScript } from '../../lib/store/script.ts'

export interface GrantFacts {
  readonly userId: string
  readonly userName: string
  readonly clientId: string
  /** The one MCP endpoint, byte for byte. */
  readonly resource: string
  readonly scopes: readonly string[]
  /** Epoch seconds. */
  readonly authenticatedAt: number
  /** The login that approved it, as `Login.id`; absent where no person was asked. */
  readonly loginId?: string | undefined
  /** What an operator who made it calls it. */
  readonly label?: string | undefined
}

export interface Grant extends GrantFacts {
  /** `<instant>-<random>`: what a revocation by instant compares. */
  readonly id: string
}

/** A grant, and how it was used. */
export interface GrantUse {
  readonly grant: Grant
  /** When a token was last bought under it, epoch seconds; undefined before the first. */
  readonly usedAt: number | undefined
}

/** What names a grant and the indexes it stands in. */
export type GrantKeys = Pick<Grant, 'id' | 'userId' | 'clientId'>

/** How long tokens minted now may live under a grant. */
export interface Keeping {
  /** `exp` of the access token, epoch seconds. */
  readonly expiresAt: number
  /** Of what prolongs the grant beyond that: its refresh token. */
  readonly ttlSeconds: number
}

export interface Grants {
  /** The grant waits for its code to be redeemed, and goes with it unless `keep` prolongs it. */
  create(facts: GrantFacts, ttlSeconds?: number): Promise<Grant>
  /**
   * The grant that a client acts for itself under, for one resource and scopes: the one there is,
   * prolonged where it would end before `expiresAt`, or a new one when that has ended or was revoked.
   * Of any number of tokens there is one record, however often a machine asks.
   */
  own(facts: GrantFacts, keeping: Keeping): Promise<Grant>
  find(id: string): Promise<Grant | undefined>
  /** Prolongs a grant that is alive; false when it ended or was revoked, and nothing may be minted. */
  keep(grant: GrantKeys, keeping: Keeping): Promise<boolean>
  /**
   * Ends a grant with everything made under it, in one step: its record, its refresh family, and at
   * the edge every access token until `expiresAt`, or the latest `exp` minted if that is later.
   */
  revoke(grant: GrantKeys, expiresAt: number): Promise<void>
  /** As `revoke`, for every grant of a client made until now; one atomic step. */
  revokeOfClient(clientId: string, expiresAt: number): Promise<void>
  /** As `revoke`, for every grant of a person made until now; one atomic step. */
  revokeOfUser(userId: string, expiresAt: number): Promise<void>
  /** Those that are alive, at most `max`, listed longest first; what has ended leaves the index. */
  describeOfUser(userId: string, max: number): Promise<readonly GrantUse[]>
  /** Ids; some may have ended. */
  ofUser(userId: string): Promise<readonly string[]>
  ofClient(clientId: string): Promise<readonly string[]>
}

/** Longer than a code lives: one redeemed in its last second still finds its grant. */
const UNREDEEMED_SECONDS = 90

/** For scripts that learn the id of a grant from another record. */
export const GRANT_KEY_START = 'grant:'
const userIndex = (userId: string): string => `grants:user:${digest(userId)}`
export const clientIndex = (clientId: string): string => `grants:client:${digest(clientId)}`

/**
 * Lua: `list_grant(index, id, ttl)` keeps an index as short and as long-lived as its members. `now`: epoch seconds.
 * A grant is listed for a thirtieth longer than it lives: most uses find that enough, and write nothing.
 */
const LIST_GRANT = `
local now = tonumber(redis.call('TIME')[1])
local function list_grant(index, id, ttl)
  local listed = redis.call('ZSCORE', index, id)
  if listed and tonumber(listed) >= now + ttl then return end
  local longer = math.ceil(ttl * 31 / 30)
  redis.call('ZREMRANGEBYSCORE', index, '-inf', '(' .. now)
  redis.call('ZADD', index, now + longer, id)
  if redis.call('TTL', index) < longer then redis.call('EXPIRE', index, longer) end
end
`

/**
 * Lua: defines `create_grant(first, random, facts, ttl)`, for scripts in which a person's decision
 * becomes a grant. `first`: where `creatingKeys` begin among the KEYS: instant, start of grant keys,
 * index of user, index of client. Answers the grant's id.
 */
export const CREATE_GRANT = `${NEXT_INSTANT}${LIST_GRANT}
local function create_grant(first, random, facts, ttl)
  local id = next_instant(KEYS[first]) .. '-' .. random
  redis.call('HSET', KEYS[first + 1] .. id, 'grant', facts)
  redis.call('EXPIRE', KEYS[first + 1] .. id, ttl)
  list_grant(KEYS[first + 2], id, ttl)
  list_grant(KEYS[first + 3], id, ttl)
  return id
end
`

/** ARGV: random, facts, ttl. */
const CREATE = defineScript(`${CREATE_GRANT}
return create_grant(1, ARGV[1], ARGV[2], ARGV[3])`)

/** KEYS: those of `creatingKeys`, revocations, slot. ARGV: random, facts, ttl, client, user, expiresAt. */
const OWN = defineScript(`${IS_REVOKED}${CREATE_GRANT}
local id = redis.call('GET', KEYS[6])
local lives = id and redis.call('EXISTS', KEYS[2] .. id) == 1
if lives and not is_revoked(KEYS[5], id, ARGV[4], ARGV[5]) then
  local latest = tonumber(redis.call('HGET', KEYS[2] .. id, 'latest_expires_at') or '0')
  if latest >= tonumber(ARGV[6]) then return id end
  redis.call('EXPIRE', KEYS[2] .. id, ARGV[3])
  list_grant(KEYS[3], id, ARGV[3])
  list_grant(KEYS[4], id, ARGV[3])
else
  id = create_grant(1, ARGV[1], ARGV[2], ARGV[3])
end
redis.call('HSET', KEYS[2] .. id, 'latest_expires_at', ARGV[6])
redis.call('SET', KEYS[6], id, 'EX', ARGV[3])
return id`)

/**
 * Lua: `is_alive()`, and `keep_grant()` after it, for every script that mints under a grant. They read the
 * first KEYS and ARGV, which `keepingKeys` and `keepingArguments` give in this order:
 * KEYS grant, index of user, index of client, revocations; ARGV id, client, user, expiresAt, ttl.
 */
export const KEEP_GRANT = `${IS_REVOKED}${LIST_GRANT}
local latest
local function is_alive()
  local held = redis.call('HMGET', KEYS[1], 'grant', 'latest_expires_at')
  latest = tonumber(held[2] or '0')
  return held[1] and not is_revoked(KEYS[4], ARGV[1], ARGV[2], ARGV[3])
end
local function keep_grant()
  latest = math.max(latest, tonumber(ARGV[4]))
  redis.call('HSET', KEYS[1], 'latest_expires_at', string.format('%.0f', latest), 'used_at', now)
  local ttl = math.max(tonumber(ARGV[5]), latest - now)
  redis.call('EXPIRE', KEYS[1], ttl)
  list_grant(KEYS[2], ARGV[1], ttl)
  list_grant(KEYS[3], ARGV[1], ttl)
end
`

const KEEP = defineScript(`${KEEP_GRANT}
if not is_alive() then return 0 end
keep_grant()
return 1`)

/**
 * Lua: `end_grant(id, expires)` for every script that ends a grant. It reads the first KEYS, which
 * `endingKeys` gives in this order: grant, index of user, index of client, revocation keys.
 */
export const END_GRANT = `${WRITE_REVOCATION}
local function end_grant(id, expires)
  local latest = tonumber(redis.call('HGET', KEYS[1], 'latest_expires_at') or '0')
  write_revocation(4, 'grant:' .. id, math.max(latest, tonumber(expires)))
  redis.call('DEL', KEYS[1])
  redis.call('ZREM', KEYS[2], id)
  redis.call('ZREM', KEYS[3], id)
end
`

/** ARGV: id, expiresAt. */
const REVOKE = defineScript(
  `${END_GRANT}
end_grant(ARGV[1], ARGV[2])`,
  { evenWhenFull: true },
)

/**
 * Lua: `revoke_listed(first, member, expires)` ends every grant of an index and refuses, as `member`,
 * what was made under them. From `first` on the KEYS are: start of grant keys, index, `REVOCATION_KEYS`.
 */
export const REVOKE_LISTED = `${WRITE_REVOCATION}
local function revoke_listed(first, member, expires)
  for _, id in ipairs(redis.call('ZRANGE', KEYS[first + 1], 0, -1)) do
    local latest = tonumber(redis.call('HGET', KEYS[first] .. id, 'latest_expires_at') or '0')
    expires = math.max(expires, latest)
    redis.call('DEL', KEYS[first] .. id)
  end
  write_revocation(first + 2, member, expires)
  redis.call('DEL', KEYS[first + 1])
end
`

/** ARGV: member, expiresAt. */
const REVOKE_ALL = defineScript(
  `${REVOKE_LISTED}
revoke_listed(1, ARGV[1], tonumber(ARGV[2]))`,
  { evenWhenFull: true },
)

/** KEYS: start of grant keys, index of user, revocations. ARGV: user, bound. */
const DESCRIBE = defineScript(`${IS_REVOKED}
local found = {}
for _, id in ipairs(redis.call('ZREVRANGE', KEYS[2], 0, -1)) do
  local held = redis.call('HMGET', KEYS[1] .. id, 'grant', 'used_at')
  if not held[1] then
    redis.call('ZREM', KEYS[2], id)
  elseif not is_revoked(KEYS[3], id, cjson.decode(held[1]).clientId, ARGV[1]) then
    table.insert(found, { id, held[1], held[2] })
    if #found == tonumber(ARGV[2]) then break end
  end
end
return found`)

/** The first KEYS of `revoke_listed` for a client's grants. */
export function grantsOfClientKeys(clientId: string): string[] {
  return [GRANT_KEY_START, clientIndex(clientId)]
}

/** As `grantsOfClientKeys`, for a person's. */
export function grantsOfUserKeys(userId: string): string[] {
  return [GRANT_KEY_START, userIndex(userId)]
}

export function creatingKeys({ userId, clientId }: Omit<GrantKeys, 'id'>): string[] {
  return [INSTANT_KEY, GRANT_KEY_START, userIndex(userId), clientIndex(clientId)]
}

/** What the scripts that create take for a new grant. */
export function creatingArguments(facts: GrantFacts, ttlSeconds: number): (string | number)[] {
  return [randomText(16), JSON.stringify(facts), ttlSeconds]
}

export function keepingKeys({ id, userId, clientId }: GrantKeys): string[] {
  return [GRANT_KEY_START + id, userIndex(userId), clientIndex(clientId), REVOCATIONS_KEY]
}

/** As `keepingKeys`, for a script that may have to end the grant as well. */
export function endingKeys(grant: GrantKeys): string[] {
  return [...keepingKeys(grant).slice(0, 3), ...REVOCATION_KEYS]
}

export function keepingArguments(grant: GrantKeys, keeping: Keeping): (string | number)[] {
  return [grant.id, grant.clientId, grant.userId, keeping.expiresAt, keeping.ttlSeconds]
}

export function redisGrants(redis: Redis): Grants {
  const idsIn = (index: string): Promise<string[]> => redis.zrange(index, '0', '-1')
  const revokeListed = async (index: string, member: string, expiresAt: number) => {
    await REVOKE_ALL(redis, [GRANT_KEY_START, index, ...REVOCATION_KEYS], [member, expiresAt])
  }
  return {
    async create(facts, ttlSeconds = UNREDEEMED_SECONDS) {
      const values = creatingArguments(facts, ttlSeconds)
      const id = (await CREATE(redis, creatingKeys(facts), values)) as string
      return { ...facts, id }
    },
    async own(facts, { expiresAt, ttlSeconds }) {
      const { clientId, userId, resource, scopes } = facts
      const slot = `grants:own:${digest(JSON.stringify([clientId, resource, scopes]))}`
      const keys = [...creatingKeys(facts), REVOCATIONS_KEY, slot]
      const values = [...creatingArguments(facts, ttlSeconds), clientId, userId, expiresAt]
      return { ...facts, id: (await OWN(redis, keys, values)) as string }
    },
    async find(id) {
      return toGrant(id, await redis.hget(GRANT_KEY_START + id, 'grant'))
    },
    async keep(grant, keeping) {
      return (await KEEP(redis, keepingKeys(grant), keepingArguments(grant, keeping))) === 1
    },
    async revoke(grant, expiresAt) {
      await REVOKE(redis, endingKeys(grant), [grant.id, expiresAt])
    },
    revokeOfClient: (clientId, expiresAt) =>
      revokeListed(clientIndex(clientId), `client:${clientId}`, expiresAt),
    revokeOfUser: (userId, expiresAt) =>
      revokeListed(userIndex(userId), `user:${userId}`, expiresAt),
    async describeOfUser(userId, max) {
      const keys = [GRANT_KEY_START, userIndex(userId), REVOCATIONS_KEY]
      const reply = (await DESCRIBE(redis, keys, [userId, max])) as [
        string,
        string,
        string | null,
      ][]
      return reply.map(([id, facts, usedAt]) => ({
        grant: { ...(JSON.parse(facts) as GrantFacts), id },
        usedAt: usedAt === null ? undefined : Number(usedAt),
      }))
    },
    ofUser: (userId) => idsIn(userIndex(userId)),
    ofClient: (clientId) => idsIn(clientIndex(clientId)),
  }
}

/** From the field `grant` of its record; null is a grant that has ended. */
export function toGrant(id: string, stored: string | null): Grant | undefined {
  return stored === null ? undefined : { ...(JSON.parse(stored) as GrantFacts), id }
}
