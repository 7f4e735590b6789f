/**
 * Answers on their way out, as far as the peer gives credit (RFC 9113, section 5.2).
 *
 * Content alone is charged, never a frame's header: the peer credits nothing else, and a connection that
 * loses nine bytes an answer stands still after a quarter of a million.
 */

import type { FrameWriter } from './frame-writer.ts'
import {
  CODE,
  ConnectionError,
  FRAME_BYTES_MAX,
  StreamError,
  WINDOW_INITIAL,
  WINDOW_MAX,
} from './protocol.ts'
import type { Stream } from './stream.ts'

const NOTHING = Buffer.alloc(0)

export class Sender {
  readonly #writer: FrameWriter
  readonly #onFinished: (stream: Stream) => void
  #window = WINDOW_INITIAL
  #initialWindow = WINDOW_INITIAL
  /** Those whose own window is open, while the connection's is not. */
  readonly #waiting = new Set<Stream>()

  constructor(writer: FrameWriter, onFinished: (stream: Stream) => void) {
    this.#writer = writer
    this.#onFinished = onFinished
  }

  /** Of a stream that begins now. */
  get initialWindow(): number {
    return this.#initialWindow
  }

  respond(stream: Stream, fields: Buffer): void {
    this.#writer.fields(fields, stream.id)
  }

  /** @returns whether all of it has gone; if not, `drained` tells when the next may be sent. */
  send(stream: Stream, head: Buffer, body: Buffer): boolean {
    if (stream.unsent !== undefined) throw new RangeError('sent before the last was')
    const length = head.length + body.length
    if (length <= Math.min(stream.sendWindow, this.#window, FRAME_BYTES_MAX)) {
      this.#data(stream, head, body)
      return true
    }
    stream.unsent = Buffer.concat([head, body])
    return this.#pump(stream)
  }

  /** Ends the answer behind all that was sent. */
  finish(stream: Stream, trailers: Buffer): void {
    if (stream.unsent !== undefined) {
      stream.trailers = trailers
      return
    }
    this.#writer.fields(trailers, stream.id)
    this.#onFinished(stream)
  }

  forget(stream: Stream): void {
    this.#waiting.delete(stream)
  }

  /** @throws ConnectionError beyond the largest window. */
  creditConnection(increment: number): void {
    this.#window += increment
    if (this.#window > WINDOW_MAX) {
      throw new ConnectionError(CODE.flowControl, 'the connection’s window is too large')
    }
    for (const stream of this.#waiting) {
      if (this.#window <= 0) return
      this.#waiting.delete(stream)
      this.#resume(stream)
    }
  }

  /** @throws StreamError beyond the largest window. */
  creditStream(stream: Stream, increment: number): void {
    stream.sendWindow += increment
    if (stream.sendWindow > WINDOW_MAX) {
      throw new StreamError(stream.id, CODE.flowControl, 'the stream’s window is too large')
    }
    this.#resume(stream)
  }

  /** @throws ConnectionError when that makes any window too large. */
  changeInitialWindow(size: number, open: Iterable<Stream>): void {
    const change = size - this.#initialWindow
    this.#initialWindow = size
    for (const stream of open) {
      stream.sendWindow += change
      if (stream.sendWindow > WINDOW_MAX) {
        throw new ConnectionError(CODE.flowControl, 'a stream’s window is too large')
      }
      this.#resume(stream)
    }
  }

  #resume(stream: Stream): void {
    if (stream.unsent === undefined || !this.#pump(stream)) return
    if (stream.trailers !== undefined) this.finish(stream, stream.trailers)
    else stream.exchange.drained()
  }

  /** @returns whether nothing is left. */
  #pump(stream: Stream): boolean {
    while (stream.unsent !== undefined) {
      const { unsent } = stream
      const length = Math.min(unsent.length, stream.sendWindow, this.#window, FRAME_BYTES_MAX)
      if (length <= 0) {
        if (stream.sendWindow > 0) this.#waiting.add(stream)
        return false
      }
      this.#data(stream, unsent.subarray(0, length), NOTHING)
      stream.unsent = length === unsent.length ? undefined : unsent.subarray(length)
    }
    return true
  }

  #data(stream: Stream, head: Buffer, body: Buffer): void {
    const length = head.length + body.length
    this.#window -= length
    stream.sendWindow -= length
    this.#writer.data(stream.id, head, body)
  }
}
