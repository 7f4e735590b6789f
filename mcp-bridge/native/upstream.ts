/** Asking a native server: which headers travel to it, and which come back. */

import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { EDGE_SECRET_HEADER } from '../../lib/oauth/identity-headers.ts'
import { request as httpRequest } from '../../lib/platform/node-http.ts'
import { refuseUpgrade } from '../../lib/platform/refuse-upgrade.ts'
import { RpcFault } from '../json-rpc.ts'
import { BODY_BYTES_MAX } from '../limits.ts'
import type { NativeServer } from './native-servers.ts'

/** RFC 9110 section 7.6.1; `host` and the length are set anew, credentials never travel. */
const NOT_FORWARDED = new Set(
  (
    'connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer ' +
    `transfer-encoding upgrade host content-length expect authorization cookie ${EDGE_SECRET_HEADER}`
  ).split(' '),
)

export interface UpstreamRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body?: Buffer | undefined
  /** Ends it while there is no answer. */
  readonly signal?: AbortSignal
}

/** @throws RpcFault 502 naming the service when the server does not answer. */
export async function ask(
  server: NativeServer,
  service: string,
  { method, path, headers, body, signal }: UpstreamRequest,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const request = httpRequest({
    socketPath: server.socketPath,
    method,
    path,
    ...(signal && { signal }),
    headers: {
      ...forwardable(headers),
      host: 'localhost',
      [EDGE_SECRET_HEADER]: server.secret,
      ...(body && { 'content-length': body.length }),
    },
  })
  request.once('response', resolve)
  request.once('error', reject)
  refuseUpgrade(request, () => reject(new Error('the server changed the protocol')))
  request.end(body)
  try {
    const answer = await promise
    // What goes wrong from now on shows as a cut answer.
    request.on('error', () => {})
    if (answer.statusCode !== 401) return answer
    answer.resume()
    // A 401 would make clients throw away a login that is good.
    throw new Error('the server answered 401')
  } catch (cause) {
    throw new RpcFault(502, 'internal', `the service ${service}: did not answer`, { cause })
  }
}

export function isStream({ headers }: IncomingMessage): boolean {
  return headers['content-type']?.startsWith('text/event-stream') === true
}

/** Undefined when it is too large. */
export async function readWhole(answer: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > BODY_BYTES_MAX) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

export function forwardable(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !NOT_FORWARDED.has(name)))
}
