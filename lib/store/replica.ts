/** The revocations and the public keys, held in a reader's memory, and how old that knowledge may be. */

import type { Redis } from 'ioredis'
import type { Clock } from '../platform/clock.ts'
import type { Figures } from '../platform/figures.ts'
import type { Log } from '../platform/log.ts'
import { Follower } from './follower.ts'
import type { PublicJwk } from './public-keys.ts'
import type { RedisOptions } from './redis.ts'
import type { Presented, RevocationAnswer, StoreState } from './revocation.ts'

export interface Replica {
  /** From memory alone; undefined while memory may lack a write that is older than the bound (2 s). */
  judge(presented: Presented): RevocationAnswer | undefined
  /** How far the store had come by what is in memory; undefined before the first load. */
  seen(): StoreState | undefined
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
  /** For whoever watches over it. */
  figures(): ReplicaFigures
  /** Its connections to the store: for whoever tells how they fare. */
  readonly connections: readonly Redis[]
  /** Lets go of entries whose time has passed; done each minute. */
  forget(): void
  stop(): void
}

export interface ReplicaFigures {
  readonly revocations: number
  /** How often everything was loaded, the first time included. */
  readonly loads: number
}

export interface ReplicaOptions {
  readonly store: Omit<RedisOptions, 'commandTimeoutMs'>
  readonly clock: Clock
  readonly log: Log
  /** Everything is loaded anew so often. */
  readonly reloadMs?: number
}

export function startReplica(options: ReplicaOptions): Replica {
  return new Follower(options)
}

/** For every room that follows the revocations, under the same names. */
export function tellReplica(
  figures: Figures,
  replica: Pick<Replica, 'staleness' | 'figures'>,
): void {
  figures.gauge(
    'revocation_staleness_seconds',
    'Age of the newest proof that memory lacks no revocation.',
    () => replica.staleness() / 1000,
  )
  figures.gauge('revocations', 'Revocations in memory.', () => replica.figures().revocations)
  figures.total('replica_loads_total', 'How often everything was loaded.', () => {
    return replica.figures().loads
  })
}
