/**
 * Fact readings: who is reading somebody's facts again, so that of all processes one does.
 *
 * Key: `facts:reading:<hash of sub>`: the reader's ticket while it reads; `failed` for some seconds after
 * it could not.
 */

import type { Redis } from 'ioredis'
import { digest, randomText } from '../../lib/platform/seal.ts'
import { defineScript } from '../../lib/store/script.ts'

/** `idle`: nobody reads, and nobody failed to just now. */
export type ReadingState = 'idle' | 'reading' | 'failed'

export interface FactReadings {
  /** A ticket for whoever may read now; undefined while another does, or just failed. */
  begin(userId: string): Promise<string | undefined>
  state(userId: string): Promise<ReadingState>
  end(userId: string, ticket: string, outcome: 'read' | 'failed'): Promise<void>
}

/** Longer than reading may take: whoever died over it keeps the others waiting no longer. */
const READING_MS = 8000
/** A provider that is away is not asked again at once, nor before it could have answered late. */
const FAILED_MS = 6000
const FAILED = 'failed'

/** KEYS: reading. ARGV: ticket, what it becomes ('' for nothing), ttl in ms. */
const END = defineScript(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return end
if ARGV[2] == '' then redis.call('DEL', KEYS[1])
else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end`)

const key = (userId: string): string => `facts:reading:${digest(userId)}`

export function redisFactReadings(redis: Redis, failedMs = FAILED_MS): FactReadings {
  return {
    async begin(userId) {
      const ticket = randomText(16)
      const taken = await redis.set(key(userId), ticket, 'PX', READING_MS, 'NX')
      return taken === null ? undefined : ticket
    },
    async state(userId) {
      const held = await redis.get(key(userId))
      if (held === null) return 'idle'
      return held === FAILED ? 'failed' : 'reading'
    },
    async end(userId, ticket, outcome) {
      await END(redis, [key(userId)], [ticket, outcome === 'failed' ? FAILED : '', failedMs])
    },
  }
}
