/** `gateway backup nightly` beside a gateway that has yet to start. */

import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { redisRevocations } from '../../../lib/store/revocations.ts'
import { startValkey } from '../../support/valkey.ts'

const MAIN = join(import.meta.dirname, '../../../cli/main.ts')

test('a store with nothing in it yet is no failure: the first backup is made once there is something', async (t) => {
  t.timeout(60_000)
  const folder = mkdtempSync(join(tmpdir(), 'nightly-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const valkey = await startValkey()
  t.teardown(() => valkey.stop())
  const passphraseFile = join(folder, 'passphrase')
  writeFileSync(passphraseFile, 'a passphrase that closes the backups', { mode: 0o600 })
  const backups = join(folder, 'backups')
  const nightly = spawn(process.execPath, [MAIN, 'backup', 'nightly'], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      GATEWAY_SECRET: randomBytes(32).toString('base64url'),
      REDIS_URL: valkey.url,
      BACKUP_FOLDER: backups,
      BACKUP_PASSPHRASE_FILE: passphraseFile,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const gone = new Promise((resolve) => nightly.once('exit', resolve))
  t.teardown(async () => {
    nightly.kill('SIGTERM')
    await gone
  })
  let said = ''
  nightly.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const untilSaid = async (words: string): Promise<void> => {
    while (!said.includes(words)) await sleep(20)
  }

  await untilSaid('nothing to back up yet')
  t.notRegex(said, /"level":"error"/)
  await redisRevocations(await valkey.connect()).ensureEpoch()
  await untilSaid('backup made')
  await untilSaid('waiting for the night')
  t.is(readdirSync(backups).filter((name) => name.endsWith('.backup')).length, 1)
  t.false(readdirSync(backups).includes('.failed'))
})
