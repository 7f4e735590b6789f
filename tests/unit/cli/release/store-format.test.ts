import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { CliError } from '../../../../cli/cli-error.ts'
import { newestRelease } from '../../../../cli/release/newer-release.ts'
import {
  readStoreFormat,
  STORE_FORMAT,
  takeStoreFormat,
} from '../../../../cli/release/store-format.ts'

function folder(t: ExecutionContext): string {
  const path = mkdtempSync(join(tmpdir(), 'format-'))
  t.teardown(() => rmSync(path, { recursive: true, force: true }))
  return path
}

test('the format is written at the first start, and found at the next', (t) => {
  const state = folder(t)
  t.is(readStoreFormat(state), undefined)
  takeStoreFormat(state)
  t.is(readStoreFormat(state), STORE_FORMAT)
  t.notThrows(() => takeStoreFormat(state))
})

test('what a newer release has written is not touched', (t) => {
  const state = folder(t)
  writeFileSync(join(state, 'store-format'), `${STORE_FORMAT + 1}\n`)
  t.throws(() => takeStoreFormat(state), { instanceOf: CliError, message: /by a newer release/ })
  t.is(readStoreFormat(state), STORE_FORMAT + 1)
})

test('a mark that cannot be read is no missing one: nothing starts over it', (t) => {
  const state = folder(t)
  const path = join(state, 'store-format')
  for (const text of ['what\n', '']) {
    writeFileSync(path, text)
    t.throws(() => takeStoreFormat(state), { instanceOf: CliError, message: /holds no number/ })
  }
  rmSync(path)
  mkdirSync(path)
  t.throws(() => takeStoreFormat(state), { instanceOf: CliError, message: /EISDIR/ })
})

test('the newest release is told by its number; what leads to one is none', (t) => {
  const refs = ['v0.9.0', 'v0.10.0', 'v1.0.0-rc.1', 'nightly'].map((tag) => `refs/tags/${tag}`)
  t.is(newestRelease(refs, '0.9.0'), 'v0.10.0')
  t.is(newestRelease(refs, '0.10.0'), undefined)
  t.is(newestRelease(['refs/heads/v2.0.0'], '0.1.0'), undefined)
})
