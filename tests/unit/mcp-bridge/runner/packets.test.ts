import test from 'ava'
import { PacketReader, toPacket } from '../../../../mcp-bridge/runner/packets.ts'

function read(bytesMax: number, chunks: readonly Buffer[]): string[] {
  const found: string[] = []
  const reader = new PacketReader(bytesMax, (kind, content) => {
    found.push(`${kind} ${content.toString('utf8')}`)
  })
  for (const chunk of chunks) reader.write(chunk)
  return found
}

const both = Buffer.concat([toPacket('line', 'grüße'), toPacket('pause'), toPacket('frame', 'x')])

test('reads what comes together', (t) => {
  t.deepEqual(read(100, [both]), ['line grüße', 'pause ', 'frame x'])
})

test('reads what comes byte by byte', (t) => {
  const bytes = [...both].map((byte) => Buffer.from([byte]))
  t.deepEqual(read(100, bytes), ['line grüße', 'pause ', 'frame x'])
})

test('reads what is cut anywhere', (t) => {
  for (let cut = 1; cut < both.length; cut += 1) {
    t.is(read(100, [both.subarray(0, cut), both.subarray(cut)]).length, 3)
  }
})

test('a buffer and its text make the same packet', (t) => {
  t.deepEqual(toPacket('frame', Buffer.from('ü')), toPacket('frame', 'ü'))
})

test('the bound itself passes, one byte more does not, and not once it is announced', (t) => {
  t.deepEqual(read(3, [toPacket('line', 'abc')]), ['line abc'])
  const larger = toPacket('line', 'abcd')
  t.throws(() => read(3, [larger]), { instanceOf: RangeError, message: /4 bytes is too large/ })
  t.throws(() => read(3, [larger.subarray(0, 5)]), { instanceOf: RangeError })
})

test('what is no packet is refused', (t) => {
  t.throws(() => read(1000, [Buffer.from('\0\0\0\x01\xffxx', 'latin1')]), { message: /no packet/ })
})
