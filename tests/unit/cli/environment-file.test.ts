import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { loadEnvironment } from '../../../cli/context.ts'

test('the first line of a .env counts, also behind a byte-order mark', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'dotenv-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, '.env'), '\uFEFFREGISTRATION_TOKEN=closed\r\nLOG_LEVEL=warn\r\n')
  const read = loadEnvironment({ LOG_LEVEL: 'debug' }, folder)
  t.like(read, { REGISTRATION_TOKEN: 'closed', LOG_LEVEL: 'debug' })
})
