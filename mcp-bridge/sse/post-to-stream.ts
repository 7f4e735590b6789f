/** POST to the address that a stream has named: the answer comes on the stream (MCP 2024-11-05, HTTP with SSE). */

import type { Bridge } from '../bridge.ts'
import { callerOf, type Exchange, headerOf, SESSION_HEADER } from '../exchange.ts'
import { isRequest, type ParsedBody, RpcFault } from '../json-rpc.ts'
import type { Watched, WatchedCall } from '../tools/watched-call.ts'
import { SSE_SESSION_PARAMETER } from './open-stream.ts'
import { SseSession, toOtherTransport } from './sse-session.ts'

/** The session that the address names; undefined for one of any other transport. */
export function streamOf({ request }: Exchange): string | undefined {
  if (headerOf(request, SESSION_HEADER) !== undefined) return undefined
  const query = request.url?.split('?', 2)[1]
  return new URLSearchParams(query).get(SSE_SESSION_PARAMETER) ?? undefined
}

/** @throws RpcFault with the refusal; from the acknowledgement on, what goes wrong is told on the stream. */
export function postToStream(
  bridge: Bridge,
  exchange: Exchange,
  body: ParsedBody,
  id: string,
): void {
  const session = bridge.sessions.find(id, callerOf(exchange))
  if (!(session instanceof SseSession)) throw toOtherTransport()
  if (body.isBatch) throw new RpcFault(400, 'invalidRequest', 'this transport knows no batches')
  const [message] = body.messages
  session.assertTakes(message)
  const watched = admit(bridge, exchange, body)
  const isCall = isRequest(message) && message.method !== 'initialize'
  // What was sent counts until it is answered, which is after this exchange.
  const over = isCall ? exchange.admission.hold() : () => {}
  exchange.response.writeHead(202).end()
  if (watched instanceof RpcFault) {
    over()
    session.answer(watched.toResponse(exchange.rpcId))
  } else session.take(message, withEnd(watched?.get(message), over))
}

/** Tells also when the call is over, however it ends. */
function withEnd(watched: WatchedCall | undefined, over: () => void): WatchedCall {
  return {
    toVisible: (answer) => watched?.toVisible(answer) ?? answer,
    settled(answer, text) {
      over()
      watched?.settled(answer, text)
    },
    cancelled() {
      over()
      watched?.cancelled()
    },
    lost() {
      over()
      watched?.lost()
    },
  }
}

/** What would be the answer to a POST belongs on the stream: nobody reads it here. */
function admit(
  bridge: Bridge,
  exchange: Exchange,
  body: ParsedBody,
): Watched | RpcFault | undefined {
  try {
    return bridge.tools.admit(exchange, body)
  } catch (thrown) {
    if (thrown instanceof RpcFault && thrown.status === 200) return thrown
    throw thrown
  }
}
