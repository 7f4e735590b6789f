/** From the acknowledgement of a revocation to the first refusal at the edge, one token each trial. */

import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Mint } from '../tokens.ts'
import type { Probe, Prober } from './prober.ts'

/** Milliseconds after the acknowledgement; negative before it. */
export interface Trial {
  /** When the first refusal had arrived; undefined when none came. */
  readonly refusedAt: number | undefined
  /** When the last request had begun that was still let through. */
  readonly lastAllowedAt: number
  /** Requests let through that began after the acknowledgement. */
  readonly allowedAfter: number
  /** How long the acknowledgement took. */
  readonly acknowledgedIn: number
  /** Let through again after a refusal: never. */
  readonly isBackAgain: boolean
}

export interface TrialPorts {
  readonly prober: Prober
  readonly mint: Mint
  /** Resolves with the acknowledgement. */
  readonly revoke: (tokenId: string) => Promise<void>
}

const ALLOWED = 200
const REFUSED = 401
/** The edge has seen the token before it is revoked. */
const BEFORE = 3
const PAUSE_MS_MAX = 5
const PATIENCE_MS = 5000
/** Once refused, a token stays so. */
const AFTER = 3

export async function runTrial({ prober, mint, revoke }: TrialPorts): Promise<Trial> {
  const tokenId = randomUUID()
  const token = mint.mint({ jti: tokenId })
  await askUntilAllowed(prober, token)
  let acknowledged = Number.POSITIVE_INFINITY
  let refusals = 0
  const asking = prober.askUntil(token, ({ began, status }) => {
    if (status === REFUSED) refusals += 1
    return refusals > AFTER || began - acknowledged > PATIENCE_MS
  })
  // At any point of the prober's own rhythm, and of the edge's.
  await sleep(Math.random() * PAUSE_MS_MAX)
  const sent = performance.now()
  await revoke(tokenId)
  acknowledged = performance.now()
  return toTrial(await asking, acknowledged, acknowledged - sent)
}

const TRIES_MAX = 1000

/** Until it has been let through several times. */
export async function askUntilAllowed(prober: Prober, token: string): Promise<void> {
  let [allowed, tries] = [0, 0]
  await prober.askUntil(token, ({ status }) => {
    tries += 1
    if (tries > TRIES_MAX) throw new Error(`a good token meets ${status}`)
    if (status === ALLOWED) allowed += 1
    return allowed === BEFORE
  })
}

export function toTrial(
  probes: readonly Probe[],
  acknowledged: number,
  acknowledgedIn: number,
): Trial {
  const firstRefusal = probes.findIndex(({ status }) => status === REFUSED)
  const allowed = probes.filter(({ status }) => status === ALLOWED)
  const refusal = probes[firstRefusal]
  return {
    refusedAt: refusal && refusal.ended - acknowledged,
    lastAllowedAt: Math.max(...allowed.map(({ began }) => began)) - acknowledged,
    allowedAfter: allowed.filter(({ began }) => began > acknowledged).length,
    acknowledgedIn,
    isBackAgain:
      firstRefusal >= 0 && probes.slice(firstRefusal).some(({ status }) => status === ALLOWED),
  }
}
