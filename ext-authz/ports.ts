/** What the decision works with, put together: the replica, the keys that it brings, what was verified before. */

import type { LiveGateway } from '../lib/catalogue/live-gateway.ts'
import { originRule } from '../lib/catalogue/origins.ts'
import type { Clock } from '../lib/platform/clock.ts'
import type { Log } from '../lib/platform/log.ts'
import { redisPublicKeys } from '../lib/store/public-keys.ts'
import { connectRedis, type RedisOptions } from '../lib/store/redis.ts'
import { FRESH_MS, type Replica, startReplica } from '../lib/store/replica.ts'
import { redisRevocations } from '../lib/store/revocations.ts'
import type { CheckPorts } from './check.ts'
import { askWithinDeadline } from './deadline.ts'
import { createKeys } from './keys.ts'
import { liveResources } from './resources.ts'
import { createVerifiedTokens, type VerifiedTokens } from './verified-tokens.ts'

/** The store is asked again after this long, and given up after twice as long. */
const STORE_ANSWER_MS = 50

export interface OpenPorts {
  readonly check: CheckPorts
  readonly replica: Replica
  readonly verifiedTokens: VerifiedTokens
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
  // The command's own timeout is the backstop: it also frees what the deadline gave up on.
  const redis = connectRedis({ ...store, commandTimeoutMs: 4 * STORE_ANSWER_MS }, log)
  const publicKeys = redisPublicKeys(redis)
  const revocations = redisRevocations(redis)
  const verifiedTokens = createVerifiedTokens()
  const keys = createKeys({
    read: () => askWithinDeadline(publicKeys.all, STORE_ANSWER_MS),
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
        ask: (presented) => askWithinDeadline(() => revocations.ask(presented), STORE_ANSWER_MS),
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
    isServing: () => replica.isLoaded() && keys.size > 0,
    stop() {
      replica.stop()
      redis.disconnect()
    },
  }
}
