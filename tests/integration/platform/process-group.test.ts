/** Children of a process that is frozen, or gone: the watchdog of real process groups, in plain sh. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { createProcessGroups } from '../../../lib/platform/process-group.ts'
import type { SpawnError } from '../../../lib/platform/spawn-error.ts'

const PARENT = new URL('../../fixtures/holds-children.ts', import.meta.url).pathname

interface Parent {
  readonly process: ChildProcess
  /** That others may take over. */
  readonly children: readonly number[]
  /** That ends with it alone. */
  readonly own: number
}

/** `renewals`: how often it says again that its children may live on. */
async function startParent(t: ExecutionContext, withinMs: number, renewals = 0): Promise<Parent> {
  const parent = spawn(process.execPath, [PARENT, String(withinMs), String(renewals)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => void parent.kill('SIGKILL'))
  for await (const line of createInterface(parent.stdout)) {
    const all = JSON.parse(line) as number[]
    return { process: parent, children: all.slice(0, -1), own: all.at(-1) ?? 0 }
  }
  throw new Error('the parent says nothing')
}

/** What has ended and waits for a frozen parent to look is not alive. */
function isAlive(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
  return stdout.trim() !== '' && !stdout.startsWith('Z')
}

/** When the last of them is gone, in milliseconds; undefined after ten seconds. */
async function untilGone(pids: readonly number[]): Promise<number | undefined> {
  const start = performance.now()
  while (performance.now() - start < 10_000) {
    if (!pids.some(isAlive)) return performance.now() - start
    await sleep(50)
  }
  return undefined
}

test('a frozen process loses its children in time, also those that ignore what they are told', async (t) => {
  const { process: parent, children, own } = await startParent(t, 1500, 0)
  parent.kill('SIGSTOP')
  t.is(children.filter(isAlive).length, 3)
  t.not(await untilGone(children), undefined)
  t.true(isAlive(own), 'nobody else may take that one over')
  parent.kill('SIGKILL')
  t.not(await untilGone([own]), undefined)
})

test('what is renewed lives on; then it ends', async (t) => {
  const { process: parent, children } = await startParent(t, 1500, 5)
  await sleep(3000)
  t.is(children.filter(isAlive).length, 3, 'renewed each half second')
  parent.kill('SIGSTOP')
  t.not(await untilGone(children), undefined)
})

test('what was taken back does not end anything', async (t) => {
  const { process: parent, children } = await startParent(t, 500, -1)
  parent.kill('SIGSTOP')
  await sleep(1500)
  t.is(children.filter(isAlive).length, 3)
  parent.kill('SIGKILL')
  t.not(await untilGone(children), undefined, 'they end with their parent')
})

const TIDIES = `trap 'sleep 1; echo tidy > "$1"; exit' TERM; while :; do sleep 0.05; done`

test('who is behind a wrapper that ends at once has the time that it was given, unless nobody asked', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'behind-'))
  const groups = createProcessGroups({ name: 'IS_BEHIND', value: folder }, 1)
  t.teardown(async () => {
    await groups.stopAll({ inputEndMs: 0, terminateMs: 0 })
    rmSync(folder, { recursive: true })
  })
  const program = join(folder, 'program')
  writeFileSync(program, TIDIES)
  const env = { PATH: process.env['PATH'] ?? '' }
  const begin = async (file: string) => {
    const args = ['-c', 'sh "$0" "$1"; true', program, join(folder, file)]
    const group = groups.launch({ command: '/bin/sh', args, env, stdio: 'ignore' })
    await sleep(500)
    return group
  }
  await (await begin('asked')).stop({ inputEndMs: 0, terminateMs: 10_000 })
  t.is(readFileSync(join(folder, 'asked'), 'utf8'), 'tidy\n')
  const short = await begin('short')
  await short.stop({ inputEndMs: 0, terminateMs: 50 })
  const killed = await begin('killed')
  killed.child.kill('SIGKILL')
  await killed.emptied
  await sleep(1500)
  t.deepEqual(readdirSync(folder).sort(), ['asked', 'program'])
})

const SECRETS = { args: ['--key', 'SECRET'], env: { KEY: 'SECRET' }, stdio: 'ignore' } as const

test('a program that is not there is named with the reason, and nothing that it was to be given', async (t) => {
  const groups = createProcessGroups({ name: 'IS_NOT_THERE', value: '1' }, 1)
  t.teardown(() => groups.stopAll({ inputEndMs: 0, terminateMs: 0 }))
  const { spawnError } = await groups.launch({ ...SECRETS, command: '/no/such' }).ended
  t.like(spawnError, { message: 'spawn /no/such ENOENT', code: 'ENOENT' } as object)
  t.notRegex(inspect(spawnError, { showHidden: true, depth: 9 }), /SECRET/)
  const unnamed = { ...SECRETS, command: '/no/SECRET', calledInErrors: 'the last one' }
  const ending = await groups.launch(unnamed).ended
  t.is(ending.spawnError?.message, 'spawn the last one ENOENT')
  t.notRegex(inspect(ending, { showHidden: true, depth: 9 }), /SECRET/)
})

test('so is one that is given what no program can have', async (t) => {
  const groups = createProcessGroups({ name: 'IS_NOT_GIVEN', value: '1' }, 1)
  t.teardown(() => groups.stopAll({ inputEndMs: 0, terminateMs: 0 }))
  for (const texts of [{ args: ['SECRET\0'] }, { env: { KEY: 'SECRET\0' } }]) {
    const launch = () => groups.launch({ ...SECRETS, ...texts, command: '/bin/true' })
    const error = t.throws(launch) as SpawnError
    t.is(error.message, 'spawn /bin/true ERR_INVALID_ARG_VALUE')
    t.notRegex(inspect(error, { showHidden: true, depth: 9 }), /SECRET/)
  }
})
