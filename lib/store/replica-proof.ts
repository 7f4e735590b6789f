/** How old the knowledge in a replica's memory is, by two clocks: a machine may sleep, and its clock be set. */

import type { Clock } from '../platform/clock.ts'

/** Older knowledge than this is no knowledge: the store is asked, or nobody is let in. */
export const FRESH_MS = 2000

/** The same moment on both clocks, in milliseconds. */
export interface Moment {
  /** Stops while the machine sleeps. */
  readonly steady: number
  /** Jumps when it is set. */
  readonly wall: number
}

/** Entries outlive their tokens by far more: so much may be corrected behind what was let go. */
const CORRECTION_MS = 1000

export class ReplicaProof {
  readonly #clock: Clock
  #proven: Moment | undefined
  /** When entries were let go as ended: the latest on each clock, since they were last read. */
  #forgot: Moment | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  now(): Moment {
    return { steady: performance.now(), wall: this.#clock() }
  }

  /** Milliseconds since the newest proof was sent; Infinity without one that counts. */
  staleness(): number {
    const now = this.now()
    if (this.#proven === undefined || this.lacksEnded(now)) return Number.POSITIVE_INFINITY
    // The larger is safe; a clock that was set back might hide that the machine slept.
    return Math.max(now.steady - this.#proven.steady, Math.abs(now.wall - this.#proven.wall))
  }

  /** Whether the clock stands before a time at which entries were let go as ended: they have not ended. */
  lacksEnded(now = this.now()): boolean {
    return this.#forgot !== undefined && now.wall < this.#forgot.wall - CORRECTION_MS
  }

  /** By an answer that tells that memory lacks nothing. `sent`: when it was asked for. */
  prove(sent: Moment): void {
    if (this.#proven === undefined || sent.steady > this.#proven.steady) this.#proven = sent
  }

  /** By having read everything: what was let go before that is there again. */
  proveByLoad(sent: Moment): void {
    if (this.#forgot !== undefined && this.#forgot.steady < sent.steady) this.#forgot = undefined
    this.prove(sent)
  }

  /** Entries that had ended by `now` were let go. */
  noteForgotten(now: Moment): void {
    this.#forgot = { steady: now.steady, wall: Math.max(now.wall, this.#forgot?.wall ?? now.wall) }
  }
}
