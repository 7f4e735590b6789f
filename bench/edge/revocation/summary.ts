/** What many trials and outages amount to, and whether it is what the edge promises. */

import type { Outage } from './outage.ts'
import type { Trial } from './trials.ts'

/** Milliseconds after the acknowledgement. */
export interface TrialSummary {
  readonly trials: number
  readonly refusedP50: number
  readonly refusedP99: number
  readonly refusedMax: number
  /** Share of the trials. */
  readonly refusedWithin50: number
  readonly acknowledgedInP50: number
  /** Requests let through that began after the acknowledgement. */
  readonly allowedAfter: number
  /** When the last of all those let through began. */
  readonly lastAllowedAt: number
  /** Trials whose token was never refused, or let through again. */
  readonly wrong: number
}

export function summariseTrials(trials: readonly Trial[]): TrialSummary {
  const refused = sort(trials.map(({ refusedAt }) => refusedAt ?? Number.POSITIVE_INFINITY))
  const isWrong = ({ refusedAt, isBackAgain }: Trial): boolean =>
    refusedAt === undefined || isBackAgain
  return {
    trials: trials.length,
    refusedP50: quantile(refused, 0.5),
    refusedP99: quantile(refused, 0.99),
    refusedMax: quantile(refused, 1),
    refusedWithin50: refused.filter((milliseconds) => milliseconds <= 50).length / trials.length,
    acknowledgedInP50: quantile(sort(trials.map(({ acknowledgedIn }) => acknowledgedIn)), 0.5),
    allowedAfter: trials.reduce((sum, { allowedAfter }) => sum + allowedAfter, 0),
    lastAllowedAt: Math.max(...trials.map(({ lastAllowedAt }) => lastAllowedAt)),
    wrong: trials.filter(isWrong).length,
  }
}

/** Milliseconds after the kill. */
export interface OutageSummary {
  readonly outages: number
  readonly unavailableP50: number
  readonly unavailableMax: number
  readonly goodTokensRefused: number
  readonly revokedLetThrough: number
  /** Of tokens revoked right before the kill: in how many outages, and until when, they were let through. */
  readonly lastMomentOutages: number
  readonly lastMomentUntil: number
  readonly forgotten: number
  readonly recoveredInMax: number
}

export function summariseOutages(outages: readonly Outage[]): OutageSummary {
  const unavailable = sort(
    outages.map(({ unavailableAt }) => unavailableAt ?? Number.POSITIVE_INFINITY),
  )
  const lastMoments = outages.flatMap(
    ({ lastMomentLetThroughUntil }) => lastMomentLetThroughUntil ?? [],
  )
  return {
    outages: outages.length,
    unavailableP50: quantile(unavailable, 0.5),
    unavailableMax: quantile(unavailable, 1),
    goodTokensRefused: outages.reduce((sum, { goodTokensRefused }) => sum + goodTokensRefused, 0),
    revokedLetThrough: outages.reduce((sum, { revokedLetThrough }) => sum + revokedLetThrough, 0),
    lastMomentOutages: lastMoments.length,
    lastMomentUntil: Math.max(0, ...lastMoments),
    forgotten: outages.filter(({ isRemembered }) => !isRemembered).length,
    recoveredInMax: Math.max(...outages.map(({ recoveredIn }) => recoveredIn)),
  }
}

export interface Verdict {
  readonly title: string
  /** In words. */
  readonly reached: string
  readonly isMet: boolean
}

const REFUSED_P99_MS = 10
const WITHIN_50_SHARE = 0.999
/** The bound within which a reader of the store may not have heard of a write. */
const STALE_MS = 2000
const UNAVAILABLE_MS = 2100

export function judgeTrials(ours: TrialSummary): readonly Verdict[] {
  return [
    {
      title: 'refused within 10 ms, 99 of 100',
      reached: `${ours.refusedP99.toFixed(2)} ms`,
      isMet: ours.refusedP99 <= REFUSED_P99_MS,
    },
    {
      title: 'refused within 50 ms, 999 of 1,000',
      reached: `${(ours.refusedWithin50 * 100).toFixed(1)} %`,
      isMet: ours.refusedWithin50 >= WITHIN_50_SHARE,
    },
    {
      title: 'nothing let through after 2 s',
      reached: `the last began at ${ours.lastAllowedAt.toFixed(2)} ms`,
      isMet: ours.lastAllowedAt <= STALE_MS,
    },
    {
      title: 'every token refused, and for good',
      reached: `${ours.wrong} were not`,
      isMet: ours.wrong === 0,
    },
  ]
}

export function judgeOutages(ours: OutageSummary): readonly Verdict[] {
  return [
    {
      title: '503 within 2.1 s of the kill',
      reached: `${ours.unavailableMax.toFixed(0)} ms`,
      isMet: ours.unavailableMax <= UNAVAILABLE_MS,
    },
    {
      title: 'no revoked token let through',
      reached: `${ours.revokedLetThrough} requests`,
      isMet: ours.revokedLetThrough === 0,
    },
    {
      title: 'revoked right before the kill: none after 2 s',
      reached: `until ${ours.lastMomentUntil.toFixed(0)} ms`,
      isMet: ours.lastMomentUntil <= STALE_MS,
    },
    {
      title: 'no good token refused with 401 or 403',
      reached: `${ours.goodTokensRefused} requests`,
      isMet: ours.goodTokensRefused === 0,
    },
    {
      title: 'good tokens pass again after its return',
      reached: `within ${ours.recoveredInMax.toFixed(0)} ms`,
      isMet: ours.recoveredInMax < Infinity,
    },
    {
      title: 'no acknowledged revocation forgotten',
      reached: `${ours.forgotten} forgotten`,
      isMet: ours.forgotten === 0,
    },
  ]
}

function sort(values: readonly number[]): readonly number[] {
  return values.toSorted((left, right) => left - right)
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
