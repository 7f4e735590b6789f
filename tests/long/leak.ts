/** Two thousand sessions left in every ugly way, in all isolation modes: nothing of them stays. */

import { leaksOf, tryLeaving } from '../support/leak-trial.ts'

const SESSIONS = 2000
const WARM_UP = 300

export async function runLeaks(): Promise<void> {
  const trial = await tryLeaving(SESSIONS, WARM_UP)
  const wrong = [...leaksOf(trial), ...trial.failures]
  if (wrong.length > 0) throw new Error(wrong.join('\n'))
  const [before, after] = [trial.before.bytes, trial.after.bytes].map((one) => one / 2 ** 20)
  console.log(`  ${SESSIONS} sessions: ${before?.toFixed(1)} MB before, ${after?.toFixed(1)} after`)
}
