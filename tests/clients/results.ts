/** What was last seen of each client, with its day: `results.json`, of which docs/clients-tested.md is made. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ClientResult } from './try-client.ts'

const FILE = join(import.meta.dirname, 'results.json')

export function keptResults(): readonly ClientResult[] {
  return JSON.parse(readFileSync(FILE, 'utf8')) as ClientResult[]
}

/** @param names of all clients, in their order; those that were not run keep what was seen before. */
export function keepResults(results: readonly ClientResult[], names: readonly string[]): void {
  const before = keptResults()
  const next = names.flatMap((name) => {
    const isOfIt = (result: ClientResult): boolean => result.name === name
    return results.find(isOfIt) ?? before.find(isOfIt) ?? []
  })
  writeFileSync(FILE, `${JSON.stringify(next, null, 2)}\n`)
}
