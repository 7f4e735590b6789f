import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { attemptsFile } from '../../../certs/attempts-file.ts'
import { NO_ATTEMPTS } from '../../../certs/schedule.ts'
import { createLog } from '../../../lib/platform/log.ts'

const NOW = Date.now()
const FAILED = {
  ...NO_ATTEMPTS,
  asked: 'a',
  lastAt: NOW,
  failures: 1,
  fault: 'no',
  failedAt: [NOW],
}

test('what was asked outlives the process; where it cannot be written, it counts all the same', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'attempts-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const lines: string[] = []
  const log = createLog('test', 'info', { write: (line) => void lines.push(line) })
  const path = join(folder, 'attempts.json')
  mkdirSync(path)
  const file = attemptsFile(path, log)
  t.deepEqual(file.keep(FAILED), FAILED)
  t.deepEqual(file.keep(FAILED), FAILED)
  t.is(lines.length, 1)
  t.regex(lines[0] ?? '', /"level":"error".*attempts\.json/)
  rmSync(path, { recursive: true })
  file.keep(FAILED)
  t.deepEqual(attemptsFile(path, log).read(NOW), FAILED)
})
