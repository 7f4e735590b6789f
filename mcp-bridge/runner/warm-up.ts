/**
 * All that is said to a process while it is nobody's: a ping may come before `initialize` (MCP, lifecycle), and
 * whoever answers it has loaded what the first answer needs.
 *
 * Many do not answer before `initialize`, and nobody waits for it: it takes no turn, and is no call
 * that was silent.
 */

import type { RpcRequest } from '../json-rpc.ts'
import { WARM_UP_MS } from '../limits.ts'
import type { Call } from './process-user.ts'

export interface WarmUpPorts {
  /** @throws RpcFault when the server does not take it. */
  readonly ask: (call: Call, request: RpcRequest) => void
  readonly forget: (call: Call) => void
}

export class WarmUp {
  readonly #ports: WarmUpPorts
  readonly #withinMs: number
  #ping: Call | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(ports: WarmUpPorts, withinMs = WARM_UP_MS) {
    this.#ports = ports
    this.#withinMs = withinMs
  }

  begin(): void {
    const ping: Call = { id: 0, settle: () => this.end() }
    try {
      this.#ports.ask(ping, { jsonrpc: '2.0', id: 0, method: 'ping', params: {} })
    } catch {
      // It does not read, or has ended: whoever needs it is told so.
      return
    }
    this.#ping = ping
    this.#timer = setTimeout(() => this.end(), this.#withinMs).unref()
  }

  /** It is somebody's now, or has answered, or has had its time. */
  end(): void {
    if (this.#ping === undefined) return
    clearTimeout(this.#timer)
    this.#ports.forget(this.#ping)
    this.#ping = undefined
  }
}
