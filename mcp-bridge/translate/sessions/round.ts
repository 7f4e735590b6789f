/** A client's call as its server has it, once for each time that it is made. */

import type { RpcId, RpcResponse } from '../../json-rpc.ts'
import type { Call } from '../../runner/process-user.ts'
import type { ClientCall } from './client-call.ts'

export class Round implements Call {
  readonly id: RpcId
  readonly call: ClientCall

  constructor(call: ClientCall) {
    this.id = call.original.id
    this.call = call
  }

  settle(response: RpcResponse): void {
    this.call.settled(this, response)
  }
}
