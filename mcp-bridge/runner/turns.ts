/**
 * One request at a time, for servers that lose data when they work on two (`calls: serial`).
 *
 * One that waits and is cancelled gives its turn away at once; one that was sent keeps it while the
 * server may still work on it (abandoned.ts).
 */

import { RpcFault } from '../json-rpc.ts'
import type { Call, ProcessUser } from './process-user.ts'

export interface Turn {
  readonly user: ProcessUser
  readonly call: Call
  /** Sends the request; may throw an RpcFault. */
  readonly start: () => void
}

export class Turns {
  #current: Call | undefined
  #waiting: Turn[] = []

  /** Starts it when nobody else has the turn. */
  enter(turn: Turn): void {
    if (this.#current !== undefined) {
      this.#waiting.push(turn)
      return
    }
    turn.start()
    this.#current = turn.call
  }

  /** The call is over, whether it had its turn or still waited. */
  leave(call: Call): void {
    if (this.#waiting.length > 0) this.#waiting = this.#waiting.filter((turn) => turn.call !== call)
    if (this.#current !== call) return
    this.#current = undefined
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      if (this.#begins(next)) return
    }
  }

  /** Takes waiting calls out, for the caller to settle. */
  take(matches: (user: ProcessUser) => boolean): Call[] {
    const taken = this.#waiting.filter(({ user }) => matches(user))
    this.#waiting = this.#waiting.filter((turn) => !taken.includes(turn))
    return taken.map(({ call }) => call)
  }

  #begins({ call, start }: Turn): boolean {
    try {
      start()
      this.#current = call
      return true
    } catch (error) {
      call.settle(RpcFault.from(error).toResponse(call.id))
      return false
    }
  }
}
