/**
 * The HTTP edge of the bridge: who may ask at all, which service, which method.
 *
 * Only Envoy speaks here, and proves it by the edge secret; identity headers are believed after that.
 */

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Service } from '../lib/catalogue/service.ts'
import {
  EDGE_SECRET_HEADER,
  type Identity,
  parseIdentityHeaders,
} from '../lib/oauth/identity-headers.ts'
import { matcherOf } from '../lib/platform/constant-time.ts'
import { type Log, REQUEST_ID_HEADER } from '../lib/platform/log.ts'
import { createServer, EDGE_HEADER_BYTES_MAX } from '../lib/platform/node-http.ts'
import type { Secret } from '../lib/platform/secret.ts'
import type { Bridge } from './bridge.ts'
import { serveElsewhere } from './elsewhere.ts'
import { endSession } from './end-session.ts'
import {
  type Exchange,
  type ExchangeWatchers,
  headerOf,
  REVISION_HEADER,
  SESSION_HEADER,
  sendFault,
  watchExchange,
} from './exchange.ts'
import { RpcFault } from './json-rpc.ts'
import { HTTP_KEEP_ALIVE_MS } from './limits.ts'
import { listen } from './listen.ts'
import { post } from './post.ts'
import { STATELESS_REVISION } from './stateless/envelope.ts'
import { traceExchange } from './trace-exchange.ts'

export interface ServerOptions extends ExchangeWatchers {
  readonly bridge: Bridge
  /** As it is now. */
  readonly findService: (name: string) => Service | undefined
  readonly edgeSecret: Secret
}

interface Door extends Omit<ServerOptions, 'edgeSecret'> {
  readonly isOfEdge: (proof: string) => boolean
}

/** On the end of one answer. */
const LISTENERS_MAX = 32
const ALLOWED = 'GET, POST, DELETE'

export function createBridgeServer(options: ServerOptions): Server {
  const door: Door = { ...options, isOfEdge: matcherOf(options.edgeSecret.reveal()) }
  const server = createServer({ maxHeaderSize: EDGE_HEADER_BYTES_MAX }, (request, response) => {
    if (request.url === '/healthz') response.writeHead(200).end('ok\n')
    else void handle(request, response, door)
  })
  // Node's own answer has no body.
  server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    sendFault(response, new RpcFault(417, 'refused', 'expect nothing but 100-continue'))
  })
  server.keepAliveTimeout = HTTP_KEEP_ALIVE_MS
  // Envoy bounds how long headers and body may take; a listening stream has no end.
  server.requestTimeout = 0
  return server
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  door: Door,
): Promise<void> {
  // A client that leaves is no fault of anybody; and many parts want to know when it does.
  response.on('error', () => {}).setMaxListeners(LISTENERS_MAX)
  let exchange: Exchange | undefined
  try {
    exchange = admit(request, response, door)
    const { admission } = exchange
    response.once('close', () => admission.clientLeft())
    watchExchange(exchange, door)
    await serveTraced(door.bridge, exchange)
  } catch (thrown) {
    // Who has left, perhaps in the middle of a body, gets no answer, who has one gets no other.
    if (response.destroyed || response.writableEnded) return
    const fault = RpcFault.from(thrown)
    const requestId = headerOf(request, REQUEST_ID_HEADER)
    if (fault.cause !== undefined) reportCause(fault, { exchange, requestId }, door.log)
    // By it the operator finds in the log what stays there.
    const more = isOurs(fault) && requestId !== undefined ? { request_id: requestId } : undefined
    sendFault(response, fault, exchange?.rpcId, more)
  }
}

/** @throws RpcFault 403 for who did not come through the edge, 404 for no service. */
function admit(
  request: IncomingMessage,
  response: ServerResponse,
  { bridge, isOfEdge, findService }: Door,
): Exchange {
  const proof = headerOf(request, EDGE_SECRET_HEADER)
  if (proof === undefined || !isOfEdge(proof)) {
    throw new RpcFault(403, 'refused', 'this is not the way in')
  }
  const identity = readIdentity(request)
  if (identity === undefined) throw new RpcFault(403, 'refused', 'nobody is named as the caller')
  const service = findService(serviceNameOf(request))
  if (service === undefined) throw new RpcFault(404, 'refused', 'no such service')
  const admission = bridge.admissions.enter({
    identity,
    listens: request.method === 'GET',
    cut: () => response.destroy(),
  })
  return { request, response, identity, service, admission }
}

function readIdentity({ headers }: IncomingMessage): Identity | undefined {
  try {
    return parseIdentityHeaders(headers)
  } catch {
    // Not percent-encoded as the edge does it: whoever that is, it is not the edge.
    return undefined
  }
}

function serviceNameOf({ url = '' }: IncomingMessage): string {
  return /^\/([a-z0-9-]+)\/mcp(?:\?|$)/.exec(url)?.[1] ?? ''
}

/** What is done for the request belongs to its span, also where nobody hands that on. */
function serveTraced(bridge: Bridge, exchange: Exchange): Promise<void> {
  const { tracing } = bridge
  if (tracing === undefined) return serve(bridge, exchange)
  const span = traceExchange(exchange, tracing)
  exchange.span = span
  return tracing.within(span, () => serve(bridge, exchange))
}

/** Here, or by the bridge process that it belongs to. */
async function serve(bridge: Bridge, exchange: Exchange): Promise<void> {
  try {
    await dispatch(bridge, exchange)
  } catch (thrown) {
    await serveElsewhere(bridge, exchange, thrown, dispatch)
  }
}

/** Without a promise of its own: every request comes by here. */
function dispatch(bridge: Bridge, exchange: Exchange): Promise<void> {
  const { request } = exchange
  if (request.method !== 'POST') assertNotStateless(request)
  switch (request.method) {
    case 'POST':
      return post(bridge, exchange)
    case 'GET':
      return listen(bridge, exchange)
    case 'DELETE':
      endSession(bridge, exchange)
      return Promise.resolve()
    default:
      throw new RpcFault(405, 'refused', 'use GET, POST or DELETE', { headers: { allow: ALLOWED } })
  }
}

/** @throws RpcFault 405 for a client that has no session and wants none (MCP 2026-07-28, Streamable HTTP). */
function assertNotStateless(request: IncomingMessage): void {
  const isStateless = headerOf(request, REVISION_HEADER) === STATELESS_REVISION
  if (!isStateless || headerOf(request, SESSION_HEADER) !== undefined) return
  const message = `without a session use POST: ${STATELESS_REVISION} has subscriptions/listen for what a server says by itself`
  throw new RpcFault(405, 'refused', message, { headers: { allow: 'POST' } })
}

/** Unforeseen errors and failing servers are the operator's business; bad requests are not. */
function isOurs({ cause, status }: RpcFault): boolean {
  return cause !== undefined && (status < 400 || status >= 500)
}

interface Failed {
  readonly exchange: Exchange | undefined
  readonly requestId: string | undefined
}

function reportCause(fault: RpcFault, { exchange, requestId }: Failed, log: Log): void {
  log[isOurs(fault) ? 'error' : 'debug'](
    {
      request_id: requestId,
      user: exchange?.identity.userId,
      client_id: exchange?.identity.clientId,
      service: exchange?.service.name,
      err: fault.cause,
    },
    fault.message,
  )
}
