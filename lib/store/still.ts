/**
 * A moment in which nobody writes: what is read meanwhile is the store at one point in time.
 *
 * The server itself lets writers wait (`CLIENT PAUSE … WRITE`) and readers go on: the edge decides as ever. It lets
 * them go by itself after a term, whatever becomes of us.
 */

import type { Redis } from 'ioredis'

/**
 * Nobody waits longer than this: a command of the authorization server or of a room may take two seconds, of which
 * half of one is left for the command itself; what a bridge owns is somebody else's after five without a renewal.
 */
const STILL_MS = 1500

const LEASE_KEY = 'lease:still'

export class NotStillError extends Error {
  override readonly name = 'NotStillError'
}

/**
 * @throws NotStillError when `read` was not done in time: somebody may have written meanwhile; or when the server does
 * not let us.
 */
export async function whileNobodyWrites<Result>(
  redis: Redis,
  read: () => Promise<Result>,
): Promise<Result> {
  await take(redis)
  // Counted from before it began: what we are late by is no part of it.
  const since = performance.now()
  try {
    await redis.client('PAUSE', STILL_MS, 'WRITE')
  } catch (cause) {
    // Should the store be away, it ends by itself.
    await redis.del(LEASE_KEY).catch(() => 0)
    throw new NotStillError(`the store does not permit CLIENT PAUSE: ${(cause as Error).message}`, {
      cause,
    })
  }
  try {
    const result = await read()
    const tookMs = Math.ceil(performance.now() - since)
    if (tookMs < STILL_MS) return result
    throw new NotStillError(
      `reading the store took ${tookMs} ms, and writers wait for ${STILL_MS} ms at most`,
    )
  } finally {
    // Later the term has let them go, and pause and lease may be another's.
    if (performance.now() - since < STILL_MS) {
      await redis.client('UNPAUSE')
      await redis.del(LEASE_KEY)
    }
  }
}

/** Of two at a time the first to be done would let the writers go while the second still reads. */
async function take(redis: Redis): Promise<void> {
  if ((await redis.set(LEASE_KEY, '1', 'PX', 2 * STILL_MS, 'NX')) === 'OK') return
  throw new NotStillError('another backup reads the store at this moment')
}
