/** What a server and its clients say to each other beside calls and progress: each era has its own way. */

import type { RpcMessage, RpcNotification, RpcRequest, RpcResponse } from '../json-rpc.ts'
import type { Settled } from './correlation.ts'
import type { Call, ProcessUser } from './process-user.ts'

export interface ConversationPorts {
  readonly users: ReadonlySet<ProcessUser>
  /**
   * A request on its way to the server.
   * @param isTimed whether its time is watched as that of any call.
   * @throws RpcFault when it cannot be taken.
   */
  readonly forward: (user: ProcessUser, call: Call, request: RpcRequest, isTimed?: boolean) => void
  /** Answers a call in the server's place. */
  readonly giveUp: (call: Call, what: string) => void
  /** The call that has this id in the process. */
  readonly find: (id: unknown) => Settled | undefined
  /** All that wait for an answer. */
  readonly open: () => Iterable<Settled>
  /** As an answer of the server to one of its calls. */
  readonly settle: (response: RpcResponse) => void
  /** To the server, if it reads: nobody waits for what becomes of it. */
  readonly send: (message: RpcMessage) => void
  readonly deliver: (message: RpcMessage, hearers: Iterable<ProcessUser>, call?: Call) => void
  /** A server that refused the bridge is of no use to the next session either. */
  readonly refused: () => void
}

export interface Conversation {
  /** The server's answer to a session's `initialize`, an error included. */
  initialize(user: ProcessUser, request: RpcRequest): Promise<RpcResponse>
  /** @throws RpcFault when the server cannot take it. */
  request(user: ProcessUser, call: Call, request: RpcRequest): void
  /** A notification of a client, or its answer to a request of the server. */
  pass(message: RpcMessage): void
  /** Whether the server waits for a client now. */
  readonly isWaiting: boolean
  /** The server's answer as that client may see it. */
  answered(user: ProcessUser, call: Call, answer: RpcResponse): RpcResponse
  /** A call is over without the server's answer. */
  dropped(call: Call): void
  /** Of the server; `about`: the id in the process of the request it came with, if that is known. */
  receiveRequest(request: RpcRequest, about: number | undefined): void
  receiveNotification(notification: RpcNotification, about: number | undefined): void
  /** Takes the calls out that wait here, for the caller to settle. */
  take(matches: (user: ProcessUser) => boolean): Call[]
  left(user: ProcessUser): void
}
