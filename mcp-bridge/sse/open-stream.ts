/** GET without a session, for services that serve the HTTP+SSE transport: it opens one (MCP 2024-11-05). */

import { randomText } from '../../lib/platform/seal.ts'
import type { Bridge } from '../bridge.ts'
import { type Exchange, ownerOf } from '../exchange.ts'
import { RpcFault } from '../json-rpc.ts'
import { probe } from '../stateless/probe.ts'
import { takeServer } from '../take-server.ts'
import { SseSession } from './sse-session.ts'

export const SSE_SESSION_PARAMETER = 'sessionId'

/**
 * It takes its process at once: where that is another bridge's, the stream has to be there.
 * @throws RpcFault when there is no place, or no process.
 */
export async function openStream(bridge: Bridge, exchange: Exchange): Promise<void> {
  const { response, service, identity, admission } = exchange
  const seat = bridge.sessions.reserve(ownerOf(exchange))
  const session = createSession(bridge, exchange, () => {
    seat.release()
    bridge.sessions.end(session.id)
  })
  const leave = (): void => session.end()
  response.once('close', leave)
  try {
    const era = await bridge.eras.of(service, 'sessions', () => probe(bridge, exchange))
    await takeServer(bridge, exchange, session, era)
    admission.assertStands()
    // Before its client can have the id.
    await bridge.sessions.open(session, seat, identity.grantId)
    admission.assertStands()
  } catch (error) {
    // It may be opened again, when another bridge process has what it needs.
    response.off('close', leave)
    session.end()
    throw error
  } finally {
    // The client may have left, or the server died, while the other was still busy.
    if (session.isOver) bridge.sessions.end(session.id)
  }
  admission.endBy((fault) => session.end(fault))
  if (!session.isOver) session.open(response, endpointOf(bridge, exchange, session.id))
  else throw new RpcFault(502, 'internal', `the service ${service.name}: ended at once`)
}

function createSession(bridge: Bridge, exchange: Exchange, onEnd: () => void): SseSession {
  const { service } = exchange
  const session = new SseSession({
    id: randomText(),
    owner: ownerOf(exchange),
    ports: bridge.streams,
    onAgreed: () => bridge.eras.hasSessions(service),
    async takeAnother(error) {
      const isStateless = (): Promise<boolean> => probe(bridge, exchange)
      if (!(await bridge.eras.hasNoSessions(service, error, isStateless))) return false
      await takeServer(bridge, exchange, session, 'stateless')
      return true
    },
    onEnd,
  })
  return session
}

/** On the origin that the client knows. */
function endpointOf({ pathOf }: Bridge, { service }: Exchange, id: string): string {
  return `${pathOf(service.name)}?${SSE_SESSION_PARAMETER}=${id}`
}
