/** The numbers of RFC 9113, and its two kinds of error. */

export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  resetStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const

export const FLAG = {
  endStream: 0x1,
  ack: 0x1,
  endHeaders: 0x4,
  padded: 0x8,
  priority: 0x20,
} as const

export const CODE = {
  none: 0,
  protocol: 1,
  internal: 2,
  flowControl: 3,
  streamClosed: 5,
  frameSize: 6,
  refusedStream: 7,
  cancel: 8,
  compression: 9,
  enhanceYourCalm: 11,
} as const

export type Code = (typeof CODE)[keyof typeof CODE]

export const SETTING = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')
export const FRAME_HEADER_BYTES = 9
/** The least that any peer takes, and all that we take. */
export const FRAME_BYTES_MAX = 16_384
export const WINDOW_MAX = 0x7fffffff
export const WINDOW_INITIAL = 65_535

/** Ends the connection with GOAWAY. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
  readonly code: Code

  constructor(code: Code, message: string) {
    super(message)
    this.code = code
  }
}

/** Ends one stream with RST_STREAM. */
export class StreamError extends Error {
  override readonly name = 'StreamError'
  readonly streamId: number
  readonly code: Code

  constructor(streamId: number, code: Code, message: string) {
    super(message)
    this.streamId = streamId
    this.code = code
  }
}
