/** HTTP/2 frame by frame (RFC 9113), for what no client library would send. */

import { connect, type Socket } from 'node:net'

export type Header = readonly [name: string, value: string]

export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const

export const END_STREAM = 1
export const END_HEADERS = 4

export const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
/** So long nothing came: then nothing will. */
const SILENCE_MS = 1500

export interface Frame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

export function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** HPACK without its arts: each header literally, in the case in which it is written. */
export function headerBlock(headers: readonly Header[]): Buffer {
  const text = (value: string): Buffer => {
    const bytes = Buffer.from(value, 'latin1')
    return Buffer.concat([integer(bytes.length), bytes])
  }
  const parts = headers.flatMap(([name, value]) => [Buffer.from([0x10]), text(name), text(value)])
  return Buffer.concat(parts)
}

/** A whole request without a body. */
export function requestFrame(stream: number, headers: readonly Header[]): Buffer {
  return frame(FRAME.headers, END_STREAM + END_HEADERS, stream, headerBlock(headers))
}

export interface FrameConnection {
  write(...frames: readonly Buffer[]): void
  /** Until the server hangs up or falls silent. */
  heard(): Promise<{ readonly frames: readonly Frame[]; readonly closed: boolean }>
  readonly socket: Socket
}

export function connectFrames(port: number, silenceMs = SILENCE_MS): FrameConnection {
  const socket = connect(port, '127.0.0.1')
  const chunks: Buffer[] = []
  const { promise, resolve } = Promise.withResolvers<boolean>()
  socket.setTimeout(silenceMs, () => resolve(false))
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.on('error', () => {})
  socket.once('close', () => resolve(true))
  socket.write(Buffer.concat([Buffer.from(PREFACE), frame(FRAME.settings, 0, 0, Buffer.alloc(0))]))
  return {
    socket,
    write: (...frames) => {
      socket.write(Buffer.concat(frames))
    },
    async heard() {
      const closed = await promise
      socket.destroy()
      return { frames: [...readFrames(Buffer.concat(chunks))], closed }
    },
  }
}

/** What the server makes of these headers alone on a connection: a status, or that it ended the stream. */
export async function askByFrames(
  port: number,
  headers: readonly Header[],
): Promise<number | 'reset' | 'closed' | 'nothing'> {
  const connection = connectFrames(port)
  connection.write(requestFrame(1, headers))
  const { frames, closed } = await connection.heard()
  const answer = frames.find(({ type, stream }) => type === FRAME.headers && stream === 1)
  if (answer !== undefined) return readStatus(answer.payload)
  if (frames.some(({ type }) => type === FRAME.reset)) return 'reset'
  return closed || frames.some(({ type }) => type === FRAME.goAway) ? 'closed' : 'nothing'
}

export function* readFrames(bytes: Buffer): Generator<Frame> {
  let rest = bytes
  while (rest.length >= 9) {
    const length = rest.readUIntBE(0, 3)
    yield {
      type: rest.readUInt8(3),
      flags: rest.readUInt8(4),
      stream: rest.readUInt32BE(5),
      payload: rest.subarray(9, 9 + length),
    }
    rest = rest.subarray(9 + length)
  }
}

/** Statuses that HPACK has in its table (RFC 7541 appendix A). */
const STATIC_STATUS = [200, 204, 206, 304, 400, 404, 500]
/** The code of each digit (RFC 7541 appendix B): five bits for 0 to 2, six for the others. */
const DIGITS = [
  '00000',
  '00001',
  '00010',
  ...[0, 1, 2, 3, 4, 5, 6].map((n) => (25 + n).toString(2).padStart(6, '0')),
]

/** `:status` is the first header of an answer. */
function readStatus(block: Buffer): number {
  const first = block.readUInt8(0)
  if (first >= 0x80) return STATIC_STATUS[first - 0x88] ?? 0
  const length = block.readUInt8(1)
  const value = block.subarray(2, 2 + (length & 0x7f))
  if (length < 0x80) return Number(value.toString('latin1'))
  let bits = [...value].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  let digits = ''
  while (digits.length < 3) {
    const digit = DIGITS.findIndex((code) => bits.startsWith(code))
    if (digit < 0) return 0
    digits += digit
    bits = bits.slice(DIGITS[digit]?.length)
  }
  return Number(digits)
}

/** With a prefix of seven bits (RFC 7541 section 5.1). */
function integer(value: number): Buffer {
  if (value < 127) return Buffer.from([value])
  const bytes = [127]
  let rest = value - 127
  while (rest >= 128) {
    bytes.push((rest % 128) + 128)
    rest = Math.floor(rest / 128)
  }
  return Buffer.from([...bytes, rest])
}
