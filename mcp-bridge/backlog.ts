/**
 * How much of one session's streams waits for a client that reads slowly.
 *
 * Beyond a first bound the server may be made to wait, beyond a second the stream that would need
 * more is cut: the client can come back for what is kept of it.
 */

import { CONGESTED_BYTES, UNSENT_BYTES_MAX } from './limits.ts'

export interface Queue {
  /** Bytes that have been written and not yet been taken. */
  readonly unsent: number
}

export class Backlog {
  readonly #queues = new Set<Queue>()
  readonly #onRelieved: () => void
  #isCongested = false

  constructor(onRelieved: () => void) {
    this.#onRelieved = onRelieved
  }

  get isCongested(): boolean {
    return this.#isCongested
  }

  add(queue: Queue): void {
    this.#queues.add(queue)
  }

  remove(queue: Queue): void {
    this.#queues.delete(queue)
    this.shrunk()
  }

  /** Whether there is no room for more. */
  get isFull(): boolean {
    return this.#isCongested && this.#total() > UNSENT_BYTES_MAX
  }

  /** A queue has grown. */
  grown(): void {
    this.#isCongested ||= this.#total() > CONGESTED_BYTES
  }

  shrunk(): void {
    if (!this.#isCongested || this.#total() > CONGESTED_BYTES) return
    this.#isCongested = false
    this.#onRelieved()
  }

  #total(): number {
    let total = 0
    for (const { unsent } of this.#queues) total += unsent
    return total
  }
}
