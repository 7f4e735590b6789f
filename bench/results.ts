/** `bench/results.json`: the last results of each benchmark, from which docs/benchmarks.md is made. */

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AuthorizationServerOutput } from './authorization-server/report.ts'
import type { BridgeOutput } from './bridge/report.ts'
import type { EdgeOutput } from './edge/report.ts'
import type { RevocationOutput } from './edge/revocation/report.ts'
import type { Commit, Machine } from './machine.ts'

export interface Outputs {
  readonly 'authorization-server': AuthorizationServerOutput
  readonly edge: EdgeOutput
  readonly revocation: RevocationOutput
  readonly bridge: BridgeOutput
}

/** When and on what. */
export interface Circumstances {
  /** ISO 8601, UTC. */
  readonly at: string
  readonly commit: Commit
  readonly isQuick: boolean
}

export interface Measured<T> extends Circumstances {
  readonly seconds: number
  readonly machine: Machine
  readonly output: T
}

/** A run without results. */
export interface Failure extends Circumstances {
  /** One line. */
  readonly reason: string
}

export interface Entry<T> {
  readonly measured?: Measured<T>
  /** Of a run after that; one that succeeds takes it away. */
  readonly failure?: Failure
}

export type Results = { readonly [name in keyof Outputs]?: Entry<Outputs[name]> }

export const RESULTS_FILE = join(import.meta.dirname, 'results.json')

/** JSON has neither infinity nor what is no number: both are null there, and never meet a goal. */
export function parseResults<T>(text: string): T {
  return JSON.parse(text, (_key, value) => (value === null ? Number.NaN : value)) as T
}

export function readResults(file = RESULTS_FILE): Results {
  return existsSync(file) ? parseResults(readFileSync(file, 'utf8')) : {}
}

/** More digits than any measurement has. */
const DIGITS = 6

/** In one step: an interrupted run leaves the file as it was. */
export function writeResults(results: Results, file = RESULTS_FILE): void {
  const short = (_key: string, value: unknown): unknown =>
    typeof value === 'number' && !Number.isInteger(value)
      ? Number(value.toPrecision(DIGITS))
      : value
  writeFileSync(`${file}.new`, `${JSON.stringify(results, short, 1)}\n`)
  renameSync(`${file}.new`, file)
}
