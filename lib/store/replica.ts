/**
 * The revocations and the public keys, held in a reader's memory, and how old that knowledge may be.
 *
 * A reader follows the stream of writes; a heartbeat proves that nothing was missed. Freshness counts
 * from the moment the heartbeat was sent, never from its answer.
 */

import type { PublicJwk } from './public-keys.ts'
import type { Presented, RevocationAnswer } from './revocations.ts'

export interface Replica {
  /** From memory alone; undefined while memory may lack a write that is older than the bound (2 s). */
  judge(presented: Presented): RevocationAnswer | undefined
  /** Milliseconds since the newest proof was sent that memory lacks nothing; Infinity before the first. */
  staleness(): number
  /** Whether it was loaded once: before that nobody may be served. */
  isLoaded(): boolean
  /** The published key set as of the last change applied, by `kid`. */
  keys(): ReadonlyMap<string, PublicJwk>
  /**
   * Called after each turn in which something was revoked, keys changed or everything was loaded anew.
   * @returns what ends the calls.
   */
  onChange(listener: () => void): () => void
  stop(): void
}
