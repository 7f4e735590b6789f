/** GET without a session, for services that serve the HTTP+SSE transport: it opens one (MCP 2024-11-05). */

import { randomText } from '../../lib/platform/seal.ts'
import type { Bridge } from '../bridge.ts'
import { type Exchange, ownerOf } from '../exchange.ts'
import { RpcFault } from '../json-rpc.ts'
import type { ServerProcess } from '../runner/server-process.ts'
import { SseSession } from './sse-session.ts'

export const SSE_SESSION_PARAMETER = 'sessionId'

/** @throws RpcFault when there is no place, or no process. */
export async function openStream(bridge: Bridge, exchange: Exchange): Promise<void> {
  const { response, service, identity, admission } = exchange
  const owner = ownerOf(exchange)
  const seat = bridge.sessions.reserve(owner)
  const left = new AbortController()
  let process: ServerProcess | undefined
  const release = (): void => {
    if (process !== undefined) void bridge.runner.release(process, session)
    process = undefined
  }
  const session = new SseSession({
    id: randomText(),
    owner,
    ports: bridge.streams,
    onEnd: () => {
      seat.release()
      bridge.sessions.end(session.id)
      release()
    },
  })
  response.once('close', () => {
    left.abort()
    session.end()
  })
  try {
    process = await bridge.runner.acquire(service, identity, session, { left: left.signal })
    session.begin(process)
    admission.assertStands()
    // Before its client can have the id.
    await bridge.sessions.open(session, seat, identity.grantId)
    admission.assertStands()
  } catch (error) {
    session.end()
    throw error
  } finally {
    // The client may have left, or the server died, while the other was still busy.
    if (session.isOver) forget(bridge, session, release)
  }
  admission.endBy((fault) => session.end(fault))
  if (!session.isOver) session.open(response, endpointOf(bridge, exchange, session.id))
  else throw new RpcFault(502, 'internal', `the service ${service.name}: ended at once`)
}

function forget(bridge: Bridge, session: SseSession, release: () => void): void {
  release()
  bridge.sessions.end(session.id)
}

/** On the origin that the client knows. */
function endpointOf({ pathOf }: Bridge, { service }: Exchange, id: string): string {
  return `${pathOf(service.name)}?${SSE_SESSION_PARAMETER}=${id}`
}
