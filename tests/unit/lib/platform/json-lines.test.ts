import { Readable } from 'node:stream'
import test from 'ava'
import { readJsonLines, toJsonLine } from '../../../../lib/platform/json-lines.ts'

const read = (pieces: readonly (string | Buffer)[], max = 100): Promise<unknown[]> =>
  Array.fromAsync(readJsonLines(Readable.from(pieces.map((piece) => Buffer.from(piece))), max))

test('lines are put together wherever they were cut, also within a character', async (t) => {
  const bytes = Buffer.from(toJsonLine({ name: 'Zoë' }) + toJsonLine([1, 'a\nb']))
  const pieces = Array.from(bytes, (byte) => Buffer.from([byte]))
  t.deepEqual(await read(pieces), [{ name: 'Zoë' }, [1, 'a\nb']])
})

test('what no line feed ends is cut off', async (t) => {
  t.deepEqual(await read(['1\n2\n{"cut']), [1, 2])
})

test('a line without an end is not read for ever', async (t) => {
  await t.throwsAsync(read(['"', 'x'.repeat(101)]), { instanceOf: RangeError })
})

test('what is no JSON is said', async (t) => {
  await t.throwsAsync(read(['{no}\n']), { instanceOf: SyntaxError })
})
