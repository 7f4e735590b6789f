import test from 'ava'
import { FrameReader } from '../../../../mcp-bridge/runner/framing.ts'

function read(bytesMax: number, chunks: readonly (string | Buffer)[]) {
  const frames: string[] = []
  const oversized: { head: string; tail: string }[] = []
  const reader = new FrameReader(bytesMax, {
    frame: (line) => frames.push(line.toString('utf8')),
    oversized: (head, tail) => oversized.push({ head, tail }),
  })
  for (const chunk of chunks) reader.write(Buffer.from(chunk))
  return { frames, oversized }
}

for (const [title, chunks, frames] of [
  ['one line', ['a\n'], ['a']],
  ['no line yet', ['a'], []],
  ['two in one chunk', ['a\nb\n'], ['a', 'b']],
  ['one in three chunks', ['a', 'b', 'c\n'], ['abc']],
  ['an end that comes alone', ['a', '\n', 'b', '\n'], ['a', 'b']],
  ['blank lines', ['\n\na\n\n'], ['a']],
  ['a character cut in two', [Buffer.from([0xc3]), Buffer.from([0xbc, 0x0a])], ['ü']],
] as const) {
  test(`reads ${title}`, (t) => {
    t.deepEqual(read(100, chunks).frames, [...frames])
  })
}

test('a line of the limit passes, one byte more does not', (t) => {
  t.deepEqual(read(4, ['abcd\n']).frames, ['abcd'])
  const { frames, oversized } = read(4, ['abcde\nab\n'])
  t.deepEqual(frames, ['ab'])
  t.deepEqual(oversized, [{ head: 'abcde', tail: 'abcde' }])
})

test('keeps little of a line without an end', (t) => {
  const chunks = Array.from({ length: 1000 }, () => 'x'.repeat(1000))
  const { frames, oversized } = read(2000, [...chunks, 'end\n', 'next\n'])
  t.deepEqual(frames, ['next'])
  t.is(oversized[0]?.head.length, 256)
  t.is(oversized[0]?.tail, `${'x'.repeat(253)}end`)
})

test('a line that comes byte by byte costs little more than its bytes', (t) => {
  const lines: number[] = []
  const reader = new FrameReader(4_000_000, {
    frame: (line) => lines.push(line.length),
    oversized: () => {},
  })
  const before = process.memoryUsage().heapUsed
  // As from a pipe: each a buffer of its own.
  for (let count = 0; count < 1_000_000; count += 1) reader.write(Buffer.from('x'))
  t.true(process.memoryUsage().heapUsed - before < 100_000_000)
  t.is(reader.write(Buffer.from('\n')), 1)
  t.deepEqual(lines, [1_000_000])
})
