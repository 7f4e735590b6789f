/** What a soak comes to, for people. */

import { INVARIANTS } from '../chaos/ledger/violation.ts'
import type { Soaked } from './run-soak.ts'
import { bytesEach } from './store-figures.ts'
import { HEAD, toLine, toRows } from './verdict.ts'

/** Grants, registrations and what lists them are some hundred bytes each, and not each operation makes one. */
const BYTES_EACH_MAX = 1024

/** The last line is the verdict. @returns whether everything stays where it is. */
export function tellSoak({ recorder, ledger, capacity, rate, store }: Soaked): boolean {
  const rows = toRows(recorder)
  console.log(HEAD)
  for (const row of rows) console.log(toLine(row))
  const [before, after] = store
  const each = bytesEach(before, after)
  console.log(
    `store: ${before.keys} keys and ${before.bytes} bytes in the middle, ${after.keys} and ${after.bytes} at the end: ${Math.round(each)} bytes an operation`,
  )
  const often = [...ledger.interruptions].sort(([, one], [, other]) => other - one).slice(0, 8)
  for (const [what, count] of often) console.log(`  ${count} × ${what}`)
  for (const { invariant, words } of ledger.violations) {
    console.log(`✘ ${INVARIANTS[invariant]}: ${words}`)
  }
  const growing = rows.filter(({ trend }) => !trend.isFlat)
  const isGood =
    rows.length > 0 &&
    growing.length === 0 &&
    ledger.violations.length === 0 &&
    each <= BYTES_EACH_MAX
  console.log(
    `${isGood ? '✔' : '✘'} ${rate.toFixed(1)} of ${capacity.toFixed(1)} operations a second, ${recorder.interrupted} of ${recorder.operations} interrupted, ${growing.length} of ${rows.length} figures grow, ${ledger.violations.length} violations`,
  )
  return isGood
}
