/**
 * One peer on its socket: frames in, answers out, and how it ends.
 *
 * What goes wrong in here ends the connection and nothing else: Envoy asks again, and no answer can reach
 * another's stream.
 */

import type { Socket } from 'node:net'
import type { Log } from '../../../lib/platform/log.ts'
import { FrameReader } from './frame-reader.ts'
import { FrameWriter } from './frame-writer.ts'
import { IdleFrames } from './idle-frames.ts'
import { type Accept, Incoming } from './incoming.ts'
import { CONNECTION_WINDOW, GOAWAY_MS, PREFACE_MS, UNREAD_BYTES_MAX } from './limits.ts'
import { CODE, ConnectionError, WINDOW_INITIAL, WINDOW_MAX } from './protocol.ts'
import { Sender } from './sender.ts'
import { OUR_SETTINGS } from './settings.ts'
import type { Stream } from './stream.ts'
import { CLOSED, Streams } from './streams.ts'

/** What whoever answers requests may do with the connection. */
export interface ConnectionPorts {
  readonly sender: Sender
  /** Lets the caller of a stream go on. */
  readonly credit: (stream: Stream) => void
  /** Runs what was waited for: its frames leave at the end of this turn, its faults end the connection. */
  readonly later: (action: () => void) => void
}

const PING = Buffer.from('draining', 'latin1')
/** For the last frames to a peer that does not read. */
const LAST_WORDS_MS = 1000

export class Connection {
  readonly #socket: Socket
  readonly #log: Log
  readonly #streams = new Streams()
  readonly #writer: FrameWriter
  readonly #reader: FrameReader
  readonly #incoming: Incoming
  readonly #idleFrames = new IdleFrames(performance.now())
  #isOver = false
  #isDraining = false
  #timer: NodeJS.Timeout

  constructor(socket: Socket, createAccept: (ports: ConnectionPorts) => Accept, log: Log) {
    this.#socket = socket
    this.#log = log
    const writer = new FrameWriter(socket)
    const sender = new Sender(writer, (stream) => this.#onFinished(stream))
    const accept = createAccept({
      sender,
      credit: (stream) => this.#incoming.creditStream(stream),
      later: (action) => this.#later(action),
    })
    this.#incoming = new Incoming({
      writer,
      sender,
      streams: this.#streams,
      idleFrames: this.#idleFrames,
      accept,
      onPingAnswered: () => this.#onPingAnswered(),
    })
    this.#writer = writer
    this.#reader = new FrameReader(this.#incoming.handle)
    this.#timer = setTimeout(() => this.#onSilence(), PREFACE_MS)
    this.#begin()
  }

  /** Two steps (RFC 9113, section 6.8): what is on its way before the peer has read the first is answered. */
  close(): void {
    if (this.#isOver || this.#isDraining) return
    if (!this.#incoming.hasSettings) {
      this.#end()
      return
    }
    this.#isDraining = true
    this.#writer.goAway(WINDOW_MAX, CODE.none)
    this.#writer.ping(PING, 0)
    this.#writer.flush()
    this.#timer = setTimeout(() => this.#later(() => this.#refuse()), GOAWAY_MS)
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #begin(): void {
    this.#socket.on('data', (chunk: Buffer) => this.#onData(chunk))
    this.#socket.once('close', () => this.#onClose())
    this.#socket.on('error', (error) => this.#log.debug({ err: error }, 'gRPC connection broken'))
    this.#writer.settings(OUR_SETTINGS)
    this.#writer.windowUpdate(0, CONNECTION_WINDOW - WINDOW_INITIAL)
    this.#writer.flush()
  }

  #onData(chunk: Buffer): void {
    this.#guard(() => {
      this.#idleFrames.refill(performance.now())
      this.#reader.read(chunk)
      if (!this.#isDraining && this.#incoming.hasSettings) clearTimeout(this.#timer)
    })
    this.#writer.flush()
    this.#waitUntilRead()
  }

  #later(action: () => void): void {
    this.#guard(action)
    this.#writer.flushSoon()
  }

  #guard(action: () => void): void {
    if (this.#isOver) return
    try {
      action()
      if (this.#isDraining && !this.#incoming.takesRequests && this.#streams.open.size === 0)
        this.#end()
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    if (!(error instanceof ConnectionError)) {
      this.#log.error({ err: error }, 'gRPC connection given up')
      this.#isOver = true
      this.#socket.destroy()
      return
    }
    const { code: http2_error, message: detail } = error
    // Not as `code`, which the log takes for one of OAuth's and hides.
    this.#log.warn({ http2_error, detail }, 'gRPC connection refused')
    this.#writer.goAway(this.#streams.last, error.code)
    this.#end()
  }

  /** A peer that does not read its answers is not read either. */
  #waitUntilRead(): void {
    if (this.#isOver || this.#socket.writableLength <= UNREAD_BYTES_MAX) return
    this.#socket.pause()
    this.#socket.once('drain', () => this.#socket.resume())
  }

  #onFinished(stream: Stream): void {
    if (!stream.hasEnded) this.#writer.resetStream(stream.id, CODE.none)
    this.#streams.close(stream, stream.hasEnded ? CLOSED.ended : CLOSED.resetByUs)
  }

  #onPingAnswered(): void {
    if (this.#isDraining) this.#refuse()
  }

  #refuse(): void {
    if (!this.#incoming.takesRequests) return
    this.#incoming.refuseRequests()
    this.#writer.goAway(this.#streams.last, CODE.none)
  }

  #onSilence(): void {
    this.#log.warn('gRPC connection without a preface')
    this.#end()
  }

  #end(): void {
    this.#isOver = true
    this.#writer.flush()
    this.#socket.destroySoon()
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#socket.destroy(), LAST_WORDS_MS)
  }

  #onClose(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
    for (const stream of this.#streams.open.values()) {
      stream.isClosed = true
      stream.exchange.closed()
    }
    this.#streams.open.clear()
  }
}
