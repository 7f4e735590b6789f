/** How messages travel to a remote server and back: one of the transports that MCP has had over HTTP. */

import type { Log } from '../../lib/platform/log.ts'
import type { RpcFault, RpcMessage } from '../json-rpc.ts'
import type { Exchanges } from './exchange.ts'
import type { Inbox } from './inbox.ts'
import type { RemoteServer } from './remote-server.ts'

export interface Transport {
  /** @throws RpcFault when it is not taken. */
  send(message: RpcMessage): void
  /** Tells the server that nothing more comes; resolves in time, whatever it says. */
  close(): Promise<void>
}

export interface TransportPorts {
  readonly server: RemoteServer
  readonly inbox: Inbox
  readonly exchanges: Exchanges
  /** Beats that a call may last at most. */
  readonly callBeatsMax: number
  readonly log: Log
  readonly message: (message: RpcMessage, about: number | undefined) => void
  readonly oversized: (id: number | undefined) => void
  /** A request was answered by us, in the server's place. */
  readonly failed: (fault: RpcFault) => void
  /** The server has forgotten us, or the connection on which everything came is gone. */
  readonly over: () => void
}

export const ACCEPT_BOTH = 'application/json, text/event-stream'
export const ACCEPT_STREAM = 'text/event-stream'
export const JSON_TYPE = 'application/json'
