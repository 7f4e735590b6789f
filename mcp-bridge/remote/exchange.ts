/**
 * Requests to a remote server that have no end yet: each ends in time, or with whoever made it.
 *
 * How long a call may take is watched above; here ends what nobody above knows of.
 */

import { REMOTE_TAKEN_BEATS } from '../limits.ts'
import type { Beaten } from '../ticker.ts'
import type { StreamPlace } from './event-reader.ts'

export class Exchange {
  /** Ours of the request it brings; undefined when it brings none. */
  readonly id: number | undefined
  readonly place: StreamPlace = { lastEventId: undefined, retryMs: undefined }
  #beatsLeft: number
  #isAnswered = false
  readonly #end = new AbortController()

  constructor(id: number | undefined, beatsMax: number) {
    this.id = id
    this.#beatsLeft = beatsMax
  }

  /** Its request has been answered: whatever comes now is beside it. */
  get isAnswered(): boolean {
    return this.#isAnswered
  }

  get signal(): AbortSignal {
    return this.#end.signal
  }

  get isAborted(): boolean {
    return this.#end.signal.aborted
  }

  /** What the server adds to its answer has not much time. */
  answered(): void {
    this.#isAnswered = true
    this.#beatsLeft = Math.min(this.#beatsLeft, REMOTE_TAKEN_BEATS)
  }

  /** It shows life: its time begins anew. */
  renew(beatsMax: number): void {
    this.#beatsLeft = beatsMax
  }

  beat(): void {
    this.#beatsLeft -= 1
    if (this.#beatsLeft < 0) this.abort()
  }

  abort(): void {
    this.#end.abort()
  }
}

export class Exchanges implements Beaten {
  readonly #open = new Set<Exchange>()
  readonly #byId = new Map<number, Exchange>()

  begin(id: number | undefined, beatsMax: number): Exchange {
    const exchange = new Exchange(id, beatsMax)
    this.#open.add(exchange)
    if (id !== undefined) this.#byId.set(id, exchange)
    return exchange
  }

  over(exchange: Exchange): void {
    this.#open.delete(exchange)
    if (exchange.id !== undefined) this.#byId.delete(exchange.id)
  }

  /** Nobody waits for the answer any more. */
  abort(id: unknown): void {
    this.#byId.get(id as number)?.abort()
  }

  abortAll(): void {
    for (const exchange of this.#open) exchange.abort()
  }

  beat(): void {
    for (const exchange of this.#open) exchange.beat()
  }
}
