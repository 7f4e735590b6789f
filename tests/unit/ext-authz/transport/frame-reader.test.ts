import { randomBytes, randomInt } from 'node:crypto'
import test from 'ava'
import { FrameReader } from '../../../../ext-authz/transport/http2/frame-reader.ts'
import {
  CODE,
  ConnectionError,
  FRAME_BYTES_MAX,
  PREFACE,
} from '../../../../ext-authz/transport/http2/protocol.ts'
import { frame } from '../../../support/raw-http2.ts'

/** Frames as text, each copied when it came. */
function reading(): { reader: FrameReader; frames: string[] } {
  const frames: string[] = []
  const reader = new FrameReader(({ type, flags, streamId, bytes, start, end }) => {
    frames.push(`${type} ${flags} ${streamId} ${bytes.toString('hex', start, end)}`)
  })
  return { reader, frames }
}

function randomFrames(): { bytes: Buffer; expected: string[] } {
  const pieces: Buffer[] = []
  const expected: string[] = []
  for (let count = randomInt(1, 12); count > 0; count -= 1) {
    const payload = randomBytes(randomInt(0, 4) === 0 ? randomInt(0, 2000) : randomInt(0, 30))
    const [type, flags, streamId] = [randomInt(0, 20), randomInt(0, 256), randomInt(0, 2 ** 31)]
    pieces.push(frame(type, flags, streamId, payload))
    expected.push(`${type} ${flags} ${streamId} ${payload.toString('hex')}`)
  }
  return { bytes: Buffer.concat([PREFACE, ...pieces]), expected }
}

test('any split of the bytes gives the same frames', (t) => {
  for (let round = 0; round < 400; round += 1) {
    const { bytes, expected } = randomFrames()
    const { reader, frames } = reading()
    const most = [1, 5, 40, 3000][round % 4] ?? 1
    for (let at = 0; at < bytes.length; ) {
      const next = at + randomInt(1, most + 1)
      reader.read(bytes.subarray(at, next))
      at = next
    }
    if (frames.join('\n') !== expected.join('\n')) t.deepEqual(frames, expected)
  }
  t.pass()
})

test('what was handed out is not written over', (t) => {
  const kept: Buffer[] = []
  const reader = new FrameReader(({ bytes, start, end }) => kept.push(bytes.subarray(start, end)))
  reader.read(PREFACE)
  for (const letter of ['a', 'b', 'c']) {
    const whole = frame(0, 0, 1, Buffer.alloc(50, letter))
    reader.read(whole.subarray(0, 20))
    reader.read(whole.subarray(20))
  }
  t.deepEqual(
    kept.map(String),
    ['a', 'b', 'c'].map((letter) => letter.repeat(50)),
  )
})

test('the reserved bit of a stream’s id does not count', (t) => {
  const { reader, frames } = reading()
  reader.read(Buffer.concat([PREFACE, frame(0, 0, 0x80000003)]))
  t.deepEqual(frames, ['0 0 3 '])
})

test('a frame of the largest size is one', (t) => {
  const { reader, frames } = reading()
  reader.read(Buffer.concat([PREFACE, frame(0, 0, 1, Buffer.alloc(FRAME_BYTES_MAX))]))
  t.is(frames.length, 1)
})

const REFUSED: Readonly<Record<string, readonly [bytes: Buffer, code: number]>> = {
  'another protocol': [Buffer.from('GET / HTTP/1.1\r\n'), CODE.protocol],
  'a preface that ends otherwise': [Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\rX'), CODE.protocol],
  'a frame larger than that, at its header': [
    Buffer.concat([PREFACE, frame(0, 0, 1, Buffer.alloc(FRAME_BYTES_MAX + 1)).subarray(0, 9)]),
    CODE.frameSize,
  ],
}

for (const [name, [bytes, code]] of Object.entries(REFUSED)) {
  test(`refuses ${name}, also byte by byte`, (t) => {
    const whole = t.throws(() => reading().reader.read(bytes), { instanceOf: ConnectionError })
    t.is(whole?.code, code as never)
    const { reader } = reading()
    const piecemeal = t.throws(
      () => {
        for (const byte of bytes) reader.read(Buffer.from([byte]))
      },
      { instanceOf: ConnectionError },
    )
    t.is(piecemeal?.code, code as never)
  })
}
