/** One timer for all who want to be told every so often; it runs only while there is somebody. */

export interface Beaten {
  beat(): void
}

export class Ticker {
  readonly intervalMs: number
  readonly #most: number
  readonly #beaten = new Set<Beaten>()
  #timer: NodeJS.Timeout | undefined

  /** `most`: so many are told at once, who waits longest first. */
  constructor(intervalMs: number, most = Number.POSITIVE_INFINITY) {
    this.intervalMs = intervalMs
    this.#most = most
  }

  add(one: Beaten): void {
    this.#beaten.add(one)
    this.#timer ??= setTimeout(() => this.#tick(), this.intervalMs).unref()
  }

  remove(one: Beaten): void {
    this.#beaten.delete(one)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#beaten.clear()
  }

  /** After what has arrived meanwhile: an answer that waits to be read is not late. */
  #tick(): void {
    setImmediate(() => {
      let told = 0
      for (const one of this.#beaten) {
        if (told === this.#most) break
        told += 1
        one.beat()
      }
      if (this.#beaten.size > 0) this.#timer?.refresh()
      else this.#timer = undefined
    })
  }
}
