/** The store killed under load: when the edge stops saying yes, and whether it ever says a wrong one. */

import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type LoadOptions, type Outcome, runLoad } from '../load.ts'
import type { Store } from '../store.ts'
import type { Mint } from '../tokens.ts'
import type { Probe, Prober } from './prober.ts'
import { askUntilAllowed } from './trials.ts'

/** Milliseconds after the kill. */
export interface Outage {
  /** When a good token first met 503; undefined when it never did. */
  readonly unavailableAt: number | undefined
  /** Good tokens that met anything but 200 and 503: a client would throw its login away. */
  readonly goodTokensRefused: number
  /** Tokens revoked long before that were let through. */
  readonly revokedLetThrough: number
  /** When the last request let through began whose token's revocation was acknowledged right before the kill. */
  readonly lastMomentLetThroughUntil: number | undefined
  /** Whether that revocation is still there when the store is back. */
  readonly isRemembered: boolean
  /** From the store's return until a good token is let through again; Infinity when it never is. */
  readonly recoveredIn: number
}

export interface OutagePorts {
  readonly store: Store
  readonly mint: Mint
  /** Two, as two tokens are asked about at once. */
  readonly probers: readonly [Prober, Prober]
  readonly revoke: (tokenId: string) => Promise<void>
  /** Of good and of revoked tokens, for as long as is asked. */
  readonly goodLoad: LoadOptions
  readonly revokedLoad: LoadOptions
}

const OUTAGE_MS = 3000
const RECOVERY_MS_MAX = 30_000
/** The load runs on while the store comes back. */
export const LOAD_SECONDS = 5
const LEAD_MS = 500
const [ALLOWED, REFUSED, UNAVAILABLE] = [200, 401, 503]

export async function runOutage(ports: OutagePorts): Promise<Outage> {
  const { store, mint, probers, revoke } = ports
  const [goodProber, lateProber] = probers
  const loads = Promise.all([runLoad(ports.goodLoad), runLoad(ports.revokedLoad)])
  const good = mint.mint()
  const lateId = randomUUID()
  const late = mint.mint({ jti: lateId })
  await sleep(LEAD_MS)
  await askUntilAllowed(goodProber, good)
  await askUntilAllowed(lateProber, late)
  await revoke(lateId)
  const killed = performance.now()
  const isOver = ({ began }: Probe): boolean => began - killed > OUTAGE_MS
  const asking = Promise.all([goodProber.askUntil(good, isOver), lateProber.askUntil(late, isOver)])
  await store.kill()
  const [goodProbes, lateProbes] = await asking
  await store.restart()
  const back = performance.now()
  const isLate = ({ began }: Probe): boolean => began - back > RECOVERY_MS_MAX
  const coming = await goodProber.askUntil(good, (one) => isAllowed(one) || isLate(one))
  const atLast = (await lateProber.askUntil(late, (one) => isDecided(one) || isLate(one))).at(-1)
  const [goodOutcome, revokedOutcome] = await loads
  const unavailable = goodProbes.find(({ status }) => status === UNAVAILABLE)
  const lastAllowed = lateProbes.findLast(isAllowed)
  return {
    unavailableAt: unavailable && unavailable.ended - killed,
    goodTokensRefused: goodProbes.filter(isUnknown).length + countOthers(goodOutcome),
    revokedLetThrough: revokedOutcome.statuses[ALLOWED] ?? 0,
    lastMomentLetThroughUntil: lastAllowed && lastAllowed.began - killed,
    isRemembered: atLast?.status === REFUSED,
    recoveredIn: (coming.find(isAllowed)?.ended ?? Number.POSITIVE_INFINITY) - back,
  }
}

function isAllowed({ status }: Probe): boolean {
  return status === ALLOWED
}

function isDecided({ status }: Probe): boolean {
  return status === ALLOWED || status === REFUSED
}

function isUnknown({ status }: Probe): boolean {
  return status !== ALLOWED && status !== UNAVAILABLE
}

function countOthers({ requests, statuses }: Outcome): number {
  return requests - (statuses[ALLOWED] ?? 0) - (statuses[UNAVAILABLE] ?? 0)
}
