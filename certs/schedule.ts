/**
 * When the next certificate is asked for: a pure function of what is served, what is wanted, and how it
 * went before. Authorities count: failures are retried later each time, and names that keep changing wait.
 */

import type { Pair } from './pair.ts'
import type { Served } from './publish.ts'

export interface Attempts {
  /** What was asked for last: names and origin. */
  readonly asked: string
  readonly lastAt: number
  /** In a row, up to the last. */
  readonly failures: number
  /** Why the last one failed. */
  readonly fault: string | undefined
  /** When certificates were issued, the latest last. */
  readonly issuedAt: readonly number[]
  /** When one was refused, for whatever names; the latest last. */
  readonly failedAt: readonly number[]
}

export const NO_ATTEMPTS: Attempts = {
  asked: '',
  lastAt: 0,
  failures: 0,
  fault: undefined,
  issuedAt: [],
  failedAt: [],
}

export interface Situation {
  readonly served: Served | undefined
  readonly origin: string
  readonly names: readonly string[]
  readonly attempts: Attempts
}

const RETRY_MS_MIN = 30_000
const RETRY_FACTOR = 4
const RETRY_MS_MAX = 6 * 3_600_000
/** Between attempts for different names. */
const CHANGE_MS_MIN = 5000
const HOUR_MS = 3_600_000
const CHANGES_PER_HOUR_MAX = 5
/** Let's Encrypt counts them by name, and a name is asked for again with each that comes. */
const FAILURES_PER_HOUR_MAX = 5

/** Milliseconds since the epoch; in the past when it is due. */
export function nextAttemptAt(situation: Situation): number {
  const { served, attempts } = situation
  const waits = [afterFailures(situation)]
  if (served !== undefined && isWanted(served, situation)) waits.push(renewalAt(served.pair))
  else waits.push(afterChanges(attempts))
  return Math.max(...waits)
}

/**
 * Why there is no newer one. Undefined where none is needed: what failed was for a name that has gone since, for
 * another authority, or by a clock that was ahead.
 */
export function faultAt(situation: Situation, now: number): string | undefined {
  const { served, attempts } = situation
  const isGood =
    served !== undefined && isWanted(served, situation) && !isToBeRenewed(served.pair, now)
  return isGood ? undefined : attempts.fault
}

export function isToBeRenewed(pair: Pair, now: number): boolean {
  return now >= renewalAt(pair)
}

/** When a third of its life is left. */
function renewalAt({ notBefore, notAfter }: Pair): number {
  return notAfter - (notAfter - notBefore) / 3
}

function isWanted({ pair, origin }: Served, wanted: Situation): boolean {
  return origin === wanted.origin && wanted.names.every(pair.covers)
}

function toAsked({ origin, names }: Pick<Situation, 'origin' | 'names'>): string {
  return [origin, ...names].join(' ')
}

function afterFailures({ attempts, ...wanted }: Situation): number {
  const { failures, lastAt, asked, failedAt } = attempts
  const allowedAt = (failedAt.at(-FAILURES_PER_HOUR_MAX) ?? -HOUR_MS) + HOUR_MS
  if (failures === 0) return allowedAt
  // Other names may succeed at once, though not as often as somebody can think of them.
  const waitMs =
    asked === toAsked(wanted)
      ? Math.min(RETRY_MS_MIN * RETRY_FACTOR ** (failures - 1), RETRY_MS_MAX)
      : CHANGE_MS_MIN
  return Math.max(allowedAt, lastAt + waitMs)
}

function afterChanges({ issuedAt, lastAt }: Attempts): number {
  const oldest = issuedAt.at(-CHANGES_PER_HOUR_MAX) ?? 0
  return Math.max(oldest + HOUR_MS, lastAt + CHANGE_MS_MIN)
}

export function afterSuccess(situation: Situation, now: number): Attempts {
  const issuedAt = [...situation.attempts.issuedAt, now].slice(-CHANGES_PER_HOUR_MAX)
  const { failedAt } = situation.attempts
  return {
    asked: toAsked(situation),
    lastAt: now,
    failures: 0,
    fault: undefined,
    issuedAt,
    failedAt,
  }
}

export function afterFailure(situation: Situation, fault: string, now: number): Attempts {
  const { asked, failures, issuedAt, failedAt } = situation.attempts
  const wanted = toAsked(situation)
  return {
    asked: wanted,
    lastAt: now,
    failures: asked === wanted ? failures + 1 : 1,
    fault,
    issuedAt,
    failedAt: [...failedAt, now].slice(-FAILURES_PER_HOUR_MAX),
  }
}

/** What another authority has issued and refused is nothing to this one. */
export function ofAuthority(attempts: Attempts, origin: string): Attempts {
  return attempts.asked.startsWith(`${origin} `) ? attempts : NO_ATTEMPTS
}

/** Whoever starts the gateway again has often mended what was wrong, and wants to know soon. */
export function afterStart(attempts: Attempts, now: number): Attempts {
  return { ...upToNow(attempts, now), failures: Math.min(attempts.failures, 2) }
}

/** What was noted by a clock that was ahead counts from now on. The same where nothing was. */
export function upToNow(attempts: Attempts, now: number): Attempts {
  const { lastAt, issuedAt, failedAt } = attempts
  if ([lastAt, ...issuedAt, ...failedAt].every((at) => at <= now)) return attempts
  const toNow = (at: number): number => Math.min(at, now)
  return {
    ...attempts,
    lastAt: toNow(lastAt),
    issuedAt: issuedAt.map(toNow),
    failedAt: failedAt.map(toNow),
  }
}
