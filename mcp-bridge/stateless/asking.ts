/** One request of a client as its server has it: once, or again with what the client need not be asked for. */

import { isRequest, RpcFault, type RpcRequest, type RpcResponse } from '../json-rpc.ts'
import type { Call } from '../runner/process-user.ts'
import type { WithheldRoots } from './withheld-roots.ts'

export interface AskingPorts {
  /** @throws RpcFault when the server cannot take it. */
  readonly ask: (call: Call, request: RpcRequest) => void
  /** Called once, with the client's answer. */
  readonly settle: (response: RpcResponse) => void
  /** Undefined where the client's folders are its own affair. */
  readonly withheld: WithheldRoots | undefined
}

export class Asking {
  readonly #request: RpcRequest
  readonly #ports: AskingPorts
  #call: Call

  constructor(request: RpcRequest, ports: AskingPorts) {
    this.#request = request
    this.#ports = ports
    this.#call = this.#createCall()
  }

  /** What the server works on now. */
  get call(): Call {
    return this.#call
  }

  /** @throws RpcFault when the server cannot take it. */
  begin(): void {
    const { ask, withheld } = this.#ports
    ask(this.#call, withheld?.request ?? this.#request)
  }

  #createCall(): Call {
    return { id: this.#request.id, settle: (response) => this.#settled(response) }
  }

  #settled(response: RpcResponse): void {
    const answer = this.#goOn(response)
    if (answer !== undefined) this.#ports.settle(answer)
  }

  /** Undefined when the server was asked again. */
  #goOn(response: RpcResponse): RpcResponse | undefined {
    const { ask, withheld } = this.#ports
    if (withheld === undefined) return response
    try {
      const next = withheld.next(response)
      if (!isRequest(next)) return next
      this.#call = this.#createCall()
      ask(this.#call, next)
      return undefined
    } catch (error) {
      return RpcFault.from(error).toResponse(this.#request.id)
    }
  }
}
