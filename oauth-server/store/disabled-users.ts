/**
 * Disabled users: who may not log in, whatever the access rules say, until an operator lets them again.
 *
 * Key: `users:disabled` (hash: sub → JSON). No TTL: who was shut out stays so.
 */

import type { Redis } from 'ioredis'

export interface Disabling {
  /** Epoch seconds. */
  readonly at: number
  /** The operator's account. */
  readonly by: string
}

export interface DisabledUsers {
  /** From now on; the first one to do it is remembered. */
  disable(userId: string, disabling: Disabling): Promise<void>
  /** False when they were not disabled. */
  enable(userId: string): Promise<boolean>
  has(userId: string): Promise<boolean>
  /** All of them, by sub. */
  all(): Promise<ReadonlyMap<string, Disabling>>
}

const KEY = 'users:disabled'

export function redisDisabledUsers(redis: Redis): DisabledUsers {
  return {
    async disable(userId, disabling) {
      await redis.hsetnx(KEY, userId, JSON.stringify(disabling))
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
