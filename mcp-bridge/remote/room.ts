/** Requests to a remote server that have no end yet: bounded, and once half of them are taken nobody has more than half. */

import { RpcFault } from '../json-rpc.ts'
import { REMOTE_REQUESTS_MAX } from '../limits.ts'

export class Room {
  readonly #service: string
  readonly #byPerson = new Map<string, number>()
  #taken = 0

  constructor(service: string) {
    this.#service = service
  }

  /** @throws RpcFault 503 when there is none for this person. */
  assertLeft(person: string): void {
    const half = REMOTE_REQUESTS_MAX / 2
    if (this.#taken < half) return
    const own = this.#byPerson.get(person) ?? 0
    if (this.#taken < REMOTE_REQUESTS_MAX && own < half) return
    const message = `the service ${this.#service}: too many requests wait for its server: try again later`
    throw new RpcFault(503, 'refused', message, { headers: { 'retry-after': '5' } })
  }

  /**
   * What this returns gives it back, once.
   * @throws RpcFault as above.
   */
  take(person: string): () => void {
    this.assertLeft(person)
    this.#count(person, 1)
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      this.#count(person, -1)
    }
  }

  #count(person: string, change: 1 | -1): void {
    this.#taken += change
    const count = (this.#byPerson.get(person) ?? 0) + change
    if (count === 0) this.#byPerson.delete(person)
    else this.#byPerson.set(person, count)
  }
}
