/** Time that passes for the records of a store, so that nobody has to wait for their end. */

import type { Redis } from 'ioredis'

/**
 * For every record whose key begins so, as if so many milliseconds were over: what would have ended by then
 * goes. One without an end stays. @returns how many there were.
 */
export async function letPass(redis: Redis, start: string, milliseconds: number): Promise<number> {
  const prefix = redis.options.keyPrefix ?? ''
  const found = await redis.keys(`${prefix}${start}*`)
  const keys = found.map((key) => key.slice(prefix.length))
  for (const key of keys) {
    const left = await redis.pttl(key)
    if (left >= 0) await redis.pexpire(key, left - milliseconds)
  }
  return keys.length
}
