/** A POST of a client without a session (MCP 2026-07-28): judged, and answered by the server as it is or translated. */

import type { Bridge } from '../bridge.ts'
import { REVISIONS, toUnsupported } from '../era.ts'
import type { Exchange } from '../exchange.ts'
import type { ParsedBody } from '../json-rpc.ts'
import { callOverSessions } from '../translate/stateless-over-sessions.ts'
import { callDirectly } from './direct.ts'
import { STATELESS_REVISION } from './envelope.ts'
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
  const { id } = stateless.request
  if (service.launch.kind === 'native') throw toUnsupported(STATELESS_REVISION, REVISIONS, id)
  const era = await bridge.eras.of(service, 'stateless', () => probe(bridge, exchange))
  const call = era === 'sessions' ? callOverSessions : callDirectly
  await call(bridge, exchange, stateless, new StatelessAnswer(exchange, bridge.streams))
}
