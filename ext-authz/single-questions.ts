/** What single requests ask the store: on a connection of their own, each within bounded time. */

import type { Log } from '../lib/platform/log.ts'
import { type PublicJwk, redisPublicKeys } from '../lib/store/public-keys.ts'
import { connectRedis, type RedisOptions } from '../lib/store/redis.ts'
import type { Presented, RevocationAnswer, StoreState } from '../lib/store/revocation.ts'
import { redisRevocations } from '../lib/store/revocations.ts'
import { askWithinDeadline } from './deadline.ts'

/** The store is asked again after this long, and given up after twice as long. */
const STORE_ANSWER_MS = 50

export interface SingleQuestions {
  /** Whether it is revoked. `seen`: by this process before. Rejects when nobody knows. */
  askRevocations(presented: Presented, seen: StoreState | undefined): Promise<RevocationAnswer>
  /** Rejects when the store does not answer. */
  readKeys(): Promise<readonly PublicJwk[]>
  readonly connection: ReturnType<typeof connectRedis>
  /** How many of these questions had no answer, or none in time. */
  unanswered(): number
}

export function openSingleQuestions(
  store: Omit<RedisOptions, 'commandTimeoutMs'>,
  log: Log,
): SingleQuestions {
  // The command's own timeout is the backstop: it also frees what the deadline gave up on.
  const connection = connectRedis({ ...store, commandTimeoutMs: 4 * STORE_ANSWER_MS }, log)
  const publicKeys = redisPublicKeys(connection)
  const revocations = redisRevocations(connection)
  let unanswered = 0

  async function within<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await askWithinDeadline(ask, STORE_ANSWER_MS)
    } catch (error) {
      unanswered += 1
      throw error
    }
  }

  return {
    askRevocations: (presented, seen) => within(() => revocations.ask(presented, seen)),
    readKeys: () => within(publicKeys.all),
    connection,
    unanswered: () => unanswered,
  }
}
