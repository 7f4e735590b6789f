import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { explainFailure, findMissing, prepare, Refusal, underLock } from '../../../cli/prepare.mjs'

const LOCK = {
  '': { version: '1.0.0' },
  'node_modules/a': { version: '1.0.0' },
  'node_modules/tool': { version: '2.0.0', dev: true },
  'node_modules/other-platform': { version: '3.0.0', optional: true },
}
const INSTALLED = { 'node_modules/a': '1.0.0', 'node_modules/tool': '2.0.0' }

/** A project with these packages installed; `hidden` is what npm noted of them. */
function project(
  t: ExecutionContext,
  installed: Record<string, string>,
  hidden = installed,
): string {
  const root = mkdtempSync(join(tmpdir(), 'prepare-'))
  t.teardown(() => rmSync(root, { recursive: true }))
  const write = (path: string, content: unknown): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), JSON.stringify(content))
  }
  write('package-lock.json', { packages: LOCK })
  for (const [path, version] of Object.entries(installed))
    write(`${path}/package.json`, { version })
  const packages = Object.entries(hidden).map(([path, version]) => [path, { version }])
  write('node_modules/.package-lock.json', { packages: Object.fromEntries(packages) })
  return root
}

const BOTH = { development: true }

test('nothing is missing when all is there; other platforms’ builds do not count', (t) => {
  t.is(findMissing(project(t, INSTALLED), BOTH), undefined)
})

test('another version than in the lock is missing', (t) => {
  const root = project(t, { ...INSTALLED, 'node_modules/a': '0.9.0' })
  t.is(findMissing(root, BOTH), 'node_modules/a is not 1.0.0')
})

test('a package that is noted but gone is missing', (t) => {
  const root = project(t, { 'node_modules/tool': '2.0.0' }, INSTALLED)
  t.is(findMissing(root, BOTH), 'node_modules/a is absent')
})

test('tools for developing are missing only to those who develop', (t) => {
  const root = project(t, { 'node_modules/a': '1.0.0' })
  t.is(findMissing(root, BOTH), 'node_modules/tool is not 2.0.0')
  t.is(findMissing(root, { development: false }), undefined)
})

test('an install that was interrupted is not complete', (t) => {
  const root = project(t, INSTALLED)
  writeFileSync(join(root, 'node_modules/.package-lock.json'), '{"packages": {"node_mod')
  t.is(findMissing(root, BOTH), 'node_modules is not complete')
  rmSync(join(root, 'node_modules'), { recursive: true })
  t.is(findMissing(root, BOTH), 'node_modules is absent')
})

test('a folder without a lock is refused', (t) => {
  const root = project(t, INSTALLED)
  rmSync(join(root, 'package-lock.json'))
  t.throws(() => findMissing(root, BOTH), { message: /no package-lock\.json/ })
})

test('of two at once the second waits for the first', async (t) => {
  const path = join(project(t, {}), 'lock')
  const order: string[] = []
  const release = Promise.withResolvers<void>()
  const first = underLock(
    path,
    () => t.fail(),
    async () => {
      // As another living process would hold it.
      writeFileSync(path, String(process.ppid))
      await release.promise
      order.push('first')
    },
  )
  const second = underLock(
    path,
    () => order.push('waiting'),
    async () => order.push('second'),
  )
  await sleep(50)
  release.resolve()
  await Promise.all([first, second])
  t.deepEqual(order, ['waiting', 'first', 'second'])
  t.false(existsSync(path))
})

test('a lock whose holder is dead does not hold', async (t) => {
  const path = join(project(t, {}), 'lock')
  // Above the largest id Linux and macOS give.
  writeFileSync(path, '99999999')
  await underLock(
    path,
    () => {},
    async () => t.is(readFileSync(path, 'utf8'), String(process.pid)),
  )
})

test('an empty lock holds for a moment only', async (t) => {
  const path = join(project(t, {}), 'lock')
  writeFileSync(path, '')
  let waited = false
  const began = Date.now()
  const waiting = (): void => {
    waited = true
    const longAgo = new Date(Date.now() - 10_000)
    utimesSync(path, longAgo, longAgo)
  }
  await underLock(path, waiting, async () => t.is(readFileSync(path, 'utf8'), String(process.pid)))
  t.true(waited)
  t.true(Date.now() - began < 5000)
})

test('an empty lock of days to come holds nobody up: after a power cut the clock may be behind', async (t) => {
  const path = join(project(t, {}), 'lock')
  writeFileSync(path, '')
  const ahead = new Date(Date.now() + 86_400_000)
  utimesSync(path, ahead, ahead)
  const ended = new AbortController()
  const waiting = (): void => ended.abort(new Error('it waits'))
  await t.notThrowsAsync(underLock(path, waiting, async () => {}, ended.signal))
})

const withFullDisk = existsSync('/dev/full') ? test : test.skip

withFullDisk('a full disk is told in a sentence, and leaves no lock', async (t) => {
  const root = project(t, {})
  const lock = join(root, 'node_modules/.prepare.lock')
  symlinkSync('/dev/full', `${lock}.${process.pid}`)
  const told = await t.throwsAsync(prepare(root, BOTH), { instanceOf: Refusal })
  t.regex(told.message, /^The disk that holds \S+ is full: make room, then again\.$/)
  t.deepEqual(readdirSync(join(root, 'node_modules')), ['.package-lock.json'])
})

for (const [errors, sentence] of [
  ['npm error code EACCES\nnpm error syscall mkdir', /not writable for this account/],
  ['npm error code ENOTFOUND', /cannot reach its registry/],
  ['npm error code ENOSPC', /full/],
] as const) {
  test(`one sentence for: ${errors.split('\n')[0]}`, (t) => {
    const told = explainFailure('/project', errors)
    t.regex(told, sentence)
    t.is(told.split('\n').length, 1)
  })
}

test('any other failure shows what npm called an error, without its warnings', (t) => {
  const told = explainFailure('/p', 'npm warn Unknown user config\nnpm error code EBADENGINE\n')
  t.true(told.includes('EBADENGINE'))
  t.false(told.includes('Unknown user config'))
})
