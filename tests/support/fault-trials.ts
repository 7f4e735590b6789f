/** Something breaks under load, and nobody is to notice. */

import type { ExecutionContext } from 'ava'
import type { Load } from './constant-load.ts'

const TRIALS = 3

/**
 * A machine that is busy elsewhere refuses requests of its own accord, so one trial of three is enough; what no
 * retry covers fails in each.
 * @param happen resolves with when it began, where what was on its way by then may fail.
 */
export async function nobodyNotices(
  t: ExecutionContext,
  load: Load,
  happen: () => Promise<number | undefined>,
): Promise<void> {
  const failures: string[][] = []
  for (let trial = 1; trial <= TRIALS; trial += 1) {
    const begun = performance.now()
    const since = (await happen()) ?? begun
    const failed = load.answers
      .filter(({ sentAt, status }) => sentAt > since && (status === 0 || status >= 500))
      .map(({ kind, status, tookMs }) => `${kind}: ${status} after ${Math.round(tookMs)} ms`)
    if (failed.length === 0) {
      t.pass()
      return
    }
    failures.push([`${failed.length} failed`, ...failed.slice(0, 3)])
  }
  t.deepEqual(failures, [])
}
