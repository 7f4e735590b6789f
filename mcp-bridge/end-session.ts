/** DELETE: the client has finished with its session (MCP Streamable HTTP, session management). */

import type { Bridge } from './bridge.ts'
import { callerOf, type Exchange, headerOf, SESSION_HEADER } from './exchange.ts'

/** @throws RpcFault with the refusal. */
export function endSession(bridge: Bridge, exchange: Exchange): void {
  const session = bridge.sessions.find(
    headerOf(exchange.request, SESSION_HEADER),
    callerOf(exchange),
  )
  bridge.sessions.end(session.id)
  exchange.response.writeHead(204).end()
}
