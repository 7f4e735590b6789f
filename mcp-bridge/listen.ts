/**
 * GET: the stream for what a server says outside of any call, or the rest of any stream that the
 * client has left (MCP Streamable HTTP, listening and resumability).
 */

import { parseAccept } from './accept.ts'
import type { Bridge } from './bridge.ts'
import { assertRevisionHeader } from './era.ts'
import { sendEmptyStream } from './event-stream.ts'
import { callerOf, type Exchange, headerOf, REVISION_HEADER, SESSION_HEADER } from './exchange.ts'
import { RpcFault } from './json-rpc.ts'
import { LiveSession } from './live-session.ts'
import { forward } from './native/forward.ts'
import { LAST_EVENT_HEADER } from './recover.ts'
import { openStream } from './sse/open-stream.ts'
import { SseSession, toOtherTransport } from './sse/sse-session.ts'

/** @throws RpcFault with the refusal. */
export async function listen(bridge: Bridge, exchange: Exchange): Promise<void> {
  const { request, response, service, admission } = exchange
  if (!parseAccept(headerOf(request, 'accept')).stream) {
    throw new RpcFault(406, 'refused', 'GET opens a stream: accept text/event-stream')
  }
  const revision = headerOf(request, REVISION_HEADER)
  const id = headerOf(request, SESSION_HEADER)
  if (service.sse && id === undefined) {
    assertRevisionHeader(revision)
    await openStream(bridge, exchange)
    return
  }
  const session = bridge.sessions.find(id, callerOf(exchange))
  if (session instanceof SseSession) throw toOtherTransport()
  assertRevisionHeader(revision, session.revision)
  if (!(session instanceof LiveSession)) {
    await forward(bridge, exchange, session)
    return
  }
  admission.endBy(() => response.end())
  const lastEventId = headerOf(request, LAST_EVENT_HEADER)
  // What is kept for the next stream must not go into one that ends.
  if (admission.withdrawal !== undefined) sendEmptyStream(response)
  else if (!lastEventId) session.listen(response)
  else session.resume(lastEventId, response)
}
