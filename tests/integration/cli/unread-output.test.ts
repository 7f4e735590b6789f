/** A gateway whose output nobody reads any more: it serves, it can be asked, restarted and stopped. */

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import test, { type ExecutionContext } from 'ava'
import { makePlace, type Place, until } from '../../support/gateway-process.ts'
import { needsInTurn } from '../../support/needs.ts'
import { toolPath } from '../../support/tool-path.ts'

/** More lines of the access log than a terminal, or a pipe, and the one behind it hold. */
const REQUESTS = 3000
const AT_ONCE = 20

/** Runs its arguments on a terminal, tells what is printed until they are ready, and reads nothing from then on. */
const ON_A_TERMINAL = `
import os, pty, sys
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
told = b''
while b'ready http' not in told:
    told += os.read(terminal, 4096)
print('ready', flush=True)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
`

type Started = ChildProcessByStdio<null, Readable, null>

function start(t: ExecutionContext, place: Place, around: readonly string[]): Started {
  const [command = '', ...args] = [...around, process.execPath, place.program, 'start']
  const child = spawn(command, args, {
    cwd: place.folder,
    env: place.env,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  return child
}

async function untilReady({ stdout }: Started): Promise<void> {
  let told = ''
  const take = (chunk: Buffer): void => {
    told += String(chunk)
  }
  stdout.on('data', take)
  await until(() => told.includes('ready'), 30_000)
  stdout.off('data', take).pause()
}

async function fillLog({ port }: Place): Promise<void> {
  const ask = async (): Promise<void> => {
    for (let count = 0; count < REQUESTS / AT_ONCE; count += 1) {
      await (await fetch(`http://localhost:${port}/healthz`)).text()
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, ask))
}

async function serves(t: ExecutionContext, around: readonly string[]): Promise<void> {
  t.timeout(120_000)
  const place = await makePlace(t)
  const started = start(t, place, around)
  const ended = once(started, 'exit')
  await untilReady(started)
  await fillLog(place)
  const status = await place.gateway(['status']).ended
  t.is(status.exitCode, 0, status.stderr)
  const restarted = await place.gateway(['restart']).ended
  t.is(restarted.exitCode, 0, restarted.stderr)
  await fillLog(place)
  const stopped = await place.gateway(['stop']).ended
  t.is(stopped.exitCode, 0, stopped.stderr)
  t.deepEqual(await ended, [0, null])
  t.deepEqual(place.remaining(), [])
}

needsInTurn('python')('a terminal that is paused holds nothing up', (t) =>
  serves(t, [toolPath('python') ?? '', '-c', ON_A_TERMINAL]),
)

test.serial('a pipe that nobody reads holds nothing up', (t) => serves(t, []))
