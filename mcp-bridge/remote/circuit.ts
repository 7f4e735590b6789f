/**
 * A remote server that cannot be reached is left alone for a while: whoever wants something of it is
 * told at once. Then one at a time tries, until one of them reaches it.
 */

import type { Clock } from '../../lib/platform/clock.ts'
import type { Log } from '../../lib/platform/log.ts'
import { RpcFault } from '../json-rpc.ts'
import {
  REMOTE_FREE_FAILURES,
  REMOTE_REST_FIRST_MS,
  REMOTE_REST_MAX_MS,
  REMOTE_TRIAL_MS,
} from '../limits.ts'
import { leftOf } from '../moment.ts'

/** One attempt: told once how it went. */
export interface Trial {
  reached(): void
  failed(cause: unknown): void
  /** Nobody wanted to know any more. */
  given(): void
}

export class Circuit {
  readonly #service: string
  readonly #clock: Clock
  readonly #log: Log
  #failures = 0
  #restsSince = 0
  #restMs = 0
  /** Whose turn it is to try, and since when. */
  #turn: { readonly since: number } | undefined

  constructor(service: string, clock: Clock, log: Log) {
    this.#service = service
    this.#clock = clock
    this.#log = log
  }

  /** Whether everybody is let through. */
  get isClosed(): boolean {
    return this.#failures < REMOTE_FREE_FAILURES
  }

  /** @throws RpcFault 503 while it rests, or while somebody else tries. */
  assertMayTry(): void {
    if (this.isClosed) return
    const waitMs = leftOf(this.#restMs, this.#clock() - this.#restsSince)
    if (waitMs <= 0 && !this.#isTried) return
    const seconds = Math.max(1, Math.ceil(waitMs / 1000))
    throw new RpcFault(
      503,
      'refused',
      `the service ${this.#service}: its server cannot be reached: try again in ${seconds} s`,
      { headers: { 'retry-after': String(seconds) } },
    )
  }

  /** @throws RpcFault as above. */
  begin(): Trial {
    this.assertMayTry()
    const isTrial = !this.isClosed
    const turn = isTrial ? { since: this.#clock() } : undefined
    if (turn !== undefined) this.#turn = turn
    const over = (): void => {
      if (this.#turn === turn) this.#turn = undefined
    }
    return {
      reached: () => {
        over()
        if (!this.isClosed) this.#log.info('the remote server is reached again')
        this.#failures = 0
      },
      failed: (cause) => {
        over()
        // What had begun before says nothing new.
        if (isTrial || this.isClosed) this.#fail(cause)
      },
      given: over,
    }
  }

  /** What takes long may be a call that does, of a server that is well: nobody has the turn for ever. */
  get #isTried(): boolean {
    return this.#turn !== undefined && leftOf(REMOTE_TRIAL_MS, this.#clock() - this.#turn.since) > 0
  }

  #fail(cause: unknown): void {
    this.#failures += 1
    const doublings = this.#failures - REMOTE_FREE_FAILURES
    if (doublings < 0) return
    if (doublings === 0) this.#log.warn({ err: cause }, 'the remote server cannot be reached')
    this.#restMs = Math.min(REMOTE_REST_FIRST_MS * 2 ** doublings, REMOTE_REST_MAX_MS)
    this.#restsSince = this.#clock()
  }
}
