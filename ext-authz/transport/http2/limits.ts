/** What one connection may cost. */

/** Announced; more are refused, which Envoy tries again. */
export const STREAMS_MAX = 1024
/** Running answers, with those whose caller has gone. */
export const RUNNING_MAX = 2 * STREAMS_MAX
/** Names, values and 32 bytes each, as RFC 9113 counts. Announced. */
export const FIELD_LIST_BYTES_MAX = 16_384
/** HEADERS and CONTINUATION together, as sent. */
export const FIELD_BLOCK_BYTES_MAX = 32_768
export const CONTINUATIONS_MAX = 16
export const FIELD_TABLE_BYTES_MAX = 4096
export const SETTINGS_MAX = 32

/** One gRPC message. */
export const MESSAGE_BYTES_MAX = 262_144
/** Messages of one stream that wait for their turn. */
export const WAITING_MESSAGES_MAX = 64
/** Messages of all streams: not yet whole, waiting, or with who answers them. */
export const HELD_BYTES_MAX = 8 * 1_048_576

/** More than a message with its frames' padding. Announced. */
export const STREAM_WINDOW = 393_216
export const CONNECTION_WINDOW = 4 * 1_048_576

/** A peer that leaves more than this unread is not read either. */
export const UNREAD_BYTES_MAX = 1_048_576

/** Frames that ask for work and carry nothing: a second's worth, and at most so many at once. */
export const IDLE_FRAMES_MAX = 10_000
/** What a request may bring beside itself: credit, a reset. */
export const IDLE_FRAMES_PER_REQUEST = 4

export const CONNECTIONS_MAX = 256
/** From a connection to its preface and settings. */
export const PREFACE_MS = 10_000
/** From the first GOAWAY to the second, when the peer answers no PING. */
export const GOAWAY_MS = 250
/** For calls that run when the server closes. */
export const CLOSE_MS = 2000
