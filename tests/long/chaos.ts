/** Everything broken for ten minutes, by another seed each time, and twenty minutes in which nothing is. */

import { runChaos } from '../chaos/run-chaos.ts'
import { TARGETS } from '../chaos/seeded/plan.ts'
import { tellOutcome } from '../chaos/tell-outcome.ts'
import { runSoak } from '../soak/run-soak.ts'
import { tellSoak } from '../soak/tell-soak.ts'

const CHAOS_MINUTES = 10
const SOAK_MINUTES = 20

export async function runLongChaos(): Promise<void> {
  const seed = Date.now() % 2 ** 31
  const options = { seed, minutes: CHAOS_MINUTES, targets: TARGETS }
  console.log(`  seed ${seed}`)
  if (!tellOutcome(options, await runChaos(options, console.log))) throw new Error(`seed ${seed}`)
}

export async function runLongSoak(): Promise<void> {
  if (!tellSoak(await runSoak(SOAK_MINUTES, console.log))) throw new Error('something grows')
}
