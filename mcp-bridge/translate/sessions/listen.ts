/** One `subscriptions/listen` (MCP 2026-07-28, subscriptions): a call that lasts until somebody ends it. */

import type { RpcId, RpcResponse } from '../../json-rpc.ts'
import type { Call } from '../../runner/process-user.ts'

export type ListenEnd = (listen: Listen, response: RpcResponse) => void

export class Listen implements Call {
  readonly id: RpcId = 'changes'
  /** Of the resources it is about. */
  readonly uris: ReadonlySet<string>
  /** When the server has acknowledged it, by the clock of the machine; 0 until then. */
  since = 0
  /** Whether the server tells of anything that was asked for. */
  isHeard = false
  readonly #onEnd: ListenEnd
  #timer: NodeJS.Timeout | undefined

  constructor(uris: ReadonlySet<string>, onEnd: ListenEnd) {
    this.uris = uris
    this.#onEnd = onEnd
  }

  /** Ends it when it is not acknowledged in time. */
  wait(waitMs: number, giveUp: () => void): void {
    this.#timer = setTimeout(giveUp, waitMs)
  }

  acknowledged(): void {
    this.since = Date.now()
    this.stopWaiting()
  }

  stopWaiting(): void {
    clearTimeout(this.#timer)
  }

  settle(response: RpcResponse): void {
    this.stopWaiting()
    this.#onEnd(this, response)
  }
}
