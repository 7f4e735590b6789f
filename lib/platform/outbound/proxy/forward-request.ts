/**
 * A request in absolute form (RFC 9112 section 3.2.2), sent on over a connection of its own.
 *
 * It is written anew from what was read of it: target, end-to-end headers, and a body framed once.
 */

import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { request } from '../../node-http.ts'
import { refuseUpgrade } from '../../refuse-upgrade.ts'
import { destinationOf } from '../destination.ts'
import { endToEndHeaders } from './end-to-end-headers.ts'
import { type ForwardProxyOptions, IDLE_MS } from './options.ts'
import { badRequest, type Refusal, refusalOf, sendRefusal } from './refusal.ts'

/** Said to the target, which may care (RFC 9110 section 7.6.3). */
const VIA = '1.1 mcp-oauth-gateway'

const NOT_ABSOLUTE = badRequest(
  'This is a proxy: the request has to name its target, as in http://host/path.',
)
const NOT_HTTP = badRequest('Only http:// is forwarded; anything else goes through CONNECT.')
const CREDENTIALS = badRequest(
  'The target has user information: send it as a header, or not at all.',
)
const ENCODED = badRequest(
  'A body is sent in chunks, or with its length: no other coding is known.',
  501,
)

export async function forwardRequest(
  received: IncomingMessage,
  response: ServerResponse,
  { dial, onRefusal, idleMs = IDLE_MS }: ForwardProxyOptions,
): Promise<void> {
  const target = readTarget(received)
  if ('status' in target) {
    sendRefusal(response, target)
    return
  }
  const left = new AbortController()
  response.once('close', () => left.abort())
  const destination = destinationOf(target)
  try {
    const socket = await dial(destination, left.signal)
    socket.setTimeout(idleMs, () => socket.destroy())
    const sent = sendOn(received, target, socket, left.signal)
    const answer = await answerTo(sent)
    response.writeHead(answer.statusCode ?? 502, endToEndHeaders(answer.rawHeaders))
    response.flushHeaders()
    await pipeline(answer, response)
  } catch (error) {
    const refusal = refusalOf(error, destination)
    // Whoever has left was not refused.
    if (!left.signal.aborted) onRefusal?.(destination, refusal)
    sendRefusal(response, refusal)
  }
}

function readTarget({ url = '', headers }: IncomingMessage): URL | Refusal {
  const target = URL.parse(url)
  if (target === null) return NOT_ABSOLUTE
  if (target.protocol !== 'http:') return NOT_HTTP
  if (target.username !== '' || target.password !== '') return CREDENTIALS
  const coding = headers['transfer-encoding']
  return coding === undefined || coding.toLowerCase() === 'chunked' ? target : ENCODED
}

function sendOn(
  received: IncomingMessage,
  target: URL,
  socket: Socket,
  signal: AbortSignal,
): ClientRequest {
  const sent = request({
    createConnection: () => socket,
    method: received.method,
    path: target.pathname + target.search,
    // The target's own, whatever the client wrote: RFC 9112 section 3.2.2.
    headers: { host: target.host, ...requestHeaders(received), via: VIA, connection: 'close' },
    setDefaultHeaders: false,
    insecureHTTPParser: false,
    signal,
  })
  // Not a pipeline: a target that breaks off must not take the client's connection with it.
  received.pipe(sent)
  return sent
}

/** Written by us, or nobody's business. */
const OURS: ReadonlySet<string> = new Set(['host', 'expect', 'via', 'content-length'])

function requestHeaders(received: IncomingMessage): OutgoingHttpHeaders {
  const kept = endToEndHeaders(received.rawHeaders, (name) => OURS.has(name))
  return { ...kept, ...framingOf(received) }
}

/** As the body was read. Were it left to the client to name it in `Connection`, the target would read a second request. */
function framingOf({ headers }: IncomingMessage): OutgoingHttpHeaders {
  if (headers['transfer-encoding'] !== undefined) return { 'transfer-encoding': 'chunked' }
  const length = headers['content-length']
  return length === undefined ? {} : { 'content-length': length }
}

function answerTo(sent: ClientRequest): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  sent.once('response', resolve)
  sent.on('error', reject)
  refuseUpgrade(sent, () => reject(new Error('the server changed the protocol')))
  return promise
}
