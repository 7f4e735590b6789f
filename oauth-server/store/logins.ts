/**
 * Logins: a browser's session at this authorization server.
 *
 * Key: `login:<hash of the cookie>` (JSON), sliding.
 */

import type { Redis } from 'ioredis'
import { digest, randomText } from '../../lib/platform/seal.ts'

export interface Login {
  /** Names the session without opening it: the hash of its cookie. */
  readonly id: string
  readonly userId: string
  readonly userName: string
  /** When the person proved who they are, epoch seconds. */
  readonly authenticatedAt: number
}

export interface Logins {
  /** Resolves with the text of the cookie: new at each login, so that none can be fixed beforehand. */
  open(login: Omit<Login, 'id'>): Promise<string>
  /** Finding it keeps it alive. */
  find(cookie: string): Promise<Login | undefined>
  /** Ends it: the cookie means nothing from now on. */
  close(cookie: string): Promise<void>
}

export const LOGIN_SECONDS = 7 * 86_400

const key = (cookie: string): string => `login:${digest(cookie)}`

export function redisLogins(redis: Redis): Logins {
  return {
    async open(login) {
      const cookie = randomText()
      await redis.set(key(cookie), JSON.stringify(login), 'EX', LOGIN_SECONDS)
      return cookie
    },
    async find(cookie) {
      const stored = await redis.getex(key(cookie), 'EX', LOGIN_SECONDS)
      if (stored === null) return undefined
      return { ...(JSON.parse(stored) as Omit<Login, 'id'>), id: digest(cookie) }
    },
    async close(cookie) {
      await redis.del(key(cookie))
    },
  }
}
