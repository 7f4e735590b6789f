/** What somebody is told whose account may not look into the state directory. */

import { execFile } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'

const MAIN = join(import.meta.dirname, '../../../cli/main.ts')
/** Root may look into everything. */
const OTHER: { readonly uid?: number; readonly gid?: number } =
  process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}

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

async function told(
  args: readonly string[],
  cwd = folder,
): Promise<{ code: number; stderr: string }> {
  // Who does not end by itself has no exit code.
  const options = {
    cwd,
    env: { PATH: process.env['PATH'] },
    timeout: 20_000,
    killSignal: 'SIGKILL' as const,
    ...OTHER,
  }
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

for (const [name, make] of [
  ['lock', (path: string) => writeFileSync(path, '', { mode: 0 })],
  ['logs', (path: string) => mkdirSync(path, { mode: 0 })],
] as const) {
  test(`a start that may not use ${name} in its state directory ends, and says so`, async (t) => {
    const place = mkdtempSync(join(tmpdir(), 'other-account-'))
    const directory = join(place, '.gateway')
    mkdirSync(directory)
    make(join(directory, name))
    for (const one of [place, directory]) chownSync(one, OTHER.uid ?? process.getuid?.() ?? -1, -1)
    t.teardown(() => {
      chmodSync(join(directory, name), 0o700)
      rmSync(place, { recursive: true })
    })
    const { code, stderr } = await told(['start'], place)
    t.is(code, 1, stderr)
    t.regex(
      stderr,
      new RegExp(`^The system refuses a file .* '\\S+/\\.gateway/${name}.*\\n→ ls -ld`),
    )
    t.false(existsSync(join(directory, 'run.json')))
  })
}
