/** A gateway that runs and does not answer is left alone by a backup, and so is what one has left. */

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { requireNoSilentGateway } from '../../../../cli/backup/silent-gateway.ts'
import { CliError } from '../../../../cli/cli-error.ts'
import { instanceOf, MARKER_NAME } from '../../../../cli/instance/leftovers.ts'
import { writeRun } from '../../../../cli/instance/run-file.ts'

// Only /proc tells whose a process is.
const onLinux = process.platform === 'linux' ? test : test.skip

onLinux('one that does not answer is named, and nothing of it is ended', async (t) => {
  const place = mkdtempSync(join(tmpdir(), 'silent-'))
  const part = spawn('sleep', ['60'], {
    env: { PATH: process.env['PATH'], [MARKER_NAME]: `${instanceOf(place)}.part` },
    stdio: 'ignore',
  })
  t.teardown(() => {
    part.kill('SIGKILL')
    rmSync(place, { recursive: true, force: true })
  })
  const context = { environment: { GATEWAY_STATE_DIR: place }, workingDirectory: place }
  writeRun(place, { pid: process.pid, sockets: place, id: 'one' })
  await t.throwsAsync(requireNoSilentGateway(context), {
    instanceOf: CliError,
    message: /process \d+\) does not answer/,
  })
  t.is(part.exitCode, null)
  t.is(part.signalCode, null)
  const gone = new Promise((resolve) => part.once('exit', resolve))
  part.kill('SIGKILL')
  await gone
  await t.notThrowsAsync(requireNoSilentGateway(context), 'the number is of another program now')
})
