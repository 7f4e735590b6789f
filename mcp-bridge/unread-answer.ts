/** A whole answer on its way to a client that may read slowly, or not at all. */

import type { ServerResponse } from 'node:http'
import type { Queue } from './backlog.ts'
import { STUCK_BEATS_MAX } from './limits.ts'
import type { Beaten } from './ticker.ts'

export class UnreadAnswer implements Queue, Beaten {
  readonly #response: ServerResponse
  #beats = 0

  constructor(response: ServerResponse) {
    this.#response = response
  }

  get unsent(): number {
    return this.#response.writableLength
  }

  /** Who has not read it for so long is gone. */
  beat(): void {
    this.#beats += 1
    if (this.#beats >= STUCK_BEATS_MAX) this.#response.destroy()
  }
}
