/** HTTP/2 frame by frame over a unix socket: what no decent client sends, and what one gets for it. */

import { connect, type Socket } from 'node:net'
import { FLAG, FRAME, PREFACE } from '../../ext-authz/transport/http2/protocol.ts'

export interface RawFrame {
  readonly type: number
  readonly flags: number
  readonly streamId: number
  readonly payload: Buffer
}

export function frame(
  type: number,
  flags: number,
  streamId: number,
  payload: Buffer | readonly number[] = [],
): Buffer {
  const bytes = Buffer.from(payload)
  const header = Buffer.alloc(9)
  header.writeUIntBE(bytes.length, 0, 3)
  header.writeUInt8(type, 3)
  header.writeUInt8(flags, 4)
  header.writeUInt32BE(streamId, 5)
  return Buffer.concat([header, bytes])
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

export function settings(entries: Readonly<Record<number, number>> = {}): Buffer {
  const payload = Object.entries(entries).map(([name, value]) => {
    const bytes = Buffer.alloc(6)
    bytes.writeUInt16BE(Number(name))
    bytes.writeUInt32BE(value, 2)
    return bytes
  })
  return frame(FRAME.settings, 0, 0, Buffer.concat(payload))
}

/** Preface and settings: what a connection begins with. */
export function hello(entries: Readonly<Record<number, number>> = {}): Buffer {
  return Buffer.concat([PREFACE, settings(entries)])
}

/** Literals that no table remembers. */
export function fields(entries: readonly (readonly [string, string])[]): Buffer {
  const string = (text: string): Buffer => {
    const bytes = Buffer.from(text, 'latin1')
    const length = bytes.length < 127 ? [bytes.length] : [127, ...continued(bytes.length - 127)]
    return Buffer.concat([Buffer.from(length), bytes])
  }
  return Buffer.concat(
    entries.flatMap(([name, value]) => [Buffer.from([0]), string(name), string(value)]),
  )
}

function continued(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...continued(Math.floor(value / 128))]
}

export function requestFields(path: string): [string, string][] {
  return [
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', path],
    [':authority', 'ext-authz'],
    ['te', 'trailers'],
    ['content-type', 'application/grpc'],
  ]
}

export function headers(streamId: number, path: string, flags: number = FLAG.endHeaders): Buffer {
  return frame(FRAME.headers, flags, streamId, fields(requestFields(path)))
}

/** One gRPC message with its prefix. */
export function message(body: Buffer | string): Buffer {
  const bytes = Buffer.from(body as string)
  return Buffer.concat([Buffer.from([0]), uint32(bytes.length), bytes])
}

export function data(streamId: number, payload: Buffer, flags: number = FLAG.endStream): Buffer {
  return frame(FRAME.data, flags, streamId, payload)
}

/** A whole unary request. */
export function request(streamId: number, path: string, body: Buffer | string): Buffer {
  return Buffer.concat([headers(streamId, path), data(streamId, message(body))])
}

export interface RawPeer {
  readonly socket: Socket
  readonly received: readonly RawFrame[]
  readonly closed: Promise<void>
  send(...pieces: readonly Buffer[]): void
  /** The first frame, received already or still to come, that fits. */
  find(fits: (frame: RawFrame) => boolean): Promise<RawFrame>
}

export async function connectRaw(path: string): Promise<RawPeer> {
  const socket = connect(path)
  const received: RawFrame[] = []
  const waiting = new Set<() => void>()
  const wake = (): void => {
    for (const look of waiting) look()
  }
  let isClosed = false
  const closed = Promise.withResolvers<void>()
  let rest = Buffer.alloc(0)
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk])
    rest = takeFrames(rest, received)
    wake()
  })
  socket.on('error', () => {
    // The closing tells.
  })
  socket.once('close', () => {
    isClosed = true
    closed.resolve()
    wake()
  })
  await new Promise<void>((resolve) => socket.once('connect', resolve))
  return {
    socket,
    received,
    closed: closed.promise,
    send: (...pieces) => void socket.write(Buffer.concat(pieces)),
    find(fits) {
      const { promise, resolve, reject } = Promise.withResolvers<RawFrame>()
      const look = (): void => {
        const found = received.find(fits)
        if (found !== undefined) resolve(found)
        else if (isClosed) reject(new Error(`closed after ${describe(received)}`))
        else return
        waiting.delete(look)
      }
      waiting.add(look)
      look()
      return promise
    },
  }
}

function takeFrames(bytes: Buffer, frames: RawFrame[]): Buffer<ArrayBuffer> {
  let at = 0
  while (bytes.length - at >= 9 && bytes.length - at - 9 >= bytes.readUIntBE(at, 3)) {
    const end = at + 9 + bytes.readUIntBE(at, 3)
    frames.push({
      type: bytes.readUInt8(at + 3),
      flags: bytes.readUInt8(at + 4),
      streamId: bytes.readUInt32BE(at + 5),
      payload: Buffer.from(bytes.subarray(at + 9, end)),
    })
    at = end
  }
  return Buffer.from(bytes.subarray(at))
}

export function describe(frames: readonly RawFrame[]): string {
  return frames
    .map(({ type, flags, streamId, payload }) => `${type}/${flags}/${streamId}/${payload.length}`)
    .join(' ')
}

/** What a stream was answered, DATA glued together. */
export function answerOf(frames: readonly RawFrame[], streamId: number): Buffer {
  const mine = frames.filter((one) => one.streamId === streamId && one.type === FRAME.data)
  return Buffer.concat(mine.map(({ payload }) => payload))
}
