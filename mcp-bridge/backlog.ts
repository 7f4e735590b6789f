/**
 * How much of one session's streams waits for a client that reads slowly.
 *
 * Beyond a first bound the server may be made to wait, beyond a second the stream that would need
 * more is cut: the client can come back for what is kept of it. The same where too much waits for all clients
 * of its person, or for everybody's (unread.ts).
 */

import { CONGESTED_BYTES, UNSENT_BYTES_MAX } from './limits.ts'
import type { Unread, Waiting } from './unread.ts'

export interface Queue {
  /** Bytes that have been written and not yet been taken. */
  readonly unsent: number
}

export class Backlog implements Waiting {
  readonly #queues = new Set<Queue>()
  readonly #unread: Unread
  readonly #user: string
  readonly #onRelieved: () => void
  #isCongested = false
  #bytes = 0

  constructor(unread: Unread, user: string, onRelieved: () => void) {
    this.#unread = unread
    this.#user = user
    this.#onRelieved = onRelieved
  }

  get bytes(): number {
    return this.#bytes
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
    return !this.hasRoomFor(0)
  }

  hasRoomFor(bytes: number): boolean {
    if (this.#isCongested && this.#total() > UNSENT_BYTES_MAX) return false
    return this.#unread.hasRoomFor(this.#user, bytes)
  }

  /** A queue has grown. */
  grown(): void {
    this.recount()
    this.#isCongested ||= this.#bytes > CONGESTED_BYTES
  }

  shrunk(): void {
    // Most never grew.
    if (this.#bytes === 0 && !this.#isCongested) return
    this.recount()
    if (!this.#isCongested || this.#bytes > CONGESTED_BYTES) return
    this.#isCongested = false
    this.#onRelieved()
  }

  recount(): void {
    const change = this.#total() - this.#bytes
    if (change === 0) return
    this.#bytes += change
    this.#unread.changed(this.#user, this, change)
  }

  #total(): number {
    let total = 0
    for (const { unsent } of this.#queues) total += unsent
    return total
  }
}
