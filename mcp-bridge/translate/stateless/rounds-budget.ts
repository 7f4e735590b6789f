/** How much waits in memory for the next round of somebody's requests. */

import { ROUNDS_BYTES_MAX, ROUNDS_BYTES_PER_USER_MAX } from '../../limits.ts'

export class RoundsBudget {
  readonly #byUser = new Map<string, number>()
  #total = 0

  /** False when there is no room for it. */
  take(user: string, bytes: number): boolean {
    const theirs = (this.#byUser.get(user) ?? 0) + bytes
    if (theirs > ROUNDS_BYTES_PER_USER_MAX || this.#total + bytes > ROUNDS_BYTES_MAX) return false
    this.#byUser.set(user, theirs)
    this.#total += bytes
    return true
  }

  give(user: string, bytes: number): void {
    const theirs = (this.#byUser.get(user) ?? 0) - bytes
    if (theirs === 0) this.#byUser.delete(user)
    else this.#byUser.set(user, theirs)
    this.#total -= bytes
  }
}
