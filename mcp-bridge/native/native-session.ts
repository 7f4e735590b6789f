/** A session that a native server keeps: the bridge knows whose it is, and ends it with the rest. */

import type { Session, SessionOwner } from '../sessions.ts'

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

  /** Counts an exchange in; returns what counts it out again. */
  enter(): () => void {
    this.#open += 1
    return () => {
      this.#open -= 1
    }
  }

  end(): void {
    this.#onEnd(this)
  }
}
