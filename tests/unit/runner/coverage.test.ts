import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { belowFloors, type Floors, readFloors } from '../../coverage/floors.ts'
import { ProcessCoverage } from '../../coverage/processes.ts'
import { writeReport } from '../../coverage/report.ts'
import { measuredFiles, ROOMS, type Room, type Shares, sumByRoom } from '../../coverage/rooms.ts'
import { neverRun } from '../../coverage/table.ts'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'covered-')))
test.after.always(() => rmSync(folder, { recursive: true }))

/** A repository with a room, a file that nobody loads, and a test. */
function makeRoot(name: string): { readonly root: string; readonly written: string } {
  const root = join(folder, name)
  const written = join(root, 'written')
  for (const one of ['cli', 'tests', 'written']) mkdirSync(join(root, one), { recursive: true })
  const files = {
    'package.json': '{ "type": "module" }',
    'cli/main.ts': `import { spawn } from 'node:child_process'
import { choose } from './choose.ts'
choose(process.argv[2] ?? '')
if (process.argv[2] === 'waits') setInterval(() => {}, 1000)
process.on('SIGTERM', () => process.exit())
// A list of what it may know, as rooms get one.
if (process.argv[2] === 'parent') spawn(process.execPath, [import.meta.filename, 'b'], { env: { A: 'b' } })
console.log('ready')
`,
    'cli/choose.ts': `export function choose(name: string): number {
  if (name === 'a') {
    return 1
  }
  if (name === 'b') {
    return 2
  }
  return 3
}

export function never(): void {}
`,
    'cli/unloaded.ts': 'export function unloaded(): number {\n  return 1\n}\n',
    'tests/main.ts': "import '../cli/main.ts'\n",
  }
  for (const [path, text] of Object.entries(files)) writeFileSync(join(root, path), text)
  return { root, written }
}

async function run(
  file: string,
  args: readonly string[],
  written: string,
  signal?: NodeJS.Signals,
): Promise<void> {
  const child = spawn(process.execPath, [file, ...args], {
    env: { NODE_V8_COVERAGE: written },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'close')
  await once(child.stdout, 'data')
  if (signal !== undefined) child.kill(signal)
  await ended
}

const isRoom = (path: string): boolean => path.startsWith('cli/')
const FILES = ['cli/choose.ts', 'cli/main.ts', 'cli/unloaded.ts']

test('what several processes ran is one report, and what none loaded counts as not run', async (t) => {
  const { root, written } = makeRoot('merged')
  const main = join(root, 'cli/main.ts')
  await run(main, ['a'], written)
  await run(main, ['parent'], written)
  const coverage = new ProcessCoverage(written, root, isRoom)
  coverage.sweep(Number.POSITIVE_INFINITY)
  t.deepEqual(coverage.counts, { counted: 3, others: 0, broken: 0 }, 'also of a child with its own')
  t.deepEqual(readdirSync(written), [])
  const pages = { folder: join(root, 'pages'), root }
  const shares = await writeReport(FILES, coverage.merged(), pages)
  const choose = shares.get('cli/choose.ts')
  // One with "a", its parent with neither, the child with "b".
  t.deepEqual([choose?.functions.covered, choose?.functions.total], [1, 2])
  t.is(choose?.branches.covered, choose?.branches.total)
  t.is(shares.get('cli/unloaded.ts')?.lines.covered, 0)
  t.deepEqual(neverRun(shares), ['cli/unloaded.ts'])
  t.true(readdirSync(pages.folder).includes('index.html'))
})

test('a branch that was not taken, and a line that was not run, are missing', async (t) => {
  const { root, written } = makeRoot('missing')
  await run(join(root, 'cli/main.ts'), ['a'], written)
  const coverage = new ProcessCoverage(written, root, isRoom)
  coverage.sweep(Number.POSITIVE_INFINITY)
  const pages = { folder: join(root, 'pages'), root }
  const choose = (await writeReport(FILES, coverage.merged(), pages)).get('cli/choose.ts')
  t.true((choose?.branches.covered ?? 0) < (choose?.branches.total ?? 0))
  t.true((choose?.lines.covered ?? 0) < (choose?.lines.total ?? 0))
})

test('a process that was told to end has written; one that was killed, and one of a test, do not count', async (t) => {
  const { root, written } = makeRoot('ended')
  const main = join(root, 'cli/main.ts')
  await run(main, ['waits'], written, 'SIGTERM')
  await run(main, ['waits'], written, 'SIGKILL')
  await run(join(root, 'tests/main.ts'), ['a'], written)
  writeFileSync(join(written, 'coverage-1-1-0.json'), '{"result":[{"scri')
  const coverage = new ProcessCoverage(written, root, isRoom)
  coverage.sweep(0)
  t.is(readdirSync(written).length, 3, 'what may still be written is left alone')
  coverage.sweep(Number.POSITIVE_INFINITY)
  t.deepEqual(coverage.counts, { counted: 1, others: 1, broken: 1 })
})

function roomsWith(room: Room, branches: number): ReadonlyMap<Room, Shares> {
  const whole = { covered: 100, total: 100 }
  const shares = { lines: whole, branches: whole, functions: whole }
  const files = ROOMS.map((name): [string, Shares] => {
    const own = name === room ? { ...shares, branches: { covered: branches, total: 100 } } : shares
    return [`${name}/main.ts`, own]
  })
  return sumByRoom(new Map(files))
}

test('a room below its floor is named, one at it is not', (t) => {
  const floor = { lines: 90, branches: 80, functions: 90 }
  const floors = Object.fromEntries(ROOMS.map((room) => [room, floor])) as Floors
  t.deepEqual(belowFloors(roomsWith('certs', 80), floors), [])
  t.deepEqual(belowFloors(roomsWith('certs', 79), floors), [
    'certs: branches 79.0 %, the floor is 80 %',
  ])
  t.deepEqual(belowFloors(new Map(), floors).length, ROOMS.length, 'what was not measured is none')
})

test('each room has files, and a floor that means something', (t) => {
  const files = measuredFiles()
  const floors = readFloors()
  for (const room of ROOMS) {
    t.true(
      files.some((file) => file.startsWith(`${room}/`)),
      room,
    )
    for (const floor of Object.values(floors[room])) t.true(floor > 0 && floor < 100, room)
  }
})
