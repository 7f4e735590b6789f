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
import { digest } from '../../lib/platform/seal.ts'
import { IS_REVOKED, REVOCATION_KEYS, REVOCATIONS_KEY } from '../../lib/store/revocations.ts'
import { defineScript } from '../../lib/store/script.ts'
import {
  CREATE_GRANT,
  clientIndex,
  creatingArguments,
  creatingKeys,
  END_GRANT,
  endingKeys,
  GRANT_KEY_START,
  KEEP_GRANT,
  keepingArguments,
  keepingKeys,
  REVOKE_LISTED,
  userIndex,
} from './grant-scripts.ts'

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

const KEEP = defineScript(`${KEEP_GRANT}
if not is_alive() then return 0 end
keep_grant()
return 1`)

/** ARGV: id, expiresAt. */
const REVOKE = defineScript(
  `${END_GRANT}
end_grant(ARGV[1], ARGV[2])`,
  { evenWhenFull: true },
)

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
