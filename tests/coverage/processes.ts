/** What processes of the gateway wrote about themselves as they ended, merged as it comes. */

import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { mergeScriptCovs, type ScriptCov } from '@bcoe/v8-coverage'

/** A process may still be writing into a younger one. */
const SETTLED_MS = 3000
/** Merging a few at a time is faster than one by one, and takes little memory. */
const AT_ONCE = 20

export interface Counts {
  /** Processes of the gateway, and their workers. */
  counted: number
  /** Those that run tests, and others that load what is no part of the gateway. */
  others: number
  /** Cut off while they wrote. */
  broken: number
}

/** V8 coverage of the rooms, by the path of the file. */
export class ProcessCoverage {
  readonly counts: Counts = { counted: 0, others: 0, broken: 0 }
  readonly #folder: string
  readonly #root: string
  readonly #isMeasured: (path: string) => boolean
  readonly #merged = new Map<string, ScriptCov>()
  readonly #waiting = new Map<string, ScriptCov[]>()

  /** `isMeasured`: of paths from the root of the repository. */
  constructor(folder: string, root: string, isMeasured: (path: string) => boolean) {
    this.#folder = folder
    this.#root = pathToFileURL(`${root}/`).href
    this.#isMeasured = isMeasured
  }

  /** Reads what is whole and removes it: thousands of processes write some megabytes each. */
  sweep(now = Date.now() - SETTLED_MS): void {
    for (const name of readdirSync(this.#folder)) {
      const file = join(this.#folder, name)
      if (statSync(file).mtimeMs > now) continue
      this.#read(readFileSync(file, 'utf8'))
      rmSync(file)
    }
  }

  /** Of everything that was swept. */
  merged(): ReadonlyMap<string, ScriptCov> {
    for (const path of this.#waiting.keys()) this.#merge(path)
    return this.#merged
  }

  #read(text: string): void {
    const scripts = parseScripts(text)
    if (scripts === undefined) {
      this.counts.broken += 1
      return
    }
    const ours = scripts.filter(({ url }) => url.startsWith(this.#root))
    const paths = ours.map(({ url }) => decodeURIComponent(url.slice(this.#root.length)))
    if (paths.length === 0 || paths.some(isOfTests)) {
      this.counts.others += 1
      return
    }
    this.counts.counted += 1
    for (const [index, path] of paths.entries()) {
      const script = ours[index]
      if (script === undefined || !this.#isMeasured(path)) continue
      const waiting = this.#waiting.get(path) ?? []
      waiting.push(script)
      this.#waiting.set(path, waiting)
      if (waiting.length >= AT_ONCE) this.#merge(path)
    }
  }

  #merge(path: string): void {
    const before = this.#merged.get(path)
    const scripts = this.#waiting.get(path) ?? []
    const merged = mergeScriptCovs(before === undefined ? scripts : [before, ...scripts])
    if (merged !== undefined) this.#merged.set(path, merged)
    this.#waiting.set(path, [])
  }
}

/** A process that has loaded one of these is no process of an operator. */
function isOfTests(path: string): boolean {
  return /^(?:tests|bench|docs|node_modules\/ava)\//.test(path)
}

function parseScripts(text: string): readonly ScriptCov[] | undefined {
  try {
    return (JSON.parse(text) as { readonly result: readonly ScriptCov[] }).result
  } catch {
    return undefined
  }
}
