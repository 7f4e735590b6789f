/** Bytes as they come from the socket → whole frames. */

import { CODE, ConnectionError, FRAME_BYTES_MAX, FRAME_HEADER_BYTES, PREFACE } from './protocol.ts'

/** One object for all frames of a connection; `bytes` are never written again. */
export interface Frame {
  type: number
  flags: number
  streamId: number
  bytes: Buffer
  start: number
  end: number
}

const NOTHING: Buffer = Buffer.alloc(0)

export class FrameReader {
  readonly #onFrame: (frame: Frame) => void
  readonly #frame: Frame = { type: 0, flags: 0, streamId: 0, bytes: NOTHING, start: 0, end: 0 }
  #prefaceLeft = PREFACE
  /** A frame of which a part has come; with its header, as long as it will be. */
  #partial = NOTHING
  #filled = 0

  constructor(onFrame: (frame: Frame) => void) {
    this.#onFrame = onFrame
  }

  /** @throws ConnectionError when this is not HTTP/2, or a frame too large, or what `onFrame` throws. */
  read(chunk: Buffer): void {
    let at = this.#prefaceLeft.length === 0 ? 0 : this.#readPreface(chunk)
    if (this.#filled > 0) at = this.#completePartial(chunk, at)
    while (chunk.length - at >= FRAME_HEADER_BYTES) {
      const end = at + frameBytes(chunk, at)
      if (end > chunk.length) break
      this.#emit(chunk, at, end)
      at = end
    }
    if (at < chunk.length) this.#keep(chunk, at)
  }

  #readPreface(chunk: Buffer): number {
    const length = Math.min(chunk.length, this.#prefaceLeft.length)
    if (chunk.compare(this.#prefaceLeft, 0, length, 0, length) !== 0) {
      throw new ConnectionError(CODE.protocol, 'the peer does not speak HTTP/2')
    }
    this.#prefaceLeft = this.#prefaceLeft.subarray(length)
    return length
  }

  /** @returns where the next frame begins. */
  #completePartial(chunk: Buffer, start: number): number {
    let at = start
    if (this.#filled < FRAME_HEADER_BYTES) {
      at = this.#fill(chunk, at, FRAME_HEADER_BYTES)
      if (this.#filled < FRAME_HEADER_BYTES) return at
      this.#partial = enlarge(this.#partial, frameBytes(this.#partial, 0))
    }
    at = this.#fill(chunk, at, this.#partial.length)
    if (this.#filled === this.#partial.length) {
      const whole = this.#partial
      this.#partial = NOTHING
      this.#filled = 0
      this.#emit(whole, 0, whole.length)
    }
    return at
  }

  #fill(chunk: Buffer, start: number, until: number): number {
    const copied = chunk.copy(this.#partial, this.#filled, start, start + until - this.#filled)
    this.#filled += copied
    return start + copied
  }

  #keep(chunk: Buffer, start: number): void {
    const hasHeader = chunk.length - start >= FRAME_HEADER_BYTES
    const length = hasHeader ? frameBytes(chunk, start) : FRAME_HEADER_BYTES
    this.#partial = Buffer.allocUnsafe(length)
    this.#filled = chunk.copy(this.#partial, 0, start)
  }

  #emit(bytes: Buffer, start: number, end: number): void {
    const frame = this.#frame
    frame.type = bytes.readUInt8(start + 3)
    frame.flags = bytes.readUInt8(start + 4)
    frame.streamId = bytes.readUInt32BE(start + 5) & 0x7fffffff
    frame.bytes = bytes
    frame.start = start + FRAME_HEADER_BYTES
    frame.end = end
    this.#onFrame(frame)
  }
}

/** Header and payload. */
function frameBytes(bytes: Buffer, start: number): number {
  const length = bytes.readUInt32BE(start) >>> 8
  if (length > FRAME_BYTES_MAX) throw new ConnectionError(CODE.frameSize, 'frame too large')
  return FRAME_HEADER_BYTES + length
}

function enlarge(bytes: Buffer, length: number): Buffer {
  const larger = Buffer.allocUnsafe(length)
  bytes.copy(larger)
  return larger
}
