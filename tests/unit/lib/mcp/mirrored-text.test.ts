import test from 'ava'
import { decodeMirrored, encodeMirrored } from '../../../../lib/mcp/mirrored-text.ts'

const base64 = (text: string): string => `=?base64?${Buffer.from(text).toString('base64')}?=`

for (const [text, header] of [
  ['us-west1', 'us-west1'],
  ['a b\tc', 'a b\tc'],
  ['', base64('')],
  [' padded ', base64(' padded ')],
  ['\ttab first', base64('\ttab first')],
  ['line1\nline2', base64('line1\nline2')],
  ['Hello, 世界', base64('Hello, 世界')],
  ['=?base64?literal?=', base64('=?base64?literal?=')],
  ['=?base64?SGVs', '=?base64?SGVs'],
  ['SGVsbG8=', 'SGVsbG8='],
] as const) {
  test(`as a header and back: ${JSON.stringify(text)}`, (t) => {
    t.is(encodeMirrored(text), header)
    t.is(decodeMirrored(header), text)
  })
}

for (const header of [
  '=?base64?SGVsbG8?=',
  '=?base64?SGVs!!!bG8=?=',
  '=?base64?SGVs bG8=?=',
  '=?base64?SGVsbG8===?=',
  '=?base64?-_-_?=',
  '=?base64?/w==?=',
  '=?base64?7aCA?=',
]) {
  test(`a sentinel that encodes no text: ${header}`, (t) => t.is(decodeMirrored(header), undefined))
}

test('markers of another case are no markers', (t) => {
  t.is(decodeMirrored('=?BASE64?SGVsbG8=?='), '=?BASE64?SGVsbG8=?=')
})

test('no header takes long to read', (t) => {
  const startedAt = performance.now()
  for (const header of ['=?base64?'.repeat(10_000), `=?base64?${'A='.repeat(50_000)}`]) {
    decodeMirrored(header)
    encodeMirrored(header)
  }
  t.true(performance.now() - startedAt < 1500)
})
