/** A backup as a file: what is read back, and what is refused in words. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Decrypter, Encrypter, generateIdentity, identityToRecipient } from 'age-encryption'
import test from 'ava'
import { toByteSize } from '../../../../cli/administration/cells.ts'
import { readHeading, toAbout } from '../../../../cli/backup/about.ts'
import { type Content, fromLines, splitLines } from '../../../../cli/backup/entries.ts'
import { readBackup, writeBackup } from '../../../../cli/backup/file.ts'
import { listBackups, removeOld } from '../../../../cli/backup/folder.ts'
import { nextAt } from '../../../../cli/backup/nightly.ts'
import { CliError } from '../../../../cli/cli-error.ts'

const folder = mkdtempSync(join(tmpdir(), 'backup-'))
test.after.always(() => rmSync(folder, { recursive: true, force: true }))
let identity = ''
let recipient = ''
test.before(async () => {
  identity = await generateIdentity()
  recipient = await identityToRecipient(identity)
})

const ABOUT = toAbout({
  made_at: '2026-11-29T03:15:00.000Z',
  gateway: '1.2.3',
  issuer: 'https://auth.example.com',
  services: [],
  configuration: false,
  opened_by: 'key',
})

const NOW = Date.parse('2026-11-29T03:15:01Z')

/** With what others take for ends of lines in it. */
const CONTENTS: Content[] = [
  { type: 'secret', value: 's'.repeat(40) },
  { type: 'epoch', id: 'e', number: 1 },
  ...Array.from(
    { length: 2000 },
    (_, index): Content => ({
      type: 'record',
      key: `user:${index}`,
      expires_at: null,
      kind: 'string',
      value: `A\u2028B\r\n\u2029 ü ${Math.sin(index)}`,
    }),
  ),
]

async function* from<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values
}

function opener(with_ = identity): Decrypter {
  const decrypter = new Decrypter()
  decrypter.addIdentity(with_)
  return decrypter
}

async function write(name: string, about = ABOUT): Promise<string> {
  const path = join(folder, name)
  const encrypter = new Encrypter()
  encrypter.addRecipient(recipient)
  await writeBackup(path, about, from(CONTENTS), { openedBy: 'key', encrypter })
  return path
}

async function read(path: string, decrypter = opener()): Promise<Content[]> {
  return await Array.fromAsync(readBackup(path, await readHeading(path), decrypter))
}

test('what was written is read back, is its owner’s alone, and nothing is left beside it', async (t) => {
  const path = await write('whole.backup')
  t.deepEqual(await read(path), CONTENTS)
  t.is(statSync(path).mode & 0o777, 0o600)
  t.deepEqual(
    readdirSync(folder).filter((name) => /^whole.*part$/.test(name)),
    [],
  )
  t.false(readFileSync(path, 'latin1').includes('sssss'))
})

test('the first line says what it is, and a newer format is refused by name', async (t) => {
  const path = await write('first.backup')
  t.deepEqual((await readHeading(path)).about, ABOUT)
  const newer = await write('newer.backup', { ...ABOUT, version: 2 })
  await t.throwsAsync(readHeading(newer), { instanceOf: CliError, message: /format 2/ })
  const other = join(folder, 'other.backup')
  writeFileSync(other, '{"format":"something"}\n')
  await t.throwsAsync(readHeading(other), { message: /no backup/ })
  await t.throwsAsync(readHeading(join(folder, 'absent')), { message: /cannot be read/ })
})

test('another key is told from a damage', async (t) => {
  const path = await write('closed.backup')
  const error = await t.throwsAsync(read(path, opener(await generateIdentity())))
  t.regex(error?.message ?? '', /does not open/)
})

test('any truncation and any flipped bit is refused, and said so', async (t) => {
  const whole = readFileSync(await write('tested.backup'))
  const { bytes } = await readHeading(join(folder, 'tested.backup'))
  const spoil = async (content: Buffer): Promise<string> => {
    const path = join(folder, 'spoilt.backup')
    writeFileSync(path, content)
    const error = await t.throwsAsync(read(path), { instanceOf: CliError })
    return error?.message ?? ''
  }
  for (const part of [0.999, 0.7, 0.3]) {
    t.regex(await spoil(whole.subarray(0, Math.floor(whole.length * part))), /damaged/)
  }
  t.regex(await spoil(whole.subarray(0, bytes)), /damaged/)
  for (const at of [bytes + 5, bytes + 120, bytes + 400, whole.length >> 1, whole.length - 1]) {
    const copy = Buffer.from(whole)
    copy[at] = (copy[at] ?? 0) ^ 1
    t.regex(await spoil(copy), /damaged|does not open/, `byte ${at}`)
  }
  const renamed = Buffer.from(
    whole.toString('latin1').replace('example.com', 'exbmple.com'),
    'latin1',
  )
  t.regex(await spoil(renamed), /first line was changed/)
})

test('lines that are missing, moved, added or none at all are found by their own checks', async (t) => {
  const bytes = await Array.fromAsync(
    from(['{"type":"epoch","id":"a","number":1}\n', '{"ty', 'pe":1}\n']),
  )
  const lines = splitLines(from(bytes.map((line) => Buffer.from(line))))
  await t.throwsAsync(Array.fromAsync(fromLines(lines)), {
    message: 'line 2 is none that a backup has',
  })
  const epoch = '{"type":"epoch","id":"a","number":1}'
  const refuse = async (given: readonly string[], message: RegExp): Promise<void> => {
    await t.throwsAsync(Array.fromAsync(fromLines(from(given))), { message })
  }
  await refuse([epoch], /end is missing/)
  await refuse([epoch, '{"type":"end","lines":2,"sha256":""}'], /lines are missing/)
  await refuse([epoch, '{"type":"end","lines":1,"sha256":""}'], /checksum/)
  await refuse(['{"type":"file","kind":"link","service":"a","path":"../b","target":"c"}'], /line 1/)
  await refuse(['{"type":"file","kind":"link","service":"../a","path":"b","target":"c"}'], /line 1/)
})

test('a folder is listed by time; of each gateway the latest ones are kept', async (t) => {
  const place = mkdtempSync(join(folder, 'list-'))
  const at = (day: number, issuer: string, isNightly = true) =>
    write(join(place.slice(folder.length + 1), `${day}-${issuer.length}.backup`), {
      ...ABOUT,
      made_at: `2026-11-${String(day).padStart(2, '0')}T03:15:00.000Z`,
      issuer,
      ...(isNightly ? { nightly: true as const } : {}),
    })
  for (const day of [10, 12, 11]) await at(day, 'https://a')
  await at(9, 'https://other')
  await at(8, 'https://a', false)
  writeFileSync(join(place, 'x.backup'), 'nothing')
  const listed = await listBackups(place)
  t.deepEqual(
    listed.map(({ about }) => about?.made_at.slice(8, 10)),
    ['12', '11', '10', '09', '08', undefined],
  )
  t.regex(listed.at(-1)?.fault ?? '', /no backup/)
  const removed = await removeOld(place, 'https://a', { most: 2, now: NOW })
  t.deepEqual(removed, [join(place, '10-9.backup')])
  t.is((await listBackups(place)).length, 5, 'one made by hand stays')
  t.deepEqual([toByteSize(12), toByteSize(12_345)], ['12 bytes', '12.3 kB'])
})

test('the next night is the next such moment, never now', (t) => {
  const at = (text: string) => Date.parse(`2026-11-29T${text}:00Z`)
  t.is(nextAt(at('03:14'), 195), at('03:15'))
  t.is(nextAt(at('03:15'), 195), at('03:15') + 86_400_000)
})
