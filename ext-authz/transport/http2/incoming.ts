/** What each frame of the peer does, above all those of its requests, and which error it is where it must not be (RFC 9113, section 6). */

import { assertLength, ConnectionFrames, wrong } from './connection-frames.ts'
import { FieldBlock } from './field-block.ts'
import type { Frame } from './frame-reader.ts'
import type { FrameWriter } from './frame-writer.ts'
import { FieldDecoder } from './hpack/decoder.ts'
import type { IdleFrames } from './idle-frames.ts'
import { CONNECTION_WINDOW, FIELD_TABLE_BYTES_MAX, STREAM_WINDOW, STREAMS_MAX } from './limits.ts'
import { cutPadding, cutPriority } from './payload.ts'
import { CODE, type Code, ConnectionError, FLAG, FRAME, StreamError } from './protocol.ts'
import { giveCredit, type ReceiveWindow, takeCredit } from './receive-window.ts'
import { HeadReader, type RequestHead } from './request-head.ts'
import type { Sender } from './sender.ts'
import { type Exchange, Stream } from './stream.ts'
import { CLOSED, type Streams } from './streams.ts'

/** Undefined refuses the stream: nothing was done for it. */
export type Accept = (stream: Stream, head: RequestHead) => Exchange | undefined

export interface IncomingPorts {
  readonly writer: FrameWriter
  readonly sender: Sender
  readonly streams: Streams
  readonly idleFrames: IdleFrames
  readonly accept: Accept
  readonly onPingAnswered: () => void
}

export class Incoming {
  readonly #ports: IncomingPorts
  readonly #decoder = new FieldDecoder(FIELD_TABLE_BYTES_MAX)
  readonly #head = new HeadReader()
  readonly #window: ReceiveWindow = { receiveWindow: CONNECTION_WINDOW, uncredited: 0 }
  #block: FieldBlock | undefined
  readonly #connection: ConnectionFrames
  #takesRequests = true

  constructor(ports: IncomingPorts) {
    this.#ports = ports
    this.#connection = new ConnectionFrames(ports)
  }

  get takesRequests(): boolean {
    return this.#takesRequests
  }

  get hasSettings(): boolean {
    return this.#connection.hasSettings
  }

  refuseRequests(): void {
    this.#takesRequests = false
  }

  readonly handle = (frame: Frame): void => {
    this.#assertInOrder(frame)
    try {
      this.#dispatch(frame)
    } catch (error) {
      if (!(error instanceof StreamError)) throw error
      this.#ports.idleFrames.charge()
      this.#reset(error.streamId, error.code)
    }
  }

  #assertInOrder({ type, flags, streamId }: Frame): void {
    const isSettings = type === FRAME.settings && (flags & FLAG.ack) === 0
    if (!this.hasSettings && !isSettings) throw wrong('the first frame is not SETTINGS')
    if (type === FRAME.continuation) {
      if (this.#block?.streamId !== streamId) throw wrong('CONTINUATION of nothing')
    } else if (this.#block !== undefined) {
      throw wrong('a frame within a header block')
    }
  }

