/**
 * One request at a time, for servers that lose data when they work on two (`calls: serial`).
 *
 * One that waits and is cancelled gives its turn away at once; one that was sent keeps it while the
 * server may still work on it (abandoned.ts). Where several people share a process they take turns, however much
 * each of them asks.
 */

import { RpcFault } from '../json-rpc.ts'
import type { Call, ProcessUser } from './process-user.ts'

export interface Turn {
  readonly user: ProcessUser
  readonly call: Call
  /** Sends the request; may throw an RpcFault. */
  readonly start: () => void
}

type Person = string | undefined

export class Turns {
  #current: Call | undefined
  /** By person: those who wait, the person whose turn is next first. */
  readonly #queues = new Map<Person, Turn[]>()
  #size = 0

  /** How many wait. */
  get size(): number {
    return this.#size
  }

  countOf(person: Person): number {
    return this.#queues.get(person)?.length ?? 0
  }

  /** Whether the next one to come has to wait. */
  get isTaken(): boolean {
    return this.#current !== undefined
  }

  /** Starts it when nobody else has the turn. */
  enter(turn: Turn): void {
    if (!this.isTaken) {
      turn.start()
      this.#current = turn.call
      return
    }
    const { userId } = turn.user
    const queue = this.#queues.get(userId)
    if (queue === undefined) this.#queues.set(userId, [turn])
    else queue.push(turn)
    this.#size += 1
  }

  /** The call is over, whether it had its turn or still waited. */
  leave(call: Call): void {
    if (this.#current !== call) {
      if (this.#size > 0) this.#take((turn) => turn.call === call)
      return
    }
    this.#current = undefined
    for (let next = this.#next(); next; next = this.#next()) {
      if (this.#begins(next)) return
    }
  }

  /** Takes waiting calls out, for the caller to settle. */
  take(matches: (user: ProcessUser) => boolean): Call[] {
    return this.#take(({ user }) => matches(user)).map(({ call }) => call)
  }

  #take(matches: (turn: Turn) => boolean): Turn[] {
    const taken: Turn[] = []
    for (const [person, queue] of this.#queues) {
      const rest = queue.filter((turn) => !matches(turn))
      if (rest.length === queue.length) continue
      taken.push(...queue.filter(matches))
      if (rest.length === 0) this.#queues.delete(person)
      else this.#queues.set(person, rest)
    }
    this.#size -= taken.length
    return taken
  }

  #next(): Turn | undefined {
    const [first] = this.#queues
    if (first === undefined) return undefined
    const [person, queue] = first
    const next = queue.shift()
    // Others first, the next time.
    this.#queues.delete(person)
    if (queue.length > 0) this.#queues.set(person, queue)
    this.#size -= 1
    return next
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
