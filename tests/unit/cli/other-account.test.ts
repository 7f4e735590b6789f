/** What somebody is told whose account may not look into the state directory. */

import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'

const MAIN = join(import.meta.dirname, '../../../cli/main.ts')
/** Root may look into everything. */
const OTHER = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}

const folder = mkdtempSync(join(tmpdir(), 'other-account-'))
const state = join(folder, '.gateway')
mkdirSync(join(state, 'logs'), { recursive: true })
writeFileSync(join(state, 'logs/gateway.log'), '')
writeFileSync(join(state, 'secret'), 'x'.repeat(40))
chmodSync(folder, 0o755)
chmodSync(state, 0)
test.after.always(() => {
  chmodSync(state, 0o700)
  rmSync(folder, { recursive: true })
})

async function told(args: readonly string[]): Promise<{ code: number; stderr: string }> {
  const options = { cwd: folder, env: { PATH: process.env['PATH'] }, ...OTHER }
  try {
    const { stderr } = await promisify(execFile)(process.execPath, [MAIN, ...args], options)
    return { code: 0, stderr }
  } catch (error) {
    return error as { code: number; stderr: string }
  }
}

for (const command of ['status', 'audit', 'logs', 'grants list']) {
  test(`${command} does not say that nothing runs where it may not look`, async (t) => {
    const { code, stderr } = await told(command.split(' '))
    t.is(code, 1, stderr)
    t.regex(stderr, /^The state directory .* is of another account\.\n→ ask as the account/)
  })
}

test('a root secret that may not be read is a fault of the configuration', async (t) => {
  const { code, stderr } = await told(['config', 'show'])
  t.not(code, 0)
  t.regex(stderr, /\.gateway\/secret cannot be read: EACCES/)
  t.notRegex(stderr, /\n {4}at /)
})