  #dispatch(frame: Frame): void {
    switch (frame.type) {
      case FRAME.data:
        this.#data(frame)
        break
      case FRAME.headers:
        this.#headers(frame)
        break
      case FRAME.continuation:
        this.#continuation(frame)
        break
      case FRAME.windowUpdate:
        this.#connection.windowUpdate(frame)
        break
      case FRAME.resetStream:
        this.#resetStream(frame)
        break
      case FRAME.settings:
        this.#connection.settings(frame)
        break
      case FRAME.ping:
        this.#connection.ping(frame)
        break
      case FRAME.priority:
        this.#connection.priority(frame)
        break
      case FRAME.goAway:
        this.#connection.goAway(frame)
        break
      case FRAME.pushPromise:
        throw wrong('PUSH_PROMISE of a client')
      default:
        // Of an extension that we do not know.
        this.#ports.idleFrames.charge()
    }
  }

  #data(frame: Frame): void {
    const { streamId, bytes } = frame
    if (streamId === 0) throw wrong('DATA on the connection')
    const charged = frame.end - frame.start
    if (!takeCredit(this.#window, charged)) {
      throw new ConnectionError(CODE.flowControl, 'more than the connection’s window')
    }
    this.#credit(0, this.#window, CONNECTION_WINDOW)
    const { start, end } = cutPadding(frame)
    const endsStream = (frame.flags & FLAG.endStream) !== 0
    if (start === end && !endsStream) this.#ports.idleFrames.charge()
    const stream = this.#streamOf(streamId)
    if (stream === undefined) return
    this.#count(stream, charged, end - start, endsStream)
    stream.hasEnded = endsStream
    if (end > start) stream.exchange.received(bytes, start, end)
    if (stream.isClosed) return
    if (endsStream) stream.exchange.ended()
    else this.creditStream(stream)
  }

  /** Undefined when its frames no longer matter. */
  #streamOf(id: number): Stream | undefined {
    const { streams } = this.#ports
    const stream = streams.open.get(id)
    if (stream?.hasEnded === false) return stream
    if (streams.isIdle(id)) throw wrong('a frame of a stream that is not open')
    if (streams.howClosed(id) === CLOSED.resetByUs) return undefined
    throw new StreamError(id, CODE.streamClosed, 'more than the end')
  }

  /** @throws StreamError when the stream brings more than it may, or less than it said. */
  #count(stream: Stream, charged: number, content: number, endsStream: boolean): void {
    if (!takeCredit(stream, charged)) {
      throw new StreamError(stream.id, CODE.flowControl, 'more than the stream’s window')
    }
    if (stream.contentLeft < 0) return
    stream.contentLeft -= content
    if (stream.contentLeft < 0 || (endsStream && stream.contentLeft > 0)) {
      throw new StreamError(stream.id, CODE.protocol, 'content-length does not fit')
    }
  }

  /** Gives back what the stream has used, unless its answers have to wait. */
  creditStream(stream: Stream): void {
    if (!stream.hasEnded && !stream.exchange.isBusy) this.#credit(stream.id, stream, STREAM_WINDOW)
  }

  #credit(streamId: number, window: ReceiveWindow, size: number): void {
    const increment = giveCredit(window, size)
    if (increment > 0) this.#ports.writer.windowUpdate(streamId, increment)
  }

  #headers(frame: Frame): void {
    const { streamId, bytes, flags } = frame
    if (streamId % 2 === 0) throw wrong('HEADERS on a stream of ours')
    const { start, end } = cutPriority(frame, cutPadding(frame))
    const endsStream = (flags & FLAG.endStream) !== 0
    if ((flags & FLAG.endHeaders) === 0) {
      this.#block = new FieldBlock(streamId, endsStream)
      this.#block.add(bytes.subarray(start, end))
    } else {
      this.#fields(streamId, endsStream, bytes, start, end)
    }
  }

  #continuation({ bytes, start, end, flags }: Frame): void {
    const block = this.#block as FieldBlock
    block.add(bytes.subarray(start, end))
    if ((flags & FLAG.endHeaders) === 0) return
    this.#block = undefined
    const whole = block.whole()
    this.#fields(block.streamId, block.endsStream, whole, 0, whole.length)
  }

  /** Every block is decoded, whatever becomes of its stream: the next one builds on it. */
  #fields(id: number, endsStream: boolean, bytes: Buffer, start: number, end: number): void {
    const { streams } = this.#ports
    this.#head.begin()
    this.#decoder.decode(bytes, start, end, this.#head.add)
    const stream = streams.open.get(id)
    if (stream !== undefined) this.#trailers(stream, endsStream)
    else if (id > streams.last) this.#open(id, endsStream)
    else this.#late(id)
  }

  #trailers(stream: Stream, endsStream: boolean): void {
    if (stream.hasEnded) throw new StreamError(stream.id, CODE.streamClosed, 'more than the end')
    if (!endsStream || !this.#head.areTrailers || stream.contentLeft > 0) {
      throw new StreamError(stream.id, CODE.protocol, 'malformed end of a request')
    }
    stream.hasEnded = true
    stream.exchange.ended()
  }

  #late(id: number): void {
    this.#ports.idleFrames.charge()
    switch (this.#ports.streams.howClosed(id)) {
      case CLOSED.resetByUs:
        return
      case CLOSED.resetByPeer:
        throw new StreamError(id, CODE.streamClosed, 'HEADERS after RST_STREAM')
      case CLOSED.ended:
        throw new ConnectionError(CODE.streamClosed, 'HEADERS after the end of a stream')
      default:
        throw wrong('an id below the last')
    }
  }

  #open(id: number, endsStream: boolean): void {
    const { streams, sender, idleFrames, accept } = this.#ports
    streams.last = id
    idleFrames.requestCame()
    if (!this.#takesRequests || streams.open.size >= STREAMS_MAX) {
      throw new StreamError(id, CODE.refusedStream, 'too many streams')
    }
    const head = this.#head.head()
    if (head === undefined || (endsStream && head.contentLength > 0)) {
      throw new StreamError(id, CODE.protocol, 'malformed request')
    }
    const stream = new Stream(id, endsStream, head.contentLength, sender.initialWindow)
    streams.open.set(id, stream)
    const exchange = accept(stream, head)
    if (exchange === undefined) throw new StreamError(id, CODE.refusedStream, 'too much is running')
    stream.exchange = exchange
    if (endsStream && !stream.isClosed) exchange.ended()
  }

  #resetStream({ streamId, start, end }: Frame): void {
    assertLength(end - start, 4)
    const { streams, sender, idleFrames } = this.#ports
    if (streamId === 0 || streams.isIdle(streamId)) throw wrong('RST_STREAM of nothing')
    idleFrames.charge()
    const stream = streams.open.get(streamId)
    if (stream === undefined) return
    sender.forget(stream)
    streams.close(stream, CLOSED.resetByPeer)
    stream.exchange.closed()
  }

  #reset(id: number, code: Code): void {
    const { writer, sender, streams } = this.#ports
    writer.resetStream(id, code)
    const stream = streams.open.get(id)
    if (stream === undefined) {
      streams.remember(id, CLOSED.resetByUs)
      return
    }
    sender.forget(stream)
    streams.close(stream, CLOSED.resetByUs)
    stream.exchange.closed()
  }
}
