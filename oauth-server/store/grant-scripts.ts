/**
 * What scripts of several families do to a grant, in the same step as to their own records: make it, keep it
 * alive, end it. `grants.ts` says what is kept.
 */

import { digest, randomText } from '../../lib/platform/seal.ts'
import { INSTANT_KEY, NEXT_INSTANT } from '../../lib/store/instant.ts'
import {
  IS_REVOKED,
  REVOCATION_KEYS,
  REVOCATIONS_KEY,
  WRITE_REVOCATION,
} from '../../lib/store/revocations.ts'
import type { GrantFacts, GrantKeys, Keeping } from './grants.ts'

/** For scripts that learn the id of a grant from another record. */
export const GRANT_KEY_START = 'grant:'
export const userIndex = (userId: string): string => `grants:user:${digest(userId)}`
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
