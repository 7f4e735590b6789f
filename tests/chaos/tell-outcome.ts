/** What a run comes to, for people. */

import { INVARIANTS } from './ledger/violation.ts'
import type { ChaosOptions } from './options.ts'
import type { Outcome } from './run-chaos.ts'

/** The last line is the verdict. @returns whether nothing was violated. */
export function tellOutcome(
  { seed, minutes, targets }: ChaosOptions,
  { ledger, faults, longestOutageMs, longestOutageOf, skipped }: Outcome,
): boolean {
  console.log('')
  for (const [what, count] of [...ledger.counts].sort()) console.log(`  ${what}: ${count}`)
  const often = [...ledger.interruptions].sort(([, one], [, other]) => other - one).slice(0, 8)
  console.log('  what kept clients from an operation most often:')
  for (const [what, count] of often) console.log(`    ${count} × ${what}`)
  console.log(`  longest until all was served again: ${longestOutageMs} ms (${longestOutageOf})`)
  for (const { invariant, atMs, words } of ledger.violations) {
    console.log(`✘ ${INVARIANTS[invariant]}: ${words} (at ${(atMs / 1000).toFixed(1)} s)`)
  }
  const isGood = ledger.violations.length === 0 && faults > 0
  const only = targets.length < 8 ? ` --only ${targets.join(',')}` : ''
  const left = skipped.size > 0 ? `, skipped: ${[...skipped.keys()].join(', ')}` : ''
  console.log(
    `${isGood ? '✔' : '✘'} seed ${seed}: ${faults} faults, ${ledger.violations.length} violations${left}; again: npm run test:chaos -- --seed ${seed} --minutes ${minutes}${only}`,
  )
  return isGood
}
