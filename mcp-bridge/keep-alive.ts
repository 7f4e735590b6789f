/** One timer for all open answers: each is beaten every KEEP_ALIVE_MS while it is open. */

import { KEEP_ALIVE_MS } from './limits.ts'

export interface Beaten {
  beat(): void
}

export class KeepAlive {
  readonly #beaten = new Set<Beaten>()
  readonly #timer: NodeJS.Timeout

  constructor(intervalMs = KEEP_ALIVE_MS) {
    this.#timer = setInterval(() => {
      for (const one of this.#beaten) one.beat()
    }, intervalMs)
    this.#timer.unref()
  }

  /** Returns what ends the beating. */
  add(one: Beaten): () => void {
    this.#beaten.add(one)
    return () => void this.#beaten.delete(one)
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
