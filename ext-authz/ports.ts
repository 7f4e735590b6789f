/** What the decision works with, put together: the replica, the keys that it brings, what was verified before. */

import type { LiveGateway } from '../lib/catalogue/live-gateway.ts'
import { originRule } from '../lib/catalogue/origins.ts'
import type { Clock } from '../lib/platform/clock.ts'
import type { Log } from '../lib/platform/log.ts'
import { countUnanswered, type RedisOptions } from '../lib/store/redis.ts'
import { type Replica, startReplica } from '../lib/store/replica.ts'
import { FRESH_MS } from '../lib/store/replica-proof.ts'
import type { CheckPorts } from './check.ts'
import { createKeys } from './keys.ts'
import { liveResources } from './resources.ts'
import { openSingleQuestions } from './single-questions.ts'
import { createVerifiedTokens, type VerifiedTokens } from './verified-tokens.ts'

export interface OpenPorts {
  readonly check: CheckPorts
  readonly replica: Replica
  readonly verifiedTokens: VerifiedTokens
  /** All that there are to the store: those of the replica, and the one of single requests. */
  readonly connections: Replica['connections']
  /** Commands of the replica, and questions of single requests, that had no answer in time. */
  unanswered(): number
  /** False until everything was loaded once, and there is a key: fail closed at start. */
  isServing(): boolean
  stop(): void
}

export interface PortsOptions {
  readonly live: Pick<LiveGateway, 'current'>
  readonly store: Omit<RedisOptions, 'commandTimeoutMs'>
  readonly clock: Clock
  readonly log: Log
}

export function openPorts({ live, store, clock, log }: PortsOptions): OpenPorts {
  const replica = startReplica({ store, clock, log })
  const isFresh = (): boolean => replica.staleness() < FRESH_MS
  const questions = openSingleQuestions(store, log)
  const verifiedTokens = createVerifiedTokens()
  const keys = createKeys({
    read: questions.readKeys,
    isFollowing: isFresh,
    now: clock,
  })
  replica.onChange(() => {
    // A key that was withdrawn verifies nothing, whatever it has verified before.
    if (keys.replace(replica.keys().values())) verifiedTokens.clear()
  })
  return {
    check: {
      issuer: live.current.addresses.issuer,
      findResource: liveResources(live),
      isAllowedOrigin: originRule(live.current),
      findKey: keys.find,
      revocations: {
        recall: replica.judge.bind(replica),
        ask: (presented) => questions.askRevocations(presented, replica.seen()),
      },
      verifiedTokens: {
        ...verifiedTokens,
        // Nobody may have told us of a key's end: everything is verified anew.
        find: (key) => (isFresh() ? verifiedTokens.find(key) : undefined),
        get size() {
          return verifiedTokens.size
        },
      },
    },
    replica,
    verifiedTokens,
    connections: [...replica.connections, questions.connection],
    unanswered: () => countUnanswered(replica.connections) + questions.unanswered(),
    isServing: () => replica.isLoaded() && keys.size > 0,
    stop() {
      replica.stop()
      questions.connection.disconnect()
    },
  }
}
