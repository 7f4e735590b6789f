import test from 'ava'
import { StreamText } from '../../../mcp-bridge/stream-text.ts'

function decode(...chunks: readonly (string | Buffer)[]): string {
  const text = new StreamText()
  return chunks.map((chunk) => text.decode(Buffer.from(chunk as string))).join('')
}

test('every line ends in a line feed', (t) => {
  t.is(decode('a\r\nb\rc\nd\r\n\r\ne\r\r'), 'a\nb\nc\nd\n\ne\n\n')
})

test('a line end that is cut is one', (t) => {
  t.is(decode('a\r', '\nb\r', '\r', '\n', '\nc'), 'a\nb\n\n\nc')
})

test('a line ends without waiting for what follows', (t) => {
  t.is(decode('data: x\r\r'), 'data: x\n\n')
})

test('one byte order mark goes, however it is cut', (t) => {
  const marks = Buffer.from('\ufeff\ufeffx')
  for (let at = 0; at < marks.length; at += 1) {
    t.is(decode(marks.subarray(0, at), marks.subarray(at)), '\ufeffx')
  }
})

test('a character that is cut is one', (t) => {
  t.is(decode(Buffer.from([0xc3]), Buffer.from([0xbc, 0x0a])), 'ü\n')
})
