import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { parse } from 'yaml'
import { rootSecretToWrite } from '../../../../cli/setup/root-secret.ts'
import { readSecretOfVolume } from '../../../../cli/setup/secret-of-volume.ts'

const KEPT = 'k'.repeat(43)

test('a secret that is kept is written, unless one is given; else a fresh one is', (t) => {
  t.is(rootSecretToWrite({}, KEPT)?.reveal(), KEPT)
  t.is(rootSecretToWrite({ GATEWAY_SECRET: 'given' }, KEPT), undefined)
  t.regex(rootSecretToWrite({}, undefined)?.reveal() ?? '', /^[\w-]{43}$/)
})

test('that of a volume is read as the account that the volume belongs to', (t) => {
  const volume = mkdtempSync(join(tmpdir(), 'volume-'))
  t.teardown(() => rmSync(volume, { recursive: true }))
  t.is(readSecretOfVolume(join(volume, 'absent')), undefined)
  t.is(readSecretOfVolume(volume), undefined)
  const path = join(volume, 'secret')
  writeFileSync(path, `${KEPT}\n`, { mode: 0o600 })
  const account = process.geteuid?.()
  if (account === 0) for (const one of [path, volume]) chownSync(one, 1000, 1000)
  chmodSync(volume, 0o700)
  t.is(readSecretOfVolume(volume), KEPT)
  t.is(process.geteuid?.(), account)
})

test('setup sees the volume in which the containers keep theirs, and cannot change it', (t) => {
  const file = new URL('../../../../compose.yaml', import.meta.url)
  const { services } = parse(readFileSync(file, 'utf8'), { merge: true })
  t.true(services.setup.volumes.includes('root-secret:/state:ro'))
  t.true(services.secrets.volumes.includes('root-secret:/state'))
})
