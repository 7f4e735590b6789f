/** `npm run bench`: all benchmarks one after the other, into bench/results.json and docs/benchmarks.md. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { benchmarksPage } from '../docs/generate/benchmarks.ts'
import { readResults } from './results.ts'
import { runSuite } from './run-suite.ts'
import { parseSettings, type Settings, USAGE } from './settings.ts'

const PAGE = join(import.meta.dirname, '../docs/benchmarks.md')

/** After the first of these the rest is not begun, and what was measured is kept. */
function abortOnSignals(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => controller.abort())
  }
  return controller.signal
}

function readSettings(): Settings | undefined {
  try {
    return parseSettings(process.argv.slice(2))
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    console.error(USAGE)
    return undefined
  }
}

const settings = readSettings()
const isGood =
  settings !== undefined &&
  (await runSuite(settings.benches, { ...settings, stop: abortOnSignals(), say: console.error }))
if (settings !== undefined) {
  writeFileSync(PAGE, benchmarksPage(readResults()))
  console.error('written: bench/results.json, docs/benchmarks.md')
}
process.exitCode = isGood ? 0 : 1
