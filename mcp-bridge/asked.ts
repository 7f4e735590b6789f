/**
 * The requests of a server that wait for its client: each is answered, by the bridge if need be.
 *
 * Clients were seen to declare what they never answer, and to leave without a word; a server that
 * waits for ever is lost to its other calls too.
 */

import type { JsonObject } from '../lib/platform/json.ts'
import { CODES, type CodeName, type RpcId, type RpcRequest, type RpcResponse } from './json-rpc.ts'
import { ASKED_PER_SESSION_MAX, ASKED_SECONDS, ASKED_SECONDS_BY_METHOD } from './limits.ts'
import type { Ticker } from './ticker.ts'

/** What a client must have declared to be asked. */
const CAPABILITIES: Readonly<Record<string, string>> = {
  'sampling/createMessage': 'sampling',
  'elicitation/create': 'elicitation',
  'roots/list': 'roots',
}

export interface AskedOptions {
  readonly capabilities: JsonObject
  /** Beats once a second. */
  readonly seconds: Ticker
  /** Brings an answer of the bridge to the server. */
  readonly answer: (response: RpcResponse) => void
  /** A request was given up: the client need not answer it any more. */
  readonly onGivenUp: (id: RpcId, reason: string) => void
  /** How long a client may take. */
  readonly secondsFor?: (method: string) => number
}

interface Waiting {
  readonly method: string
  secondsLeft: number
}

export class Asked {
  readonly #options: Omit<AskedOptions, 'capabilities'>
  /** Of what it has declared no more is kept: it may be large. */
  readonly #declared: ReadonlySet<string>
  readonly #waiting = new Map<RpcId, Waiting>()

  constructor({ capabilities, ...options }: AskedOptions) {
    this.#options = options
    const needed = Object.values(CAPABILITIES)
    this.#declared = new Set(needed.filter((name) => capabilities[name] !== undefined))
  }

  /** False when the client is not to be asked; the server has its answer then. */
  add({ id, method }: RpcRequest): boolean {
    const { seconds, secondsFor = secondsByMethod } = this.#options
    const needed = CAPABILITIES[method]
    if (needed !== undefined && !this.#declared.has(needed)) {
      this.#refuse(id, 'methodNotFound', `the client has not declared ${needed}`)
      return false
    }
    if (this.#waiting.size >= ASKED_PER_SESSION_MAX) {
      this.#refuse(id, 'internal', 'too many requests wait for the client')
      return false
    }
    this.#waiting.set(id, { method, secondsLeft: secondsFor(method) })
    seconds.add(this)
    return true
  }

  isWaiting(id: RpcId): boolean {
    return this.#waiting.has(id)
  }

  /** The client's answer has come, or is not wanted any more; false when none is waited for. */
  take(id: unknown): boolean {
    const wasWaiting = this.#waiting.delete(id as RpcId)
    if (this.#waiting.size === 0) this.#options.seconds.remove(this)
    return wasWaiting
  }

  /** The server has its answer: the client will give none. */
  refuse(id: RpcId, reason: string): void {
    if (this.take(id)) this.#refuse(id, 'refused', reason)
  }

  beat(): void {
    for (const [id, waiting] of this.#waiting) {
      waiting.secondsLeft -= 1
      if (waiting.secondsLeft > 0) continue
      this.take(id)
      const reason = `the client did not answer ${waiting.method} in time`
      this.#refuse(id, 'refused', reason)
      this.#options.onGivenUp(id, reason)
    }
  }

  /** Nobody is there any more who could answer. */
  end(): void {
    for (const id of this.#waiting.keys()) {
      this.take(id)
      this.#refuse(id, 'refused', 'the session has ended')
    }
  }

  #refuse(id: RpcId, code: CodeName, message: string): void {
    this.#options.answer({ jsonrpc: '2.0', id, error: { code: CODES[code], message } })
  }
}

function secondsByMethod(method: string): number {
  return ASKED_SECONDS_BY_METHOD[method] ?? ASKED_SECONDS
}
