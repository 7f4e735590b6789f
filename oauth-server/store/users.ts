/**
 * Users: the facts about a person that access rules need, and when they were read.
 *
 * Key: `user:<hash of sub>` (JSON), 400 days from the last login.
 */

import type { Redis } from 'ioredis'
import { digest } from '../../lib/platform/seal.ts'
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

export function toUser(provider: string, { providerId, ...facts }: Identity): User {
  return { ...facts, id: `${provider}:${providerId}`, provider }
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
