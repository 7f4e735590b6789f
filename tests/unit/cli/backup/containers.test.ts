/** Beside containers nothing is backed up that is another gateway's. */

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { requireNoContainers } from '../../../../cli/backup/containers.ts'
import { CliError } from '../../../../cli/cli-error.ts'
import type { Context } from '../../../../cli/context.ts'

test('a gateway in containers is told from the one of the state directory', async (t) => {
  const place = mkdtempSync(join(tmpdir(), 'containers-'))
  t.teardown(() => rmSync(place, { recursive: true, force: true }))
  const answer = (state: string): void => {
    const ps = JSON.stringify({ Service: 'envoy', State: state })
    writeFileSync(join(place, 'docker'), `#!/bin/sh\ncase "$*" in *ps*) echo '${ps}';; esac\n`)
    chmodSync(join(place, 'docker'), 0o755)
  }
  const look = (more = {}): Promise<void> =>
    requireNoContainers({
      environment: { PATH: `${place}:/usr/bin:/bin`, ...more },
      workingDirectory: place,
    } as unknown as Context)
  answer('running')
  await t.notThrowsAsync(look(), 'a folder without a compose.yaml')
  writeFileSync(join(place, 'compose.yaml'), '')
  const refused = await t.throwsAsync(look(), { instanceOf: CliError, message: /in containers/ })
  t.regex(refused.nextStep ?? '', /BACKUP_NIGHTLY=true/)
  await t.throwsAsync(look({ REDIS_URL: 'redis://elsewhere' }), { message: /in containers/ })
  await t.notThrowsAsync(look({ GATEWAY_ENVIRONMENT_COMPLETE: 'true' }), 'one of them itself')
  answer('exited')
  await t.throwsAsync(look(), { instanceOf: CliError, message: /they are stopped/ })
  mkdirSync(join(place, '.gateway'))
  await t.notThrowsAsync(look(), 'both were here')
})
