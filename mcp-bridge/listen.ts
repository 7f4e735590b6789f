/**
 * GET: the stream for what a server says outside of any call, or the rest of any stream that the
 * client has left (MCP Streamable HTTP, listening and resumability).
 */

import { parseAccept } from './accept.ts'
import type { Bridge } from './bridge.ts'
import { assertRevisionHeader } from './era.ts'
import { replay } from './event-stream.ts'
import { callerOf, type Exchange, headerOf, REVISION_HEADER, SESSION_HEADER } from './exchange.ts'
import { RpcFault } from './json-rpc.ts'
import { LiveSession } from './live-session.ts'
import { forward } from './native/forward.ts'
import type { NativeSession } from './native/native-session.ts'
import { recover } from './recover.ts'

/** @throws RpcFault with the refusal. */
export async function listen(bridge: Bridge, exchange: Exchange): Promise<void> {
  const { request, response, admission } = exchange
  if (!parseAccept(headerOf(request, 'accept')).stream) {
    throw new RpcFault(406, 'refused', 'GET opens a stream: accept text/event-stream')
  }
  assertRevisionHeader(headerOf(request, REVISION_HEADER))
  const session = await findSession(bridge, exchange)
  if (session === undefined) return
  if (!(session instanceof LiveSession)) {
    await forward(bridge, exchange, session)
    return
  }
  admission.endBy(() => response.end())
  const lastEventId = lastEventIdOf(exchange)
  // What is kept for the next stream must not go into one that ends.
  if (admission.withdrawal !== undefined) replay(response, [])
  else if (lastEventId === '') session.listen(response)
  else session.resume(lastEventId, response)
}

/** Undefined when it is no more, and the client has been sent what it missed. */
async function findSession(
  bridge: Bridge,
  exchange: Exchange,
): Promise<LiveSession | NativeSession | undefined> {
  const id = headerOf(exchange.request, SESSION_HEADER)
  try {
    return bridge.sessions.find(id, callerOf(exchange))
  } catch (fault) {
    const lastEventId = lastEventIdOf(exchange)
    if (id === undefined || lastEventId === '') throw fault
    if (!(await recover(bridge, exchange, id, lastEventId))) throw fault
    return undefined
  }
}

function lastEventIdOf({ request }: Exchange): string {
  return headerOf(request, 'last-event-id') ?? ''
}
