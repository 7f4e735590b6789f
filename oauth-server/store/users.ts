/**
 * Users: the facts about a person that access rules need, and when they were read.
 *
 * Keys: `user:<hash of sub>` (JSON), 400 days from the last login and as long as a grant of theirs;
 * `users` (sorted set of subs by the end of their record), for whoever has to look at everybody.
 */

import type { Redis } from 'ioredis'
import { digest } from '../../lib/platform/seal.ts'
import { defineScript } from '../../lib/store/script.ts'
import { fitIdentity } from '../login/providers/fit-identity.ts'
import type { Identity } from '../login/providers/provider.ts'

/** Who somebody is to this server: what a provider told, under an id that is unique here. */
export interface User extends Omit<Identity, 'providerId'> {
  /** `sub`: `<provider>:<the provider's stable id>`. */
  readonly id: string
  readonly provider: string
}

export interface KnownUser extends User {
  /** When the facts were read, epoch seconds. */
  readonly readAt: number
  /** Epoch seconds. */
  readonly lastLoginAt: number
  /** What they can be read with again; sealed. */
  readonly sealedToken?: string | undefined
}

/** Whatever a provider told: from here on it fits everywhere. */
export function toUser(provider: string, told: Identity): User {
  const { providerId, ...facts } = fitIdentity(told)
  return { ...facts, id: `${provider}:${providerId}`, provider }
}

/** What a `sub` says by itself, of somebody whose facts are not there. */
export function toBareUser(id: string): User {
  return { id, provider: id.slice(0, id.indexOf(':')), name: '', emails: [] }
}

export interface UserPage {
  readonly ids: readonly string[]
  /** Where to go on; undefined at the end. */
  readonly next: string | undefined
}

export interface Users {
  record(user: KnownUser): Promise<void>
  /** In place of the record that was found; false when there is another one by now. */
  replace(found: KnownUser, user: KnownUser): Promise<boolean>
  find(id: string): Promise<KnownUser | undefined>
  /** Lets the record live until then; without a round trip where it does so anyway. */
  keep(id: string, life: { readonly since: number; readonly until: number }): Promise<void>
  forget(id: string): Promise<void>
  /**
   * Some of those with a record. Whoever has one from the first page to the last is on one of them, or
   * on several.
   */
  page(from: string | undefined): Promise<UserPage>
}

const LIFETIME_SECONDS = 400 * 86_400
/** About so many at once. */
const PAGE_LENGTH = 100

const INDEX_KEY = 'users'
const key = (id: string): string => `user:${digest(id)}`

/** Lua: `list_user(ttl)` for KEYS user, index and ARGV sub; drops from the index whose record has gone. */
const LIST_USER = `
local function list_user(ttl)
  local now = tonumber(redis.call('TIME')[1])
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', '(' .. now)
  redis.call('ZADD', KEYS[2], now + ttl, ARGV[1])
end
`

/** KEYS: user, index. ARGV: sub, record, ttl. */
const RECORD = defineScript(`${LIST_USER}
local ttl = math.max(redis.call('TTL', KEYS[1]), tonumber(ARGV[3]))
redis.call('SET', KEYS[1], ARGV[2], 'EX', ttl)
list_user(ttl)`)

/** KEYS: user. ARGV: record found, record. */
const REPLACE = defineScript(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
return 1`)

/** KEYS: user, index. ARGV: sub, until. */
const KEEP = defineScript(`${LIST_USER}
if redis.call('EXPIREAT', KEYS[1], ARGV[2], 'GT') == 1 then list_user(redis.call('TTL', KEYS[1])) end`)

/** KEYS: user, index. ARGV: sub. */
const FORGET = defineScript(`
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[1])`)

export function redisUsers(redis: Redis): Users {
  return {
    async record(user) {
      const values = [user.id, JSON.stringify(user), LIFETIME_SECONDS]
      await RECORD(redis, [key(user.id), INDEX_KEY], values)
    },
    async replace(found, user) {
      const values = [found, user].map((one) => JSON.stringify(one))
      return (await REPLACE(redis, [key(user.id)], values)) === 1
    },
    async find(id) {
      const stored = await redis.get(key(id))
      return stored === null ? undefined : (JSON.parse(stored) as KnownUser)
    },
    async keep(id, { since, until }) {
      if (since + LIFETIME_SECONDS >= until) return
      await KEEP(redis, [key(id), INDEX_KEY], [id, until])
    },
    async forget(id) {
      await FORGET(redis, [key(id), INDEX_KEY], [id])
    },
    async page(from = '0') {
      const [next, found] = await redis.zscan(INDEX_KEY, from, 'COUNT', PAGE_LENGTH)
      const ids = found.filter((_, index) => index % 2 === 0)
      return { ids, next: next === '0' ? undefined : next }
    },
  }
}
