/** A passphrase closes a backup and opens it again; another one does not, and a short one closes nothing. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import test from 'ava'
import { readHeading, toAbout } from '../../../../cli/backup/about.ts'
import type { Content } from '../../../../cli/backup/entries.ts'
import { readBackup, writeBackup } from '../../../../cli/backup/file.ts'
import { closeWith, openWith } from '../../../../cli/backup/locks.ts'
import { CliError } from '../../../../cli/cli-error.ts'
import type { Context } from '../../../../cli/context.ts'

const folder = mkdtempSync(join(tmpdir(), 'locks-'))
test.after.always(() => rmSync(folder, { recursive: true, force: true }))

const knowing = (environment: Record<string, string>) => ({ environment }) as unknown as Context
const PASSPHRASE = 'eleven and 1'

async function* contents(): AsyncGenerator<Content> {
  yield { type: 'epoch', id: 'e', number: 1 }
}

test('a passphrase opens what it has closed, from a file too; another does not', async (t) => {
  const lock = await closeWith(knowing({ BACKUP_PASSPHRASE: PASSPHRASE }), {})
  const about = toAbout({
    ...{ made_at: '2026-11-29T03:15:00.000Z', gateway: '1.2.3', issuer: 'https://a' },
    ...{ services: [], configuration: false, opened_by: lock.openedBy },
  })
  t.is(about.opened_by, 'passphrase')
  const path = join(folder, 'closed.backup')
  await writeBackup(path, about, contents(), lock)
  const passphraseFile = join(folder, 'passphrase')
  writeFileSync(passphraseFile, `${PASSPHRASE}\n`)
  const named = await closeWith(knowing({ BACKUP_RECIPIENT: 'age1other' }), { passphraseFile })
  t.is(named.openedBy, 'passphrase', 'what is named is meant')
  const heading = await readHeading(path)
  const right = await openWith(knowing({}), about, { passphraseFile })
  t.deepEqual(await Array.fromAsync(readBackup(path, heading, right)), [
    { type: 'epoch', id: 'e', number: 1 },
  ])
  const wrong = await openWith(knowing({ BACKUP_PASSPHRASE: `${PASSPHRASE}2` }), about, {})
  await t.throwsAsync(Array.fromAsync(readBackup(path, heading, wrong)), {
    instanceOf: CliError,
    message: /another passphrase/,
  })
})

test('one of eleven characters is refused', async (t) => {
  await t.throwsAsync(closeWith(knowing({ BACKUP_PASSPHRASE: 'eleven long' }), {}), {
    instanceOf: CliError,
    message: /at least 12 characters/,
  })
})

test('the passphrase whose file is typed counts beside a variable with a key; two typed ways are one too many', async (t) => {
  const passphraseFile = join(folder, 'typed')
  writeFileSync(passphraseFile, `${PASSPHRASE}\n`)
  const recipient = await identityToRecipient(await generateIdentity())
  const context = knowing({ BACKUP_RECIPIENT: recipient })
  t.is((await closeWith(context, {})).openedBy, 'key')
  t.is((await closeWith(context, { passphraseFile })).openedBy, 'passphrase')
  await t.throwsAsync(closeWith(context, { passphraseFile, recipient: [recipient] }), {
    instanceOf: CliError,
    message: /not both/,
  })
})
