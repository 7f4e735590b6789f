/**
 * MCP sessions: whose each one is, and which bridge process holds it.
 *
 * Key: `session:<SHA-256 of the id>` (hash), alive for SESSION_TIMEOUT after its last use. The id
 * itself is not stored: with another's bearer token it would not open anything, but need not leak.
 */

import type { Redis } from 'ioredis'
import { digest } from '../../lib/platform/seal.ts'

export interface SessionRecord {
  /** `sub` of the user. */
  readonly user: string
  readonly client: string
  readonly service: string
  readonly revision: string
  /** The bridge process in whose memory the session lives. */
  readonly instance: string
}

export interface SessionRecords {
  open(id: string, record: SessionRecord): Promise<void>
  find(id: string): Promise<SessionRecord | undefined>
  /** Prolongs; false when there is no such session any more. */
  touch(id: string): Promise<boolean>
  end(id: string): Promise<void>
}

export function redisSessions(redis: Redis, lifetimeSeconds: number): SessionRecords {
  return {
    async open(id, record) {
      const key = keyOf(id)
      const replies = await redis
        .multi()
        .hset(key, { ...record })
        .expire(key, lifetimeSeconds)
        .exec()
      for (const [error] of replies ?? []) if (error) throw error
    },
    async find(id) {
      const { user, client, service, revision, instance } = await redis.hgetall(keyOf(id))
      if (!user || !client || !service || !revision || !instance) return undefined
      return { user, client, service, revision, instance }
    },
    async touch(id) {
      return (await redis.expire(keyOf(id), lifetimeSeconds)) === 1
    },
    async end(id) {
      await redis.del(keyOf(id))
    },
  }
}

function keyOf(id: string): string {
  return `session:${digest(id)}`
}
