/** `initialize` in front of a stdio server: a place, a process, its answer, and the session's id. */

import { isObject } from '../lib/platform/json.ts'
import { randomText } from '../lib/platform/seal.ts'
import { parseAccept } from './accept.ts'
import { Answer } from './answer.ts'
import type { Bridge } from './bridge.ts'
import { revisionOf, withServedRevision } from './era.ts'
import { type Exchange, headerOf, ownerOf, SESSION_HEADER, sendFault } from './exchange.ts'
import { paramsOf, RpcFault, type RpcRequest, type RpcResponse } from './json-rpc.ts'
import { LiveSession } from './live-session.ts'
import { wasUnheard } from './remote/unheard.ts'
import type { Era } from './runner/servers.ts'
import type { Seat } from './seats.ts'
import { probe } from './stateless/probe.ts'
import { takeServer } from './take-server.ts'

export async function openSession(
  bridge: Bridge,
  exchange: Exchange,
  request: RpcRequest,
): Promise<void> {
  const { response, admission } = exchange
  const owner = ownerOf(exchange)
  const seat = bridge.sessions.reserve(owner)
  const id = randomText()
  const { capabilities } = paramsOf(request)
  const session = new LiveSession({
    id,
    owner,
    capabilities: isObject(capabilities) ? capabilities : {},
    ports: bridge.streams,
    recorder: bridge.events.recorder(id, owner),
    onEnd: freeing(bridge, seat, id),
  })
  admission.endBy((fault) => {
    sendFault(response, fault, request.id)
    // Before it has a server it ends as soon as it gets one.
    if (session.hasServer) session.end()
  })
  try {
    const answer = await begin(bridge, exchange, session, request)
    admission.assertStands()
    if (isObject(answer.result)) await settle(bridge, exchange, session, seat)
    else session.end()
    send(exchange, answer, session)
  } catch (error) {
    session.end()
    throw error
  }
}

/** What this returns lives as long as the session and must not hold the exchange that has opened it. */
function freeing({ sessions }: Bridge, seat: Seat, id: string): () => void {
  return () => {
    // Whether it was registered already or not: the place is free again.
    seat.release()
    sessions.end(id)
  }
}

/** With a server of its own era, unless there is none: then with one that needs a translation. */
async function begin(
  bridge: Bridge,
  exchange: Exchange,
  session: LiveSession,
  request: RpcRequest,
): Promise<RpcResponse> {
  const { eras } = bridge
  const { service } = exchange
  const isStateless = (): Promise<boolean> => probe(bridge, exchange)
  const beginAs = (era: Era): Promise<RpcResponse> =>
    beginWith(bridge, exchange, session, request, era)
  if ((await eras.of(service, 'sessions', isStateless)) === 'stateless') {
    const translated = await beginAs('stateless')
    if (!hasRefused(session, translated)) return translated
    // It may have become another server since: the same program, or address, of another version.
    session.part()
    const answer = await beginAs('sessions')
    if (!isObject(answer.result)) return translated
    eras.hasSessions(service)
    return answer
  }
  const answer = await beginAs('sessions')
  if (isObject(answer.result)) eras.hasSessions(service)
  if (!hasRefused(session, answer)) return answer
  session.part()
  const hasNone = eras.hasNoSessions(service, answer.error, isStateless)
  if (!(await hasNone.catch(asRefused))) return answer
  return await beginAs('stateless')
}

/** Who has ended, or was never heard, has not refused. */
function hasRefused({ isOver }: LiveSession, { result, error }: RpcResponse): boolean {
  return !isOver && !isObject(result) && !wasUnheard(error)
}

/** Whoever cannot be asked more has at least said no. */
function asRefused(error: unknown): false {
  if (error instanceof RpcFault) return false
  throw error
}

async function beginWith(
  bridge: Bridge,
  exchange: Exchange,
  session: LiveSession,
  request: RpcRequest,
  era: Era,
): Promise<RpcResponse> {
  const server = await takeServer(bridge, exchange, session, era)
  exchange.admission.assertStands()
  const served = withServedRevision(request)
  const answering = server.initialize(session, served)
  // Most servers settle on what they are asked for.
  if (!session.isOver) bridge.sessions.announce(session, revisionOf(served.params))
  const answer = await answering
  session.streams.revision = revisionOf(answer.result)
  return answer
}

/** The client may have left, or the server died, while the other was still busy. */
async function settle(
  bridge: Bridge,
  { response, service, identity }: Exchange,
  session: LiveSession,
  seat: Seat,
): Promise<void> {
  if (response.destroyed) session.end()
  if (!session.isOver) await bridge.sessions.open(session, seat, identity.grantId)
  if (!session.isOver) return
  bridge.sessions.end(session.id)
  throw new RpcFault(200, 'internal', `the service ${service.name}: ended after initialize`)
}

function send({ request, response }: Exchange, answer: RpcResponse, session: LiveSession): void {
  const options = {
    accepted: parseAccept(headerOf(request, 'accept')),
    isBatch: false,
    expected: 1,
    headers: isObject(answer.result) ? { [SESSION_HEADER]: session.id } : {},
  }
  new Answer(response, options, session.streams).settle(answer)
}
