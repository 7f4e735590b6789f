import { spawn, spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import test, { type ExecutionContext } from 'ava'

const BENCH = join(import.meta.dirname, '../../bench/edge')
const QUICK = ['--seconds', '0.2', '--rounds', '1', '--repeats', '0', '--json']

/** On a busy machine the edge may say that it cannot know: that is no wrong answer. */
const UNKNOWN = '503'

const canPin = availableParallelism() > 1 && spawnSync('taskset', ['--version']).status === 0
const canCompile = spawnSync('cc', ['--version']).status === 0
const lacking = canPin ? (canCompile ? undefined : 'a C compiler') : 'taskset and two cores'

function runsHere(title: string, body: (t: ExecutionContext) => Promise<void>): void {
  if (lacking === undefined) test.serial(title, body)
  else test.skip(`${title} (skipped: needs ${lacking})`, body)
}

async function run(file: string, args: readonly string[]) {
  const child = spawn(process.execPath, [join(BENCH, file), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return JSON.parse(await text(child.stdout))
}

interface Figures {
  readonly row: string
  readonly of: Readonly<Record<string, { readonly median: number }>>
  readonly statuses: Readonly<Record<string, number>>
}

const EXPECTED: Readonly<Record<string, string>> = {
  floor: '200',
  jwt: '200',
  'jwt-cached': '200',
  textbook: '200',
  warm: '200',
  new: '200',
  denied: '401',
  garbage: '401',
}

runsHere('the benchmark of the edge runs, and every row answers rightly', async (t) => {
  const args = ['--algorithm', 'ES256', '--connections', '16', '--rates', '200']
  const { results } = await run('main.ts', [...QUICK, ...args])
  const figures: readonly Figures[] = results[0].figures
  t.is(figures.length, 14, 'eight rows as fast as they answer, six at a constant rate')
  t.deepEqual(new Set(figures.map(({ row }) => row)), new Set(Object.keys(EXPECTED)))
  for (const { row, of, statuses } of figures) {
    const expected = EXPECTED[row] ?? ''
    const others = Object.keys(statuses).filter((status) => status !== expected)
    t.deepEqual(
      others.filter((status) => status !== UNKNOWN),
      [],
      row,
    )
    t.true((statuses[expected] ?? 0) > 0, row)
    t.true((of['perSecond']?.median ?? 0) > 0, row)
    t.true((of['envoyCpuUs']?.median ?? 0) > 0, row)
    const hasService = !['floor', 'jwt', 'jwt-cached'].includes(row)
    t.is((of['serviceCpuUs']?.median ?? 0) > 0, hasService, row)
    t.is((of['serviceMb']?.median ?? 0) > 0, hasService, row)
  }
  t.is(results[0].verdicts.length, 6, 'what needs other loads has no verdict')
})

runsHere('tokens of the other algorithm are measured the same way', async (t) => {
  const args = ['--algorithm', 'RS256', '--connections', '', '--rates', '100', '--only', 'jwt,new']
  const { results } = await run('main.ts', [...QUICK, ...args])
  for (const { row, statuses } of results[0].figures as Figures[]) {
    t.true((statuses['200'] ?? 0) > 0, row)
  }
})

runsHere('revocations are timed, and the store is killed, without a wrong yes', async (t) => {
  const args = ['--trials', '3', '--outages', '1', '--rate', '100', '--json']
  const { trials, outages } = await run('revocation/main.ts', args)
  for (const name of ['ours', 'textbook']) {
    t.is(trials[name].trials, 3, name)
    t.is(trials[name].wrong, 0, name)
  }
  t.is(outages.revokedLetThrough, 0)
  t.is(outages.goodTokensRefused, 0)
  t.is(outages.forgotten, 0)
  t.true(Number.isFinite(outages.recoveredInMax ?? Number.POSITIVE_INFINITY))
})
