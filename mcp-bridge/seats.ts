/** How many sessions there may be: of one person, and of all. */

import { RpcFault } from './json-rpc.ts'
import { SESSIONS_MAX, SESSIONS_PER_USER_MAX } from './limits.ts'

/** A place among the sessions, taken before anything is started; given back once. */
export interface Seat {
  release(): void
}

/** Asked before somebody is refused: each ends a session that may give way, if there is one. */
export interface GivingWay {
  ofUser(user: string): void
  ofAnybody(applicant: string): void
}

export class Seats {
  readonly #givingWay: GivingWay
  readonly #taken = new Map<string, number>()
  #count = 0

  constructor(givingWay: GivingWay) {
    this.#givingWay = givingWay
  }

  of(user: string): number {
    return this.#taken.get(user) ?? 0
  }

  /** @throws RpcFault 429 or 503 when there is no place. */
  take(user: string): Seat {
    if (this.of(user) >= SESSIONS_PER_USER_MAX) this.#givingWay.ofUser(user)
    const taken = this.of(user)
    if (taken >= SESSIONS_PER_USER_MAX) {
      throw full(429, `you have ${taken} sessions open: end some with DELETE`)
    }
    if (this.#count >= SESSIONS_MAX) this.#givingWay.ofAnybody(user)
    if (this.#count >= SESSIONS_MAX) throw full(503, 'too many sessions: try again later')
    this.#change(user, 1)
    let isHeld = true
    return {
      release: () => {
        if (isHeld) this.#change(user, -1)
        isHeld = false
      },
    }
  }

  #change(user: string, by: 1 | -1): void {
    const taken = this.of(user) + by
    if (taken === 0) this.#taken.delete(user)
    else this.#taken.set(user, taken)
    this.#count += by
  }
}

function full(status: number, message: string): RpcFault {
  return new RpcFault(status, 'refused', message, { headers: { 'retry-after': '30' } })
}
