/**
 * When a server is given up that takes requests and answers none any more.
 *
 * One call without an answer says little: the server may work on it still, and on others beside it.
 * Several in a row, with no answer to anything between them, end the process of a single session;
 * one that several share ends only when that has gone on for as long as a call may last at all.
 */

import { HUNG_AFTER_CALLS } from '../limits.ts'

export class Hung {
  #inRow = 0
  #sinceSecond = 0

  /** An answer has come, whomever it was for. */
  answered(): void {
    this.#inRow = 0
  }

  /** A call that began at that second was given up. */
  gaveUp(begunAt: number): void {
    this.#sinceSecond = this.#inRow === 0 ? begunAt : Math.min(this.#sinceSecond, begunAt)
    this.#inRow += 1
  }

  isHung(second: number, isShared: boolean, ceilingMs: number): boolean {
    if (this.#inRow < HUNG_AFTER_CALLS) return false
    return !isShared || (second - this.#sinceSecond) * 1000 >= ceilingMs
  }
}
