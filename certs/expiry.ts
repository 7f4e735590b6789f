/** Says in the log, day by day, that a certificate is about to end or has ended. */

import type { Clock } from '../lib/platform/clock.ts'
import type { Log } from '../lib/platform/log.ts'
import type { Pair } from './pair.ts'

const DAY_MS = 86_400_000

/** @returns what ends it. */
export function watchExpiry(pair: () => Pair, clock: Clock, log: Log): () => void {
  const look = (): void => tellExpiry(pair(), clock(), log)
  look()
  const timer = setInterval(look, DAY_MS)
  return () => clearInterval(timer)
}

/** A renewal is due when a third is left: with a quarter left something is wrong. */
export function tellExpiry({ names, notBefore, notAfter }: Pair, now: number, log: Log): void {
  const told = { names, expires: new Date(notAfter) }
  if (now >= notAfter) log.error(told, 'the certificate has expired: clients refuse it')
  else if (notAfter - now < (notAfter - notBefore) / 4) log.warn(told, 'the certificate ends soon')
}
