/** What a server is to its clients, by era: its own process, or a translation in front of one of the other era. */

import type { RpcMessage, RpcNotification, RpcRequest, RpcResponse } from '../json-rpc.ts'
import type { Call, ProcessUser } from './process-user.ts'

/** Requests of either era: `initialize` and sessions up to 2025-11-25, or none since 2026-07-28. */
export const ERAS = ['sessions', 'stateless'] as const
export type Era = (typeof ERAS)[number]

interface Server {
  /**
   * Each call is settled once, whatever happens.
   * @throws RpcFault when it cannot be taken.
   */
  request(user: ProcessUser, call: Call, request: RpcRequest): void
  /** `notifications/cancelled` for a call that nobody waits for any more; it is not settled. */
  cancel(call: Call, notification: RpcNotification): void
  /** A user that was congested reads again. */
  relieved(user: ProcessUser): void
}

/** Of the revisions with sessions (MCP 2024-11-05 to 2025-11-25). */
export interface SessionServer extends Server {
  /** The answer to a session's `initialize`, an error included. */
  initialize(user: ProcessUser, request: RpcRequest): Promise<RpcResponse>
  /** A notification of a client, or its answer to a request of the server. */
  pass(message: RpcMessage): void
}

/**
 * Without sessions (MCP 2026-07-28): each request carries its `_meta` envelope. `subscriptions/listen` is a
 * call that lasts; what it brings is delivered with that call, its `subscriptionId` being the call's own id.
 */
export type StatelessServer = Server
