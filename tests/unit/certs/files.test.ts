import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test from 'ava'
import { certificateFiles, missingCertificate } from '../../../certs/files.ts'

test('names what is missing, and nothing once both are there', (t) => {
  const state = mkdtempSync(join(tmpdir(), 'certs-'))
  t.teardown(() => rmSync(state, { recursive: true }))
  const { chain, key } = certificateFiles(state)
  t.regex(missingCertificate(state) ?? '', /fullchain\.pem and .*privkey\.pem are not there/)
  mkdirSync(dirname(chain), { recursive: true })
  writeFileSync(chain, '')
  t.regex(missingCertificate(state) ?? '', /but \S+privkey\.pem is not there/)
  writeFileSync(key, '')
  t.is(missingCertificate(state), undefined)
})
