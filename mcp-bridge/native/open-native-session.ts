/** `initialize` in front of a native server: the session id it hands out is bound to its owner. */

import type { IncomingMessage } from 'node:http'
import type { Bridge } from '../bridge.ts'
import { revisionOf, withServedRevision } from '../era.ts'
import { type Exchange, ownerOf, sendFault } from '../exchange.ts'
import { RpcFault, type RpcRequest, serialize } from '../json-rpc.ts'
import { NATIVE_TELL_MS } from '../limits.ts'
import { askTraced } from './ask-traced.ts'
import type { NativeServer } from './native-servers.ts'
import { NativeSession } from './native-session.ts'
import { type GiveUp, Patience } from './patience.ts'
import { ask, forwardable, readWhole } from './upstream.ts'

const SESSION_ID = /^[\x21-\x7e]{16,256}$/

export async function openNativeSession(
  bridge: Bridge,
  exchange: Exchange,
  request: RpcRequest,
): Promise<void> {
  const { response, identity, admission } = exchange
  const owner = ownerOf(exchange)
  const seat = bridge.sessions.reserve(owner)
  const upstream = new AbortController()
  const refuse: GiveUp = (fault) => sendFault(response, fault, request.id)
  // The server goes on: a session that it opens has to be known, to be ended.
  admission.endBy(refuse)
  try {
    const server = await bridge.natives.ensure(exchange.service)
    admission.assertStands()
    const patience = new Patience(bridge.natives, exchange, server, (fault) => {
      refuse(fault)
      upstream.abort()
    })
    const asking = initialize(bridge, server, exchange, request, upstream.signal)
    const { answer, body } = await patience.watch(asking)
    patience.end()
    const id = answer.headers['mcp-session-id']
    if (answer.statusCode === 200 && typeof id === 'string') {
      if (!SESSION_ID.test(id)) throw unusable(exchange, 'its session id is not acceptable')
      const onEnd = endUpstream(bridge, exchange.service.name, exchange.request.url ?? '/')
      const session = new NativeSession(id, owner, revisionIn(body), onEnd)
      await bridge.sessions.open(session, seat, identity.grantId)
      // Who has left does not know its id.
      if (admission.withdrawal !== undefined || response.destroyed) bridge.sessions.end(id)
    } else seat.release()
    admission.assertStands()
    const headers = forwardable(answer.headers)
    response.writeHead(answer.statusCode ?? 502, headers).end(body)
  } catch (error) {
    seat.release()
    throw error
  }
}

/** The whole answer: the session must be known before its id can be used. */
async function initialize(
  bridge: Bridge,
  server: NativeServer,
  exchange: Exchange,
  request: RpcRequest,
  signal: AbortSignal,
): Promise<{ answer: IncomingMessage; body: Buffer }> {
  const { 'mcp-session-id': _, ...headers } = exchange.request.headers
  const answer = await askTraced(bridge.tracing, exchange, server, {
    method: 'POST',
    path: exchange.request.url ?? '/',
    headers,
    body: Buffer.from(serialize(withServedRevision(request))),
    signal,
  })
  const body = await readWhole(answer).catch((cause) => {
    throw unusable(exchange, 'its answer to initialize broke off', cause)
  })
  if (body === undefined) throw unusable(exchange, 'its answer to initialize is too large')
  return { answer, body }
}

/** JSON or an event stream: the result has the member once, at its top. */
function revisionIn(body: Buffer): string {
  const protocolVersion = /"protocolVersion"\s*:\s*"(\d{4}-\d{2}-\d{2})"/.exec(body.toString())?.[1]
  return revisionOf({ protocolVersion })
}

/** The server learns of an ending. What this returns outlives the exchange and must not hold it. */
function endUpstream(
  { natives }: Bridge,
  service: string,
  path: string,
): (session: NativeSession) => void {
  return ({ id }) => {
    const server = natives.running(service)
    if (server === undefined) return
    const headers = { 'mcp-session-id': id }
    const signal = AbortSignal.timeout(NATIVE_TELL_MS)
    ask(server, service, { method: 'DELETE', path, headers, signal }).then(
      (answer) => void answer.resume(),
      () => {
        // It has ended or does not answer: either way the session is no more.
      },
    )
  }
}

function unusable({ service }: Exchange, what: string, cause?: unknown): RpcFault {
  return new RpcFault(502, 'internal', `the service ${service.name}: ${what}`, { cause })
}
