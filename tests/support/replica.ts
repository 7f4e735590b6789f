/** A replica of a test's own store, and what it is asked. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import { systemClock } from '../../lib/platform/clock.ts'
import { createLog } from '../../lib/platform/log.ts'
import { type Replica, type ReplicaOptions, startReplica } from '../../lib/store/replica.ts'
import type { Presented, RevocationAnswer } from '../../lib/store/revocation.ts'
import { type Revocations, redisRevocations } from '../../lib/store/revocations.ts'
import { startValkey } from './valkey.ts'

/** Epoch seconds: what ends then outlives any test. */
export const LATER = 4_000_000_000
const log = createLog('test', 'error')

export const presented = (name: string, made = 1): Presented => ({
  tokenId: `token-${name}`,
  grantId: `${made}-${name}`,
  clientId: `client-${name}`,
  userId: `dev:${name}`,
  issuedAt: LATER,
})

/** A store of the test's own, with an epoch, and a replica that has loaded it. */
export async function begin(t: ExecutionContext, options: Partial<ReplicaOptions> = {}) {
  const valkey = await startValkey()
  const redis = await valkey.connect()
  const revocations = redisRevocations(redis)
  await revocations.ensureEpoch()
  const replica = follow(t, valkey.url, options)
  t.teardown(() => valkey.stop())
  await until(() => replica.isLoaded())
  return { valkey, redis, revocations, replica }
}

export function follow(
  t: ExecutionContext,
  url: string,
  options: Partial<ReplicaOptions> = {},
): Replica {
  const replica = startReplica({ store: { url }, clock: systemClock, log, ...options })
  t.teardown(() => replica.stop())
  return replica
}

export async function until(
  condition: () => boolean | Promise<boolean>,
  limitMs = 20_000,
): Promise<void> {
  const end = performance.now() + limitMs
  while (!(await condition())) {
    if (performance.now() > end) throw new Error('it did not come to be')
    await sleep(5)
  }
}

/** Issued at this moment, which is behind the second in which the store began. */
export async function issuedWhileItCounts({ ask }: Revocations): Promise<Presented> {
  const issuedNow = () => ({ ...presented('any'), issuedAt: Math.floor(Date.now() / 1000) })
  await until(async () => by(await ask(issuedNow())) === 'alive')
  return issuedNow()
}

export const by = (answer: RevocationAnswer | undefined): string =>
  answer === undefined ? 'unknown' : answer.revoked ? answer.by : 'alive'
