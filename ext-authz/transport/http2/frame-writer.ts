/** Frames → bytes on the socket: what is written in one turn of the event loop goes out at once. */

import type { Socket } from 'node:net'
import {
  type Code,
  FLAG,
  FRAME,
  FRAME_BYTES_MAX,
  FRAME_HEADER_BYTES,
  WINDOW_MAX,
} from './protocol.ts'

const BUFFER_BYTES = 32_768
const STREAM_ID_AT = 5
/** The table we encode with is empty and stays so: said once, before the first field. */
const NO_TABLE = 0x20

export class FrameWriter {
  readonly #socket: Socket
  #bytes: Buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)
  #used = 0
  /** A buffer that the socket has given back. */
  #spare: Buffer | undefined
  #isScheduled = false
  #hasWrittenFields = false

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** A HEADERS frame made beforehand, with END_HEADERS and without padding. */
  fields(frame: Buffer, streamId: number): void {
    if (this.#hasWrittenFields) this.#made(frame, streamId)
    else this.#firstFields(frame, streamId)
  }

  /** A DATA frame of two pieces, together at most `FRAME_BYTES_MAX`. */
  data(streamId: number, head: Buffer, body: Buffer): void {
    this.#begin(FRAME.data, 0, streamId, head.length + body.length)
    this.#put(head)
    this.#put(body)
  }

  settings(payload: Buffer): void {
    this.#begin(FRAME.settings, 0, 0, payload.length)
    this.#put(payload)
  }

  settingsAck(): void {
    this.#begin(FRAME.settings, FLAG.ack, 0, 0)
  }

  ping(payload: Buffer, flags: number): void {
    this.#begin(FRAME.ping, flags, 0, payload.length)
    this.#put(payload)
  }

  windowUpdate(streamId: number, increment: number): void {
    this.#begin(FRAME.windowUpdate, 0, streamId, 4)
    this.#number(increment)
  }

  resetStream(streamId: number, code: Code): void {
    this.#begin(FRAME.resetStream, 0, streamId, 4)
    this.#number(code)
  }

  goAway(lastStreamId: number, code: Code): void {
    this.#begin(FRAME.goAway, 0, 0, 8)
    this.#number(lastStreamId & WINDOW_MAX)
    this.#number(code)
  }

  flush(): void {
    const used = this.#used
    this.#used = 0
    if (used === 0 || !this.#socket.writable) return
    const bytes = this.#bytes
    this.#bytes = this.#spare ?? Buffer.allocUnsafeSlow(BUFFER_BYTES)
    this.#spare = undefined
    this.#socket.write(bytes.subarray(0, used), () => {
      this.#spare = bytes
    })
  }

  /** At the end of this turn, with all that other answers add in it. */
  flushSoon(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.flush()
    })
  }

  #made(frame: Buffer, streamId: number): void {
    this.#reserve(frame.length)
    const start = this.#used
    this.#put(frame)
    this.#bytes.writeUInt32BE(streamId, start + STREAM_ID_AT)
  }

  #firstFields(frame: Buffer, streamId: number): void {
    this.#hasWrittenFields = true
    const block = frame.subarray(FRAME_HEADER_BYTES)
    this.#begin(FRAME.headers, frame.readUInt8(4), streamId, block.length + 1)
    this.#bytes[this.#used] = NO_TABLE
    this.#used += 1
    this.#put(block)
  }

  #begin(type: number, flags: number, streamId: number, length: number): void {
    if (length > FRAME_BYTES_MAX) throw new RangeError(`a frame of ${length} bytes`)
    this.#reserve(FRAME_HEADER_BYTES + length)
    this.#number((length << 8) | type)
    this.#bytes[this.#used] = flags
    this.#used += 1
    this.#number(streamId)
  }

  #put(bytes: Buffer): void {
    this.#used += bytes.copy(this.#bytes, this.#used)
  }

  #number(value: number): void {
    this.#used = this.#bytes.writeUInt32BE(value, this.#used)
  }

  #reserve(length: number): void {
    if (this.#used + length > BUFFER_BYTES) this.flush()
  }
}
