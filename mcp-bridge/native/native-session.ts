/** A session that a native server keeps: the bridge knows whose it is, and ends it with the rest. */

import { PENDING_PER_SESSION_MAX } from '../limits.ts'
import type { Session, SessionOwner } from '../sessions.ts'
import { tooManyPending } from '../too-much.ts'

export class NativeSession implements Session {
  readonly id: string
  readonly owner: SessionOwner
  readonly revision: string
  readonly #onEnd: (session: NativeSession) => void
  #open = 0

  constructor(
    id: string,
    owner: SessionOwner,
    revision: string,
    onEnd: (session: NativeSession) => void,
  ) {
    this.id = id
    this.owner = owner
    this.revision = revision
    this.#onEnd = onEnd
  }

  get isBusy(): boolean {
    return this.#open > 0
  }

  /**
   * Counts an exchange in; returns what counts it out again.
   * @throws RpcFault 429 where there are too many.
   */
  enter(): () => void {
    if (this.#open >= PENDING_PER_SESSION_MAX) throw tooManyPending()
    this.#open += 1
    return () => {
      this.#open -= 1
    }
  }

  end(): void {
    this.#onEnd(this)
  }
}
