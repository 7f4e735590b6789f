/** A header block in several frames: HEADERS, then CONTINUATION until it is whole, and nothing between. */

import { CONTINUATIONS_MAX, FIELD_BLOCK_BYTES_MAX } from './limits.ts'
import { CODE, ConnectionError } from './protocol.ts'

export class FieldBlock {
  readonly streamId: number
  readonly endsStream: boolean
  readonly #pieces: Buffer[] = []
  #bytes = 0

  constructor(streamId: number, endsStream: boolean) {
    this.streamId = streamId
    this.endsStream = endsStream
  }

  /** @throws ConnectionError beyond the bounds: without the whole block the tables would differ. */
  add(piece: Buffer): void {
    this.#pieces.push(piece)
    this.#bytes += piece.length
    if (this.#bytes > FIELD_BLOCK_BYTES_MAX || this.#pieces.length > CONTINUATIONS_MAX + 1) {
      throw new ConnectionError(CODE.enhanceYourCalm, 'header block too large')
    }
  }

  whole(): Buffer {
    return Buffer.concat(this.#pieces)
  }
}
