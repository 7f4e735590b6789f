/** Nightly backups on a machine whose clock was ahead, and was put back. */

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { toAbout } from '../../../../cli/backup/about.ts'
import { removeOld } from '../../../../cli/backup/folder.ts'
import { isOverdue, nextAt, stillNext } from '../../../../cli/backup/nightly.ts'

const ISSUER = 'https://auth.example.com'
const DAY_MS = 86_400_000
const NOW = Date.parse('2026-11-29T12:00:00Z')
const MINUTES = 195

/** One file for each, named as given. */
function backupsOf(t: ExecutionContext, madeAt: Readonly<Record<string, number>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'nightly-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, at] of Object.entries(madeAt)) {
    const about = toAbout({
      made_at: new Date(at).toISOString(),
      gateway: '1.2.3',
      issuer: ISSUER,
      services: [],
      configuration: false,
      opened_by: 'key',
      nightly: true,
    })
    writeFileSync(join(folder, `${name}.backup`), `${JSON.stringify(about)}\n`)
  }
  return folder
}

test('the night that is waited for comes no later because the clock was ahead', (t) => {
  const next = nextAt(NOW + 400 * DAY_MS, MINUTES)
  t.is(stillNext(next, NOW, MINUTES), nextAt(NOW, MINUTES))
  const tonight = nextAt(NOW, MINUTES)
  t.is(stillNext(tonight, NOW, MINUTES), tonight)
  t.is(stillNext(tonight, tonight, MINUTES), tonight, 'it has come')
  t.is(stillNext(tonight, tonight + 5 * DAY_MS, MINUTES), tonight, 'the machine slept through it')
})

test('a backup of days to come is none of the last day', async (t) => {
  t.true(await isOverdue(backupsOf(t, { ahead: NOW + 30 * DAY_MS }), ISSUER, NOW))
  t.false(await isOverdue(backupsOf(t, { noon: NOW - 3_600_000 }), ISSUER, NOW))
  t.false(await isOverdue(backupsOf(t, { ahead: NOW + 3_600_000 }), ISSUER, NOW))
})

test('backups of days to come push out none that is made from now on', async (t) => {
  const folder = backupsOf(t, {
    ahead: NOW + 30 * DAY_MS,
    'ahead-more': NOW + 31 * DAY_MS,
    before: NOW - DAY_MS,
    now: NOW,
  })
  await removeOld(folder, ISSUER, { most: 3, now: NOW })
  t.deepEqual(readdirSync(folder).sort(), ['ahead-more.backup', 'before.backup', 'now.backup'])
  await removeOld(folder, ISSUER, { most: 1, now: NOW })
  t.deepEqual(readdirSync(folder), ['now.backup'])
})
