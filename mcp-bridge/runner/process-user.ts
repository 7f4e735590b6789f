/** What the runner knows of a session: somebody who calls a process and hears from it. */

import type { RpcId, RpcMessage, RpcResponse } from '../json-rpc.ts'

/** One request that waits for its answer. */
export interface Call {
  /** The id the client gave it. */
  readonly id: RpcId
  /** Answers it; called once. */
  settle(response: RpcResponse): void
}

export interface ProcessUser {
  /** `sub` of the person whose session it is; undefined for the bridge itself. */
  readonly userId: string | undefined
  /** Reads slowly: what is delivered has to wait in memory. It calls `relieved` when that is over. */
  readonly isCongested: boolean
  /** A notification or request of the server; `call` is the one it belongs to, if that is known. */
  deliver(message: RpcMessage, call: Call | undefined): void
  /** The process has ended without being asked to: nothing can be sent any more. */
  processEnded(): void
}
