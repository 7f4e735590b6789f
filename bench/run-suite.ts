/** One benchmark after the other; what each has to say is kept before the next one begins. */

import { currentCommit, describeThisMachine } from './machine.ts'
import { type Entry, type Measured, RESULTS_FILE, readResults, writeResults } from './results.ts'
import { type Outcome, runBench } from './run-bench.ts'
import type { Bench } from './suite.ts'

export interface SuiteOptions {
  readonly isQuick: boolean
  readonly stop: AbortSignal
  readonly file?: string
  /** One line for people. */
  readonly say: (line: string) => void
}

/** @returns whether each benchmark has results, and every answer in them was right. */
export async function runSuite(
  benches: readonly Bench[],
  { isQuick, stop, file = RESULTS_FILE, say }: SuiteOptions,
): Promise<boolean> {
  const commit = currentCommit()
  let isGood = true
  for (const { name, script, minutes } of benches) {
    if (stop.aborted) break
    say(`${name}: some ${isQuick ? minutes.quick : minutes.whole} minutes`)
    const circumstances = { at: new Date().toISOString(), commit, isQuick }
    const began = performance.now()
    const outcome = await runBench({ script }, { isQuick, stop })
    if (stop.aborted) break
    const seconds = Math.round((performance.now() - began) / 1000)
    const results = readResults(file)
    const entry = toEntry(outcome, { circumstances, seconds, before: results[name] })
    writeResults({ ...results, [name]: entry }, file)
    say(`${name}: ${toWords(outcome)}, after ${seconds} s`)
    isGood &&= 'output' in outcome && outcome.exitCode === 0
  }
  return isGood && !stop.aborted
}

interface Run {
  readonly circumstances: Pick<Measured<object>, 'at' | 'commit' | 'isQuick'>
  readonly seconds: number
  readonly before: Entry<object> | undefined
}

/** What was measured before stays where nothing new was. */
function toEntry(outcome: Outcome, { circumstances, seconds, before }: Run): Entry<object> {
  if ('reason' in outcome) return { ...before, failure: { ...circumstances, ...outcome } }
  const machine = describeThisMachine()
  return { measured: { ...circumstances, seconds, machine, output: outcome.output } }
}

function toWords(outcome: Outcome): string {
  if ('reason' in outcome) return `no results: ${outcome.reason}`
  return outcome.exitCode === 0 ? 'measured' : 'measured, with wrong answers in it'
}
