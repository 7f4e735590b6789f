/**
 * How much of what clients send is held at once, of each person and of all: bodies that are not small, until their
 * requests are answered. A client that leaves takes nothing with it: what it has asked for goes on.
 */

import type { Admission } from './admission.ts'
import { RpcFault } from './json-rpc.ts'
import { BODIES_BYTES_MAX, BODIES_BYTES_PER_USER_MAX, BODIES_SHARE_BYTES } from './limits.ts'

/** What is held of one body; all of it is given back with its answer. */
export interface Held {
  /** Why so much more must not be held; undefined where it may, and counts. */
  grow(bytes: number): RpcFault | undefined
  release(): void
}

export class Bodies {
  readonly #byUser = new Map<string, number>()
  #bytes = 0

  hold(user: string, admission: Pick<Admission, 'whenOver'>): Held {
    let own = 0
    const held: Held = {
      grow: (bytes) => {
        const fault = this.#refusal(user, bytes)
        if (fault !== undefined) return fault
        own += bytes
        this.#count(user, bytes)
        return undefined
      },
      release: () => {
        this.#count(user, -own)
        own = 0
      },
    }
    admission.whenOver(held.release)
    return held
  }

  #refusal(user: string, bytes: number): RpcFault | undefined {
    const ofUser = (this.#byUser.get(user) ?? 0) + bytes
    if (ofUser > BODIES_BYTES_PER_USER_MAX) {
      return full(429, 'you are sending too much at once: wait for some answers')
    }
    // Where others send much already, each may still send a little.
    if (this.#bytes + bytes <= BODIES_BYTES_MAX || ofUser <= BODIES_SHARE_BYTES) return undefined
    return full(503, 'too much is being sent to the gateway: try again later')
  }

  #count(user: string, change: number): void {
    const ofUser = (this.#byUser.get(user) ?? 0) + change
    if (ofUser === 0) this.#byUser.delete(user)
    else this.#byUser.set(user, ofUser)
    this.#bytes += change
  }
}

function full(status: number, message: string): RpcFault {
  return new RpcFault(status, 'refused', message, { headers: { 'retry-after': '1' } })
}
