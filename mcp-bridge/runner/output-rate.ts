/**
 * How fast what a child writes is read: a large answer at once, a flood no faster than the bridge can
 * bear beside everything else. What is not read waits in the child's pipe, and the child with it.
 */

import type { Clock } from '../../lib/platform/clock.ts'
import {
  OUTPUT_ANSWERS_MAX,
  OUTPUT_BURST_BYTES,
  OUTPUT_BYTES_PER_SECOND,
  OUTPUT_PAUSE_MS,
  OUTPUT_PIECE_BYTES,
} from '../limits.ts'

export class OutputRate {
  readonly #clock: Clock
  #left = OUTPUT_BURST_BYTES
  #at: number
  #answers = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#at = clock()
  }

  /** It was sent something: as many pieces are expected. */
  sent(): void {
    if (this.#answers < OUTPUT_ANSWERS_MAX) this.#answers += 1
  }

  /**
   * Takes note of what was read: so many bytes, in so many pieces. Small pieces cost more than their
   * bytes, but for those that were expected. Returns for how many milliseconds nothing more should be read.
   */
  took(bytes: number, pieces: number): number {
    const answers = Math.min(this.#answers, pieces)
    this.#answers -= answers
    const cost = bytes + (pieces - answers) * OUTPUT_PIECE_BYTES
    // The time is read only when it matters: most children never come this far.
    if (cost > this.#left) this.#refill()
    this.#left -= cost
    if (this.#left >= 0) return 0
    return Math.max(OUTPUT_PAUSE_MS, (-this.#left / OUTPUT_BYTES_PER_SECOND) * 1000)
  }

  #refill(): void {
    const now = this.#clock()
    const gained = (Math.max(0, now - this.#at) / 1000) * OUTPUT_BYTES_PER_SECOND
    this.#at = now
    this.#left = Math.min(OUTPUT_BURST_BYTES, this.#left + gained)
  }
}
