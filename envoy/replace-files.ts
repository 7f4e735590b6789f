/**
 * Replaces what Envoy reads while it runs: one file after the other, each only once Envoy holds the one
 * before. A file that Envoy refuses is taken back, so that it would start with the old one too.
 *
 * Listeners stay as they are: another one would cut every open stream.
 */

import { join } from 'node:path'
import type { Log } from '../lib/platform/log.ts'
import { FILES } from './bootstrap.ts'
import type { AskEnvoy, Outcome } from './taken.ts'
import { prepareFolder, putInPlace, readPlaced, toText } from './write-files.ts'

export interface Replacing {
  readonly folder: string
  readonly files: ReadonlyMap<string, object>
  readonly askEnvoy: AskEnvoy
  readonly log: Log
}

/** In the order in which they were rendered, which is: make before break. Whether Envoy refuses none of them. */
export async function replaceFiles({ folder, files, askEnvoy, log }: Replacing): Promise<boolean> {
  prepareFolder(folder)
  for (const [name, content] of files) {
    const path = join(folder, name)
    const before = readPlaced(path)
    const text = toText(content)
    if (text === before || isLasting(name)) continue
    const outcome = await askEnvoy(name, content, () => putInPlace(path, text))
    report(outcome, name, log)
    if (outcome.kind !== 'refused') continue
    if (before !== undefined) putInPlace(path, before)
    return false
  }
  return true
}

function isLasting(name: string): boolean {
  return name === FILES.listeners || name === FILES.bootstrap
}

function report(outcome: Outcome, file: string, log: Log): void {
  if (outcome.kind === 'taken') {
    log.info({ file, took_ms: outcome.tookMs }, 'Envoy has taken the change')
  } else if (outcome.kind === 'refused') {
    log.error({ file }, 'Envoy refuses the change: the routes of before stay in force')
  } else if (outcome.kind === 'unknown') {
    log.warn({ file }, 'Envoy does not say whether it has taken the change')
  }
}
