/**
 * How much of what is sent waits in memory for clients that read slowly: for those of each person, and for all. Of
 * servers the same is counted apart (runner/input-share.ts).
 *
 * What each backlog tells is as it was last counted, which may be too much by what was read since: before anybody
 * is told that there is no room it is counted again.
 */

import { UNSENT_BYTES_PER_USER_MAX, UNSENT_SHARE_BYTES, UNSENT_TOTAL_BYTES_MAX } from './limits.ts'

/** Something in which bytes wait to be read. */
export interface Waiting {
  /** As they were counted last. */
  readonly bytes: number
  /** Counts again, and tells what has changed. */
  recount(): void
}

interface Person {
  readonly waiting: Set<Waiting>
  bytes: number
}

export class Unread {
  readonly #byUser = new Map<string, Person>()
  #bytes = 0

  /** By so many bytes more, or fewer, something of the person's is longer than it was. */
  changed(user: string, waiting: Waiting, change: number): void {
    const person = this.#byUser.get(user) ?? { waiting: new Set(), bytes: 0 }
    person.bytes += change
    this.#bytes += change
    if (waiting.bytes === 0) person.waiting.delete(waiting)
    else person.waiting.add(waiting)
    if (person.waiting.size === 0) this.#byUser.delete(user)
    else this.#byUser.set(user, person)
  }

  /** Whether so much more may wait for the person's clients. */
  hasRoomFor(user: string, bytes: number): boolean {
    if (this.#admits(user, bytes)) return true
    for (const { waiting } of this.#byUser.values()) for (const one of waiting) one.recount()
    return this.#admits(user, bytes)
  }

  /** One of the largest messages may go beyond what is a person's: two in a row may not. */
  #admits(user: string, bytes: number): boolean {
    const ofUser = this.#byUser.get(user)?.bytes ?? 0
    if (ofUser > UNSENT_BYTES_PER_USER_MAX) return false
    // Where much waits for others already, a little may still wait for each.
    return this.#bytes + bytes <= UNSENT_TOTAL_BYTES_MAX || ofUser + bytes <= UNSENT_SHARE_BYTES
  }
}
