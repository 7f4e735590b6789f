/**
 * Assertions that clients have authenticated with: none counts twice (RFC 7523 section 3, `jti`).
 *
 * Key: `assertion:<hash of client and jti>`, until the assertion would have expired.
 */

import type { Redis } from 'ioredis'
import { digest } from '../../lib/platform/seal.ts'

export interface Assertions {
  /** Atomic: true for the first to use it, of any number that race. */
  use(clientId: string, jti: string, ttlSeconds: number): Promise<boolean>
}

export function redisAssertions(redis: Redis): Assertions {
  return {
    async use(clientId, jti, ttlSeconds) {
      const key = `assertion:${digest(JSON.stringify([clientId, jti]))}`
      return (await redis.set(key, '', 'EX', ttlSeconds, 'NX')) === 'OK'
    },
  }
}
