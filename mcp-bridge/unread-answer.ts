/** A whole answer on its way to a client that may read slowly, or not at all. */

import type { ServerResponse } from 'node:http'
import type { Backlog, Queue } from './backlog.ts'
import { STUCK_BEATS_MAX } from './limits.ts'
import type { Beaten, Ticker } from './ticker.ts'

/** Until it is read it counts among what waits for its client. */
export function countUnread(response: ServerResponse, backlog: Backlog, keepAlive: Ticker): void {
  const answer = new UnreadAnswer(response)
  backlog.add(answer)
  backlog.grown()
  keepAlive.add(answer)
  response.once('close', () => {
    keepAlive.remove(answer)
    backlog.remove(answer)
  })
}

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
