/**
 * Disabled users: who may not log in, whatever the access rules say, until an operator lets them again.
 *
 * Key: `users:disabled` (hash: sub → JSON). No TTL: who was shut out stays so.
 */

import type { Redis } from 'ioredis'
import { REVOCATION_KEYS } from '../../lib/store/revocations.ts'
import { defineScript } from '../../lib/store/script.ts'
import { grantsOfUserKeys, REVOKE_LISTED } from './grant-scripts.ts'
import { CLOSE_LOGINS, endingOfUser } from './logins.ts'

export interface Disabling {
  /** Epoch seconds. */
  readonly at: number
  /** The operator's account. */
  readonly by: string
}

export interface DisabledUsers {
  /**
   * From now on; the first one to do it is remembered. In the same step every login and every grant of theirs
   * ends: nobody is shut out and goes on with what they have. `expiresAt` as for `Grants.revoke`.
   */
  disable(userId: string, disabling: Disabling, expiresAt: number): Promise<void>
  /** False when they were not disabled. */
  enable(userId: string): Promise<boolean>
  has(userId: string): Promise<boolean>
  /** All of them, by sub. */
  all(): Promise<ReadonlyMap<string, Disabling>>
}

const KEY = 'users:disabled'

/** KEYS: disabled users, ending of logins, those of `revoke_listed`. ARGV: sub, disabling, expiresAt. */
const DISABLE = defineScript(
  `${REVOKE_LISTED}${CLOSE_LOGINS}
redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2])
close_logins(KEYS[#KEYS], KEYS[2])
revoke_listed(3, 'user:' .. ARGV[1], tonumber(ARGV[3]))`,
  { evenWhenFull: true },
)

export function redisDisabledUsers(redis: Redis): DisabledUsers {
  return {
    async disable(userId, disabling, expiresAt) {
      const keys = [KEY, endingOfUser(userId), ...grantsOfUserKeys(userId), ...REVOCATION_KEYS]
      await DISABLE(redis, keys, [userId, JSON.stringify(disabling), expiresAt])
    },
    async enable(userId) {
      return (await redis.hdel(KEY, userId)) === 1
    },
    async has(userId) {
      return (await redis.hexists(KEY, userId)) === 1
    },
    async all() {
      const stored = Object.entries(await redis.hgetall(KEY))
      return new Map(stored.map(([id, text]) => [id, JSON.parse(text) as Disabling]))
    },
  }
}
