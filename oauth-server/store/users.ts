/**
 * Users: the facts about a person that were read at the last login, and when.
 *
 * Key: `user:<hash of sub>` (JSON), 400 days from the last login.
 */

import type { Redis } from 'ioredis'
import { digest } from '../../lib/platform/seal.ts'

export interface User {
  /** `sub`: `<provider>:<the provider's stable id>`. */
  readonly id: string
  readonly name: string
  readonly provider: string
}

export interface KnownUser extends User {
  /** Epoch seconds. */
  readonly lastLoginAt: number
}

export interface Users {
  record(user: KnownUser): Promise<void>
  find(id: string): Promise<KnownUser | undefined>
}

const LIFETIME_SECONDS = 400 * 86_400

const key = (id: string): string => `user:${digest(id)}`

export function redisUsers(redis: Redis): Users {
  return {
    async record(user) {
      await redis.set(key(user.id), JSON.stringify(user), 'EX', LIFETIME_SECONDS)
    },
    async find(id) {
      const stored = await redis.get(key(id))
      return stored === null ? undefined : (JSON.parse(stored) as KnownUser)
    },
  }
}
