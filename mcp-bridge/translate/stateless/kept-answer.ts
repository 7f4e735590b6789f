/** A server's answer that came while its client was gathering what it had been asked. */

import { RpcFault, type RpcMessage, type RpcResponse, trySerialize } from '../../json-rpc.ts'
import type { RoundsBudget } from './rounds-budget.ts'

export class KeptAnswer {
  readonly #budget: RoundsBudget
  readonly #user: string
  #response: RpcResponse | undefined
  #bytes = 0

  constructor(budget: RoundsBudget, user: string) {
    this.#budget = budget
    this.#user = user
  }

  keep(response: RpcResponse): void {
    const bytes = sizeOf(response)
    const hasRoom = this.#budget.take(this.#user, bytes)
    this.#bytes = hasRoom ? bytes : 0
    this.#response = hasRoom ? response : tooLarge().toResponse(response.id)
  }

  take(): RpcResponse | undefined {
    const response = this.#response
    this.#budget.give(this.#user, this.#bytes)
    this.#response = undefined
    this.#bytes = 0
    return response
  }
}

/** What cannot be written cannot be kept either. */
export function sizeOf(message: RpcMessage): number {
  return trySerialize(message)?.length ?? Number.POSITIVE_INFINITY
}

function tooLarge(): RpcFault {
  const message = 'the answer came while nobody waited, and was too large to be kept: call again'
  return new RpcFault(200, 'refused', message)
}
