/** One request and its answer on a connection. */

import { STREAM_WINDOW } from './limits.ts'
import type { ReceiveWindow } from './receive-window.ts'

/** Whoever answers a request. Nothing of it is called once the stream is closed. */
export interface Exchange {
  /** Answers have to wait, so more of the request should too. */
  readonly isBusy: boolean
  /** A part of the request's content. */
  received(bytes: Buffer, start: number, end: number): void
  /** The caller has said all. */
  ended(): void
  /** What had to wait for the caller's credit has been sent. */
  drained(): void
  /** The caller waits no longer: a reset, an error, or the connection has gone. */
  closed(): void
}

/** Of a request that was refused. */
export const NO_EXCHANGE: Exchange = {
  isBusy: false,
  received() {},
  ended() {},
  drained() {},
  closed() {},
}

export class Stream implements ReceiveWindow {
  readonly id: number
  exchange = NO_EXCHANGE
  /** The caller has said all. */
  hasEnded: boolean
  isClosed = false
  /** Of the request's content, what `content-length` has yet to bring; negative without one. */
  contentLeft: number
  receiveWindow = STREAM_WINDOW
  uncredited = 0
  /** May be negative: the peer may take back credit. */
  sendWindow: number
  /** Content that waits for credit, and what ends the answer behind it. */
  unsent: Buffer | undefined = undefined
  trailers: Buffer | undefined = undefined

  constructor(id: number, hasEnded: boolean, contentLength: number, sendWindow: number) {
    this.id = id
    this.hasEnded = hasEnded
    this.contentLeft = contentLength
    this.sendWindow = sendWindow
  }
}
