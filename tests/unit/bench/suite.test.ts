import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { readResults, writeResults } from '../../../bench/results.ts'
import { runBench } from '../../../bench/run-bench.ts'
import { runSuite } from '../../../bench/run-suite.ts'
import { parseSettings } from '../../../bench/settings.ts'
import type { Bench, BenchName } from '../../../bench/suite.ts'

const folder = mkdtempSync(join(tmpdir(), 'suite-'))
test.after.always(() => rmSync(folder, { recursive: true }))

let scripts = 0

function scriptOf(source: string): string {
  scripts += 1
  const script = join(folder, `${scripts}.mjs`)
  writeFileSync(script, source)
  return script
}

const benchOf = (name: BenchName, source: string): Bench => ({
  name,
  script: scriptOf(source),
  minutes: { whole: 1, quick: 1 },
})
const never = new AbortController().signal
const optionsOf = (file: string) => ({ file, isQuick: true, stop: never, say: () => {} })
const prints = (value: string): string =>
  `console.log(JSON.stringify({ about: process.argv.slice(2), value: ${value} }))`

test('the failure of one leaves the results of the others, and those it had before', async (t) => {
  const file = join(folder, 'failing.json')
  const good = benchOf('edge', prints('1'))
  t.true(await runSuite([good], optionsOf(file)))
  const bad = benchOf(
    'edge',
    "console.error('installing x'); console.error('no compiler'); console.error('usage: y\\n  z'); process.exitCode = 1",
  )
  const other = benchOf('bridge', prints('2'))
  t.false(await runSuite([bad, other], optionsOf(file)))
  const results = readResults(file)
  t.like(results.edge?.measured?.output, { value: 1, about: ['--json', '--quick'] })
  t.is(results.edge?.failure?.reason, 'no compiler (ended with 1)')
  t.like(results.bridge?.measured?.output, { value: 2 })
  t.is(results.bridge?.failure, undefined)
  t.true(await runSuite([benchOf('edge', prints('3'))], optionsOf(file)))
  t.is(readResults(file).edge?.failure, undefined, 'a run that succeeds takes it away')
  t.like(readResults(file).bridge?.measured?.output, { value: 2 }, 'what was not run stays')
})

test('results with wrong answers in them are kept, and are no success', async (t) => {
  const file = join(folder, 'wrong.json')
  const bench = benchOf('revocation', `${prints('4')}; process.exitCode = 1`)
  t.false(await runSuite([bench], optionsOf(file)))
  t.like(readResults(file).revocation?.measured?.output, { value: 4 })
})

test('an interrupted run records nothing and begins nothing more', async (t) => {
  const file = join(folder, 'interrupted.json')
  const controller = new AbortController()
  const endless = benchOf('edge', 'setInterval(() => {}, 1000)')
  setTimeout(() => controller.abort(), 500)
  const options = { ...optionsOf(file), stop: controller.signal }
  t.false(await runSuite([endless, benchOf('bridge', prints('5'))], options))
  t.deepEqual(readResults(file), {})
})

test('one that does not end is ended', async (t) => {
  const script = scriptOf('setInterval(() => {}, 1000)')
  const outcome = await runBench({ script }, { isQuick: false, stop: never, minutesMax: 0.005 })
  t.deepEqual(outcome, { reason: 'it printed no results (ended with SIGTERM)' })
})

test('what is no number is none after writing and reading either', (t) => {
  const file = join(folder, 'numbers.json')
  const entry = { measured: { output: { value: Number.POSITIVE_INFINITY, other: 1.23456789 } } }
  writeResults({ edge: entry } as never, file)
  t.like(readResults(file).edge?.measured?.output, { value: Number.NaN, other: 1.23457 })
})

test('--only takes names of benchmarks, in the order of the suite', (t) => {
  const { benches } = parseSettings(['--only', 'bridge,edge'])
  t.deepEqual(
    benches.map(({ name }) => name),
    ['edge', 'bridge'],
  )
  t.throws(() => parseSettings(['--only', 'bride']), { message: /--only bride: there is/ })
})
