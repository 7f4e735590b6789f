/** A POST of a client without a session (MCP 2026-07-28): judged, and answered by the server as it is or translated. */

import type { Bridge } from '../bridge.ts'
import { REVISIONS, toUnsupported } from '../era.ts'
import { type Exchange, ownerOf } from '../exchange.ts'
import type { ParsedBody } from '../json-rpc.ts'
import { OwnedElsewhere } from '../leases.ts'
import { LIST_TOOLS } from '../methods.ts'
import { forwardStateless } from '../native/forward-stateless.ts'
import type { Era } from '../runner/servers.ts'
import type { SessionOwner } from '../sessions.ts'
import { SessionRefused } from '../translate/stateless/begin-session.ts'
import { callOverSessions } from '../translate/stateless-over-sessions.ts'
import { callDirectly } from './direct.ts'
import { STATELESS_REVISION, type StatelessRequest } from './envelope.ts'
import { probe } from './probe.ts'
import { readRequest } from './read-request.ts'
import { StatelessAnswer } from './stateless-answer.ts'

/** @throws RpcFault with the refusal. @throws OwnedElsewhere when the process is another bridge's. */
export async function serveStateless(
  bridge: Bridge,
  exchange: Exchange,
  body: ParsedBody,
): Promise<void> {
  const { request, response, service } = exchange
  const stateless = readRequest(body, request)
  if (stateless === undefined) {
    response.writeHead(202).end()
    return
  }
  const era = await bridge.eras.of(service, 'stateless', () => probe(bridge, exchange))
  if (service.launch.kind === 'native') {
    await serveNative(bridge, exchange, body, { stateless, era })
    return
  }
  const owner = ownerOf(exchange)
  bridge.mirrored.assert(owner, request.headers, stateless.request)
  const answer = answerOf(bridge, exchange, owner)
  const watched = bridge.tools.admit(exchange, body)?.get(stateless.request)
  answer.watchedBy(watched)
  if (stateless.request.method === LIST_TOOLS) {
    answer.onSettled(({ result }) => bridge.mirrored.learn(owner, stateless.request, result))
  }
  try {
    if (era === 'stateless') await callDirectly(bridge, exchange, stateless, answer)
    else await callTranslated(bridge, exchange, stateless, answer)
  } catch (error) {
    answer.watchedBy(undefined)
    // It is asked again, perhaps elsewhere.
    if (!(error instanceof OwnedElsewhere)) watched?.lost()
    throw error
  }
}

/**
 * One request has one answer, however often it is looked whether it can be served here.
 * @throws RpcFault 429 when too much waits for its client already.
 */
function answerOf(bridge: Bridge, exchange: Exchange, owner: SessionOwner): StatelessAnswer {
  exchange.answer ??= new StatelessAnswer(
    exchange,
    bridge.streams,
    bridge.readers.enter(owner, exchange.response),
  )
  return exchange.answer
}

/** Native servers keep their sessions themselves: one that knows nothing else is not translated. */
async function serveNative(
  bridge: Bridge,
  exchange: Exchange,
  body: ParsedBody,
  { stateless: { request }, era }: { readonly stateless: StatelessRequest; readonly era: Era },
): Promise<void> {
  if (era === 'sessions') throw toUnsupported(STATELESS_REVISION, REVISIONS, request.id)
  await forwardStateless(bridge, exchange, body, request)
}

/** A server that refuses the session may be one that knows none. */
async function callTranslated(
  bridge: Bridge,
  exchange: Exchange,
  stateless: StatelessRequest,
  answer: StatelessAnswer,
): Promise<void> {
  try {
    await callOverSessions(bridge, exchange, stateless, answer)
  } catch (error) {
    const { eras } = bridge
    const isOther =
      error instanceof SessionRefused &&
      (await eras.hasNoSessions(exchange.service, error.told, () => probe(bridge, exchange)))
    if (!isOther) throw error
    await callDirectly(bridge, exchange, stateless, answer)
  }
}
