import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { OwnUids, parseUidRange } from '../../../../mcp-bridge/runner/own-uids.ts'

const folder = mkdtempSync(join(tmpdir(), 'uids-'))
test.after.always(() => rmSync(folder, { recursive: true }))

const uidsOf = (file: string, owners: readonly number[] = []): OwnUids =>
  new OwnUids({ file, range: { first: 2000, last: 2003 }, ownersOfData: () => owners })

test('a person keeps a number, through each new life', (t) => {
  const file = join(folder, 'kept.json')
  const uids = uidsOf(file)
  t.deepEqual([uids.of('ann'), uids.of('bob'), uids.of('ann')], [2000, 2001, 2000])
  t.deepEqual([uidsOf(file).of('bob'), uidsOf(file).of('eve')], [2001, 2002])
  t.false(readdirSync(folder).includes('kept.json.new'))
})

test('numbers that data belongs to, or that were given once, go to nobody new', (t) => {
  t.is(uidsOf(join(folder, 'owned.json'), [0, 2001, 99_999]).of('ann'), 2002)
  const file = join(folder, 'given.json')
  writeFileSync(file, '{"next":2003,"uids":{"ann":2000}}')
  t.deepEqual([uidsOf(file).of('ann'), uidsOf(file).of('bob')], [2000, 2003])
  t.throws(() => uidsOf(file).of('eve'), { message: /2000-2003 are given: set a wider/ })
})

test('names of JavaScript’s own are names like any other', (t) => {
  const file = join(folder, 'names.json')
  t.deepEqual([uidsOf(file).of('constructor'), uidsOf(file).of('toString')], [2000, 2001])
})

for (const text of ['', '{', '{"next":"1","uids":{}}', '{"next":1,"uids":{"ann":1.5}}', 'null']) {
  test(`nothing is guessed from a damaged table: ${text}`, (t) => {
    const file = join(folder, `damaged-${text.length}.json`)
    writeFileSync(file, text)
    t.throws(() => uidsOf(file).of('ann'), { message: /is damaged: bring it back/ })
    t.is(readFileSync(file, 'utf8'), text)
  })
}

test('a range is of ordinary accounts', (t) => {
  t.deepEqual(parseUidRange('20000-29999'), { first: 20_000, last: 29_999 })
  for (const text of [
    '',
    '20000',
    '0-5',
    '999-2000',
    '3000-2000',
    '60000-70000',
    '1000-9999999999',
  ])
    t.throws(() => parseUidRange(text), { instanceOf: RangeError, message: /like 20000-29999/ })
})
