/**
 * What is kept of a remote server's answers until the rest of them, or of one event in them, has come: each has the
 * bound of a message, and all together have one, with room for two of the largest.
 */

import { REMOTE_UNFINISHED_BYTES_MAX, REMOTE_UNFINISHED_SHARE_BYTES } from '../limits.ts'

export class Unfinished {
  readonly #bytesMax: number
  #bytes = 0

  constructor(messageBytesMax: number) {
    this.#bytesMax = Math.max(REMOTE_UNFINISHED_BYTES_MAX, 2 * messageBytesMax)
  }

  begin(): UnfinishedAnswer {
    return new UnfinishedAnswer((change) => {
      this.#bytes += change
      return this.#bytes > this.#bytesMax
    })
  }
}

class UnfinishedAnswer {
  readonly #change: (bytes: number) => boolean
  #bytes = 0

  /** `change` tells whether all of them are too much. */
  constructor(change: (bytes: number) => boolean) {
    this.#change = change
  }

  /** Returns whether that is too much; a small one never is. */
  keeps(bytes: number): boolean {
    const isCrowded = this.#change(bytes - this.#bytes)
    this.#bytes = bytes
    return isCrowded && bytes > REMOTE_UNFINISHED_SHARE_BYTES
  }

  end(): void {
    this.keeps(0)
  }
}
