import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import {
  ConfigError,
  flag,
  integer,
  list,
  optional,
  readEnvironment,
  required,
  secret,
  text,
} from '../../../../lib/platform/environment.ts'

const SPEC = { ISSUER: required(text), PORT: optional(integer(1, 65_535), 9000) }

const refuses = test.macro({
  exec(t, environment: Record<string, string>, ...faults: string[]) {
    const error = t.throws(() => readEnvironment(SPEC, environment), { instanceOf: ConfigError })
    t.deepEqual(error?.faults, faults)
  },
  title: (name = '') => `refuses ${name}`,
})

test('reads what is set and falls back for the rest', (t) => {
  t.deepEqual({ ...readEnvironment(SPEC, { ISSUER: 'x', PORT: '' }) }, { ISSUER: 'x', PORT: 9000 })
})
test('a missing variable', refuses, {}, 'ISSUER is not set')
test(
  'every fault at once',
  refuses,
  { ISSUER: '', PORT: '0' },
  'ISSUER is not set',
  'PORT must be a whole number from 1 to 65535, not "0"',
)
for (const port of ['65536', '1.5', 'x', '-1', ' ']) {
  test(
    `a port of "${port}"`,
    refuses,
    { ISSUER: 'x', PORT: port },
    `PORT must be a whole number from 1 to 65535, not "${port}"`,
  )
}

test('a value may come from a file, the variable itself wins', (t) => {
  const path = join(mkdtempSync(join(tmpdir(), 'env-')), 'issuer')
  writeFileSync(path, 'from-file\n')
  t.is(readEnvironment(SPEC, { ISSUER_FILE: path }).ISSUER, 'from-file')
  t.is(readEnvironment(SPEC, { ISSUER_FILE: path, ISSUER: 'own' }).ISSUER, 'own')
})

test('a file that cannot be read is a fault that names it', (t) => {
  const error = t.throws(() => readEnvironment(SPEC, { ISSUER_FILE: '/no/such/file' }))
  t.regex(error?.message ?? '', /ISSUER cannot be read from ISSUER_FILE: .*\/no\/such\/file/)
})

test('nor is a file with nothing in it a value: a protection would be off', (t) => {
  const path = join(mkdtempSync(join(tmpdir(), 'env-')), 'empty')
  writeFileSync(path, ' \n')
  const error = t.throws(() => readEnvironment(SPEC, { ISSUER_FILE: path }))
  t.regex(error?.message ?? '', /ISSUER is empty: ISSUER_FILE names a file with nothing in it/)
})

test('blanks are no number', (t) => {
  for (const blank of [' ', '\t', '', '0x10', '1e2', '1.0']) {
    t.throws(() => integer(0, 100)(blank), { message: /must be a whole number from 0 to 100/ })
  }
  t.is(integer(-1, 100)('-1'), -1)
})

test('flags and lists', (t) => {
  t.true(flag('TRUE'))
  t.false(flag('off'))
  t.throws(() => flag('maybe'), { message: /must be true or false, not "maybe"/ })
  t.deepEqual(list(' a, b ,,c'), ['a', 'b', 'c'])
})

test('a secret does not print itself', (t) => {
  const { KEY } = readEnvironment({ KEY: required(secret) }, { KEY: 'hush' })
  t.is(KEY.reveal(), 'hush')
  t.false(`${KEY}${JSON.stringify({ KEY })}`.includes('hush'))
})
