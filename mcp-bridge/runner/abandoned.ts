/**
 * Requests that nobody waits for any more, though the server may work on them still: those that were
 * cancelled or given up, or whose session has ended.
 *
 * It need not answer them (MCP, cancellation), and many work on all the same: until it answers, or a
 * while is over, they take room, and the turn they have.
 */

import { ABANDONED_SECONDS } from '../limits.ts'
import type { Call, ProcessUser } from './process-user.ts'

interface Abandoned {
  readonly user: ProcessUser
  readonly call: Call
  readonly since: number
}

export class AbandonedCalls {
  readonly #byId = new Map<number, Abandoned>()
  readonly #onReleased: (call: Call) => void

  /** `onReleased`: the server is not busy with it any more, as far as one can tell. */
  constructor(onReleased: (call: Call) => void) {
    this.#onReleased = onReleased
  }

  get size(): number {
    return this.#byId.size
  }

  countOf(userId: string | undefined): number {
    return [...this.#byId.values()].filter(({ user }) => user.userId === userId).length
  }

  add(id: number, abandoned: Abandoned): void {
    this.#byId.set(id, abandoned)
  }

  /** It was answered after all. */
  release(id: number): void {
    const abandoned = this.#byId.get(id)
    if (abandoned === undefined) return
    this.#byId.delete(id)
    this.#onReleased(abandoned.call)
  }

  releaseThose(matches: (id: number) => boolean): void {
    for (const id of this.#byId.keys()) if (matches(id)) this.release(id)
  }

  /** What has been abandoned for so long that nobody waits for it, to the second `now`. */
  releaseUntil(now: number): void {
    // The second in which it was abandoned was not a whole one.
    for (const [id, { since }] of this.#byId) {
      if (now - since - 1 >= ABANDONED_SECONDS) this.release(id)
    }
  }
}
