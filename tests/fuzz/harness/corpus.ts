/** Inputs in files, one a file: what real clients send, and what was once found. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = join(import.meta.dirname, '../corpus')

export interface Recorded {
  /** `TARGET/FILE`. */
  readonly name: string
  readonly bytes: Buffer
}

/** @throws Error for a target that has none: there is nothing to change then. */
export function readCorpus(target: string): readonly Recorded[] {
  const names = readdirSync(join(FOLDER, target)).toSorted()
  if (names.length === 0) throw new Error(`no corpus for ${target}`)
  return names.map((name) => ({
    name: `${target}/${name}`,
    bytes: readFileSync(join(FOLDER, target, name)),
  }))
}
