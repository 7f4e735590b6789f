/**
 * `npm run coverage`: which lines of the rooms run in the processes of a gateway under test.
 *
 * Node hands NODE_V8_COVERAGE on to every process that a Node process starts, whatever environment that one
 * gets: no room has to know of it. A process writes when it ends by itself or by a signal that it handles; what
 * is killed outright (SIGKILL) loses what it has seen, and so some of what is shown as never run has run.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runAva } from '../runner/ava.ts'
import { isSuccess, toSummary } from '../runner/tap.ts'
import { findServers, findTools } from '../runner/tools.ts'
import { belowFloors, readFloors, writeFloors } from './floors.ts'
import { ProcessCoverage } from './processes.ts'
import { writeReport } from './report.ts'
import { measuredFiles, ROOT, sumByRoom } from './rooms.ts'
import { formatRooms, neverRun } from './table.ts'

/** Those that start processes of the gateway. */
const TESTS = 'tests/{conformance,e2e,integration}/**'
const PAGES = join(ROOT, '.gateway/coverage')
const SWEEP_MS = 2000

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'set-floors': { type: 'boolean', default: false } },
})
const folder = mkdtempSync(join(tmpdir(), 'coverage-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
const files = measuredFiles()
const measured = new Set(files)
const coverage = new ProcessCoverage(folder, ROOT, (path) => measured.has(path))

const found = { ...(await findServers(process.env, ROOT)), ...(await findTools(process.env)) }
const sweeping = setInterval(() => coverage.sweep(), SWEEP_MS)
const tests = await runAva(positionals.length > 0 ? positionals : [TESTS], {
  ...found,
  NODE_V8_COVERAGE: folder,
  // What Node has compiled before is measured by functions, and not by branches.
  NODE_COMPILE_CACHE: '',
})
clearInterval(sweeping)
coverage.sweep(Number.POSITIVE_INFINITY)

const shares = await writeReport(files, coverage.merged(), { folder: PAGES, root: ROOT })
const rooms = sumByRoom(shares)
const { counted, others, broken } = coverage.counts
console.log(
  `\nNever loaded:\n${neverRun(shares)
    .map((path) => `  ${path}`)
    .join('\n')}`,
)
console.log(`\nWhat ran in ${counted} processes and workers of the gateway:`)
for (const line of formatRooms(rooms)) console.log(line)
console.log(
  `${others} other processes are not counted, nor ${broken} that were cut off as they wrote;`,
)
console.log('what was killed outright (SIGKILL) wrote nothing.')
console.log(`Line by line: ${join(PAGES, 'index.html')}`)
if (values['set-floors']) writeFloors(rooms)
// Of some of the tests nothing can be said.
const below = positionals.length > 0 ? [] : belowFloors(rooms, readFloors())
for (const line of below) console.log(`✘ ${line}`)
console.log(toSummary(tests))
process.exitCode = isSuccess(tests) && below.length === 0 ? 0 : 1
