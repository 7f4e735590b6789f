/**
 * Holds a server back while none of its clients reads: what it says would have to wait in memory.
 *
 * Where several share it nobody waits for one slow reader, whose stream is cut at its bound instead.
 */

import type { ProcessUser } from './process-user.ts'
import type { Upstream } from './upstream.ts'

export class Congestion {
  readonly #child: Pick<Upstream, 'pause' | 'resume'>
  readonly #users: ReadonlySet<ProcessUser>
  #isHolding = false

  constructor(child: Pick<Upstream, 'pause' | 'resume'>, users: ReadonlySet<ProcessUser>) {
    this.#child = child
    this.#users = users
  }

  /** Whether the server may be silent because it is not listened to. */
  get isHolding(): boolean {
    return this.#isHolding
  }

  /** After something was delivered to the user. */
  check(user: ProcessUser): void {
    if (this.#isHolding || !user.isCongested || this.#isRead()) return
    this.#isHolding = true
    this.#child.pause()
  }

  /** Somebody reads again, has come or left. */
  recheck(): void {
    if (!this.#isHolding || !this.#isRead()) return
    this.#isHolding = false
    this.#child.resume()
  }

  /** A server without clients says little, and its end must be heard. */
  #isRead(): boolean {
    for (const { isCongested } of this.#users) if (!isCongested) return true
    return this.#users.size === 0
  }
}
