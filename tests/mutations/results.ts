/** What the last run of each mutation said: kept beside the list, shown by docs/requirements.md. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Verdict } from './attempt.ts'
import type { Mutation } from './mutation.ts'
import { MUTATIONS } from './mutations.ts'

const FILE = join(import.meta.dirname, 'results.json')

interface Result {
  readonly verdict: Verdict
  /** Year, month, day. */
  readonly on: string
}

export type Results = Readonly<Record<string, Result>>

export function readResults(): Results {
  return JSON.parse(readFileSync(FILE, 'utf8')) as Results
}

/** In the order of the list; what is not in it any more goes. */
export function record({ takesOut }: Mutation, verdict: Verdict): void {
  const today = new Date().toISOString().slice(0, 10)
  const results: Results = { ...readResults(), [takesOut]: { verdict, on: today } }
  const kept = MUTATIONS.flatMap((one) => {
    const result = results[one.takesOut]
    return result === undefined ? [] : [[one.takesOut, result] as const]
  })
  writeFileSync(FILE, `${JSON.stringify(Object.fromEntries(kept), undefined, 2)}\n`)
}
