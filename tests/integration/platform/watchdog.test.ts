/** The watchdog of process groups where its account may have no further process; only root can try that. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import { needsRoot } from '../../support/needs.ts'

const SCRIPT = new URL('../../../lib/platform/watchdog.sh', import.meta.url).pathname
const LENT = 'IS_LENT=1'

function sleeper(t: ExecutionContext, uid: number, ignored = ''): ChildProcess {
  const args = ['-c', `trap '' ${ignored || 'HUP'}; exec sleep 60`]
  const child = spawn('/bin/sh', args, { uid, gid: uid, detached: true, stdio: 'ignore', env: {} })
  t.teardown(() => void child.kill('SIGKILL'))
  return child
}

/** @param processes that the account may have, this one among them. */
function startWatchdog(t: ExecutionContext, uid: number, processes: number): ChildProcess {
  const folder = mkdtempSync(join(tmpdir(), 'watchdog-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  chmodSync(folder, 0o755)
  const script = join(folder, 'watchdog.sh')
  copyFileSync(SCRIPT, script)
  chmodSync(script, 0o644)
  const account = ['--reuid', String(uid), '--regid', String(uid), '--clear-groups', '--']
  const bounds = ['prlimit', `--nproc=${processes}:${processes}`]
  const args = [...account, ...bounds, '/bin/sh', script, '1', 'IS_WATCHED=1']
  const watchdog = spawn('setpriv', args, { stdio: ['pipe', 'ignore', 'ignore'] })
  watchdog.stdin.on('error', () => {})
  t.teardown(() => void watchdog.kill('SIGKILL'))
  return watchdog
}

async function hasEnded(child: ChildProcess, withinMs = 5000): Promise<boolean> {
  if (child.exitCode !== null || child.signalCode !== null) return true
  return await Promise.race([once(child, 'exit').then(() => true), sleep(withinMs, false)])
}

const namesOf = (child: ChildProcess): string =>
  readFileSync(`/proc/${child.pid}/cmdline`, 'latin1').replaceAll('\0', ' ')

needsRoot('without a process to wait with it ends what it holds nevertheless', async (t) => {
  const uid = 27_210
  const stubborn = sleeper(t, uid, 'TERM')
  const watchdog = startWatchdog(t, uid, 2)
  watchdog.stdin?.write(`+${stubborn.pid}\n`)
  await sleep(300)
  watchdog.stdin?.end()
  t.true(await hasEnded(stubborn))
  t.is(stubborn.signalCode, 'SIGKILL')
})

needsRoot('it outlives a time without processes, and holds what it held', async (t) => {
  const uid = 27_211
  const others = [sleeper(t, uid), sleeper(t, uid)]
  const lent = sleeper(t, uid)
  const own = sleeper(t, uid)
  const watchdog = startWatchdog(t, uid, 5)
  watchdog.stdin?.write(`+${own.pid}\n+${lent.pid} ${LENT}\n`)
  await sleep(300)
  watchdog.stdin?.write('=0.300 2\n')
  // It has begun again, with what it held.
  for (let looks = 0; looks < 100 && !namesOf(watchdog).includes(LENT); looks += 1) await sleep(20)
  t.regex(namesOf(watchdog), new RegExp(`${own.pid} ${lent.pid}.*${LENT}`))
  for (const other of others) other.kill('SIGKILL')
  t.true((await Promise.all(others.map((other) => hasEnded(other)))).every(Boolean))
  t.false(await hasEnded(lent, 1000), 'what was told then is not due')
  watchdog.stdin?.write('=0.300 2\n')
  t.true(await hasEnded(lent))
  t.false(await hasEnded(own, 100))
  watchdog.stdin?.end()
  t.true(await hasEnded(own))
})
