/**
 * Holds a server back while its client does not read: what it says would have to wait in memory.
 *
 * Only where a process has a single session: in a shared one nobody waits for a slow reader, whose
 * stream is cut at its bound instead.
 */

import type { Child } from './child.ts'
import type { ProcessUser } from './process-user.ts'

export class Congestion {
  readonly #child: Pick<Child, 'pause' | 'resume'>
  #by: ProcessUser | undefined

  constructor(child: Pick<Child, 'pause' | 'resume'>) {
    this.#child = child
  }

  /** Whether the server may be silent because it is not listened to. */
  get isHolding(): boolean {
    return this.#by !== undefined
  }

  /** After something was delivered to the user. */
  check(user: ProcessUser): void {
    if (this.#by !== undefined || !user.isCongested) return
    this.#by = user
    this.#child.pause()
  }

  /** The user reads again, or has left. */
  over(user: ProcessUser): void {
    if (this.#by !== user) return
    this.#by = undefined
    this.#child.resume()
  }
}
