/**
 * How long this process reads what one person sends, in which it does nothing for anybody else.
 *
 * A bound for each message is not enough (exact-json.ts): many of the largest in a row would hold up everybody. Of
 * small ones there is nothing to measure.
 */

import { RpcFault } from './json-rpc.ts'
import { EFFORT_BURST_MS, EFFORT_BYTES_MIN, EFFORT_MS_PER_SECOND } from './limits.ts'

interface Spent {
  /** Milliseconds of it that have not been forgiven. */
  ms: number
  at: number
}

/** Whoever has nothing left to forgive is forgotten when so many are known. */
const KNOWN_MAX = 1000

export class Effort {
  readonly #byUser = new Map<string, Spent>()
  readonly #now: () => number

  /** @param now milliseconds, of a clock that nobody puts. */
  constructor(now = () => performance.now()) {
    this.#now = now
  }

  /**
   * What `read` answers, or throws.
   * @throws RpcFault 429 instead when this person's time is used up.
   */
  read<T>(user: string, bytes: number, read: () => T): T {
    if (bytes < EFFORT_BYTES_MIN) return read()
    const began = this.#now()
    const spent = this.#spentBy(user, began)
    if (spent.ms > EFFORT_BURST_MS) throw tooMuch()
    try {
      return read()
    } finally {
      spent.at = this.#now()
      spent.ms += spent.at - began
    }
  }

  #spentBy(user: string, now: number): Spent {
    const known = this.#byUser.get(user)
    if (known === undefined) {
      const spent = { ms: 0, at: now }
      if (this.#byUser.size >= KNOWN_MAX) this.#forget(now)
      this.#byUser.set(user, spent)
      return spent
    }
    known.ms = leftOf(known, now)
    known.at = now
    return known
  }

  #forget(now: number): void {
    for (const [user, spent] of this.#byUser) {
      if (leftOf(spent, now) === 0) this.#byUser.delete(user)
    }
  }
}

function leftOf({ ms, at }: Spent, now: number): number {
  return Math.max(0, ms - ((now - at) / 1000) * EFFORT_MS_PER_SECOND)
}

function tooMuch(): RpcFault {
  const message =
    'what you send takes too long to read: send smaller messages, or wait a few seconds'
  return new RpcFault(429, 'refused', message, { headers: { 'retry-after': '2' } })
}
