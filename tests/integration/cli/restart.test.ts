/** A restart that is asked for, and an end that comes while it is judged whether another start would be refused. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { makePlace, until } from '../../support/gateway-process.ts'

// Only /proc tells which process judges.
const onLinux = process.platform === 'linux' ? test.serial : test.serial.skip

/** Process that checks the configuration in the place of this one. */
function judgeOf(pid: number | undefined): number | undefined {
  const found = readdirSync('/proc').find((name) => {
    try {
      const isChild = new RegExp(`^PPid:\\s*${pid}$`, 'm').test(read(name, 'status'))
      return isChild && read(name, 'cmdline').includes('config\0check')
    } catch {
      // No process, or none any more.
      return false
    }
  })
  return found === undefined ? undefined : Number(found)
}

function read(pid: string, name: string): string {
  return readFileSync(`/proc/${pid}/${name}`, 'utf8')
}

onLinux(
  'a restart that an end has overtaken is refused in words, and leaves nothing',
  async (t) => {
    const place = await makePlace(t)
    const gateway = place.gateway(['start'])
    await gateway.line(`ready http://localhost:${place.port}`)
    const restart = place.gateway(['restart'])
    await until(() => judgeOf(gateway.child.pid) !== undefined, 10_000)
    const judge = judgeOf(gateway.child.pid) ?? 0
    // It has not said anything yet, however fast this machine is.
    process.kill(judge, 'SIGSTOP')
    gateway.child.kill('SIGTERM')
    const { exitCode, stderr } = await restart.ended
    t.is(exitCode, 1)
    t.regex(stderr, /The gateway is ending, or starting anew, already\.\n→ gateway status/)
    t.notRegex(stderr, /Error:/)
    t.is((await gateway.ended).exitCode, 0)
    t.throws(() => process.kill(judge, 0), { code: 'ESRCH' })
  },
)

test.serial('a restart into the state directory of another gateway is refused', async (t) => {
  const [place, other] = await Promise.all([makePlace(t), makePlace(t)])
  // What the shell sets would overrule .env.
  const ownState = { GATEWAY_STATE_DIR: undefined }
  const gateway = place.gateway(['start'], ownState)
  const another = other.gateway(['start'])
  await gateway.line(`ready http://localhost:${place.port}`)
  await another.line(`ready http://localhost:${other.port}`)
  const socketOf = { GATEWAY_STATE_DIR: join(place.folder, '.gateway') }
  writeFileSync(join(place.folder, '.env'), `GATEWAY_STATE_DIR=${other.state}\n`)
  const { exitCode, stderr } = await place.gateway(['restart'], socketOf).ended
  t.is(exitCode, 1)
  t.regex(
    stderr,
    new RegExp(
      `Another gateway runs with .* \\(process ${another.child.pid}\\).*GATEWAY_STATE_DIR`,
    ),
  )
  writeFileSync(join(place.folder, '.env'), '')
  t.is((await place.gateway(['restart'], socketOf).ended).exitCode, 0)
  t.is((await place.gateway(['stop'], socketOf).ended).exitCode, 0)
  t.is((await gateway.ended).exitCode, 0)
})
