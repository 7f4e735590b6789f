/** A restart that is asked for, and an end that comes while it is judged whether another start would be refused. */

import { readdirSync, readFileSync } from 'node:fs'
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
