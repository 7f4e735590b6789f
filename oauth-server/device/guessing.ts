/**
 * Guessing user codes, and what bounds it (RFC 8628 section 5.1).
 *
 * A code has 34 bits. Whoever enters codes is counted by address and by browser; and all wrong codes
 * together, so that many addresses do not help. Right ones have a bound as well, which guesses do not come near:
 * wrong ones meet theirs long before.
 */

import { OAuthError } from '../../lib/oauth/error.ts'
import { toSiteLimit } from '../steps/limit-rate.ts'
import type { Limit, Limits } from '../store/limits.ts'

/** Right or wrong: one person connects a few devices. */
const ENTERED: Limit = { name: 'user-codes', burst: 10, perMinute: 10 }
/** Right or wrong: a class room connects its devices at once, as it began them. */
const ENTERED_THERE: Limit = { name: 'user-codes-address', burst: 60, perMinute: 30 }
const WRONG: Limit = { name: 'user-codes-wrong', burst: 5, perMinute: 2 }
const WRONG_OF_ALL: Limit = { name: 'user-codes-wrong-of-all', burst: 1000, perMinute: 300 }

/** One subscriber of IPv6 must not be all who may be wrong. */
const WRONG_OF_SITE = toSiteLimit(WRONG)

export interface Guesser {
  /** An `addressKey`. */
  readonly address: string
  /** A `siteKey`. */
  readonly site: string | undefined
  readonly browser: string
}

/**
 * Tries a code unless its guesser, or everybody, has been wrong too often. A try counts as wrong until
 * it is known to be right: of any number at once no more are tried than may be wrong.
 * @throws OAuthError with status 429.
 */
export async function tryCode<Found>(
  limits: Limits,
  { address, site, browser }: Guesser,
  find: () => Promise<Found | undefined>,
): Promise<Found | undefined> {
  const [there, here] = [`address ${address}`, `browser ${browser}`]
  await takeAll(limits, [
    [ENTERED_THERE, there],
    [ENTERED, here],
  ])
  const ifWrong: Taking[] = [
    [WRONG, there],
    [WRONG, here],
    ...(site === undefined ? [] : [[WRONG_OF_SITE, site] as const]),
    [WRONG_OF_ALL, ''],
  ]
  await takeAll(limits, ifWrong)
  const found = await find()
  if (found !== undefined) await giveBackAll(limits, ifWrong)
  return found
}

type Taking = readonly [Limit, string]

/** All of them or none: a refusal uses nothing up. */
async function takeAll(limits: Limits, takings: readonly Taking[]): Promise<void> {
  for (const [index, [limit, subject]] of takings.entries()) {
    const retryAfterSeconds = await limits.take(limit, subject)
    if (retryAfterSeconds === 0) continue
    await giveBackAll(limits, takings.slice(0, index))
    throw new OAuthError(
      'temporarily_unavailable',
      'Too many codes were entered. Wait a minute, then enter the code that your device shows now.',
      { status: 429, retryAfterSeconds, detail: `limit ${limit.name}` },
    )
  }
}

async function giveBackAll(limits: Limits, takings: readonly Taking[]): Promise<void> {
  for (const [limit, subject] of takings) await limits.giveBack(limit, subject)
}
