import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import test from 'ava'
import { findChromium } from '../../../../lib/platform/find-chromium.ts'

const folder = mkdtempSync(join(tmpdir(), 'guard-'))
test.after.always(() => rmSync(folder, { recursive: true }))

function put(path: string, mode: number): string {
  const whole = join(folder, path)
  mkdirSync(join(whole, '..'), { recursive: true })
  writeFileSync(whole, '', { mode })
  return whole
}

const plain = put('plain/chromium', 0o600)
const chrome = put('one/google-chrome', 0o700)
const chromium = put('two/chromium', 0o700)
const path = ['nowhere', 'plain', 'one', 'two'].map((name) => join(folder, name)).join(delimiter)

test('what CHROMIUM_BIN names comes first', (t) => {
  t.is(findChromium({ CHROMIUM_BIN: chrome, PATH: path }), chrome)
})

test('Chromium is preferred to what is made of it, wherever on the PATH it is', (t) => {
  t.is(findChromium({ PATH: path }), chromium)
})

test('a CHROMIUM_BIN that is no program is told, not passed over', (t) => {
  t.throws(() => findChromium({ CHROMIUM_BIN: plain, PATH: path }), {
    message: /CHROMIUM_BIN names .*plain\/chromium, which is no program/,
  })
})
