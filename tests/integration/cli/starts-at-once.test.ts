/** One gateway for each state directory, also when several begin at one moment, or one has lost its socket. */

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { readRun } from '../../../cli/instance/run-file.ts'
import { SOCKET_NAMES } from '../../../lib/platform/unix-socket.ts'
import { makePlace, until } from '../../support/gateway-process.ts'

const ROUNDS = 4
const AT_ONCE = 6

// Only /proc tells whose a process is.
const onLinux = process.platform === 'linux' ? test.serial : test.serial.skip

test.serial('of many starts at once one serves, and can be asked and stopped', async (t) => {
  t.timeout(150_000)
  const place = await makePlace(t)
  const ready = `ready http://localhost:${place.port}`
  for (let round = 0; round < ROUNDS; round += 1) {
    const starts = Array.from({ length: AT_ONCE }, () => place.gateway(['start']))
    const served = await Promise.allSettled(starts.map((start) => start.line(ready, 60_000)))
    const [winner, ...more] = starts.filter((_, index) => served[index]?.status === 'fulfilled')
    t.deepEqual(more, [])
    const { pid } = winner?.child ?? {}
    for (const loser of starts.filter((start) => start !== winner)) {
      const { exitCode, stderr } = await loser.ended
      t.is(exitCode, 1)
      t.regex(stderr, new RegExp(`runs with the state directory .* \\(process ${pid}\\)`))
    }
    const status = await place.gateway(['status', '--json']).ended
    t.is(status.exitCode, 0, status.stderr)
    t.is(JSON.parse(status.stdout).pid, pid)
    t.is((await place.gateway(['stop']).ended).exitCode, 0)
    t.is((await winner?.ended)?.exitCode, 0)
    await until(() => place.remaining().length === 0, 5000)
  }
})

onLinux('one that lost its socket is named by another start, and goes on', async (t) => {
  const place = await makePlace(t)
  const gateway = place.gateway(['start'])
  await gateway.line(`ready http://localhost:${place.port}`)
  await until(() => place.remaining().length === 10, 10_000)
  const before = place.remaining()
  rmSync(join(readRun(place.state)?.sockets ?? '', SOCKET_NAMES.control))
  const refusal = new RegExp(
    `runs .*\\(process ${gateway.child.pid}\\), and does not answer\\.\n→ kill ${gateway.child.pid}`,
  )
  for (const lost of ['the socket', 'the lock as well']) {
    if (lost === 'the lock as well') rmSync(join(place.state, 'lock'), { force: true })
    const { exitCode, stderr } = await place.gateway(['start']).ended
    t.is(exitCode, 1, lost)
    t.regex(stderr, refusal, lost)
  }
  t.deepEqual(place.remaining(), before)
  gateway.child.kill('SIGTERM')
  t.is((await gateway.ended).exitCode, 0)
})
