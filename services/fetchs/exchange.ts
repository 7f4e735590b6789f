/** One request and its answer's head, over a connection that the guard made. */

import type { IncomingMessage } from 'node:http'
import { isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { request } from '../../lib/platform/node-http.ts'
import { destinationOf } from '../../lib/platform/outbound/destination.ts'
import type { Dial } from '../../lib/platform/outbound/egress.ts'
import { OutboundError } from '../../lib/platform/outbound/outbound-error.ts'
import { refuseUpgrade } from '../../lib/platform/refuse-upgrade.ts'
import type { Headers } from './request-headers.ts'

export interface Asked {
  readonly url: URL
  readonly method: 'GET' | 'POST'
  readonly headers: Headers
  readonly body: string | undefined
}

const HEADER_BYTES_MAX = 64 * 1024

/**
 * Resolves with the answer, its body not yet read. The signal ends it, also while the body is read.
 * @throws OutboundError or an error of the connection.
 */
export async function exchange(
  { url, method, headers, body }: Asked,
  dial: Dial,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const destination = destinationOf(url)
  const plain = await dial(destination, signal)
  const socket = url.protocol === 'https:' ? await secure(plain, destination.host, signal) : plain
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const sent = request({
    createConnection: () => socket,
    method,
    path: url.pathname + url.search,
    headers: {
      ...headers,
      host: url.host,
      'accept-encoding': 'gzip, deflate, br',
      connection: 'close',
      ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
    },
    maxHeaderSize: HEADER_BYTES_MAX,
    insecureHTTPParser: false,
    signal,
  })
  sent.once('response', resolve)
  sent.on('error', reject)
  refuseUpgrade(sent, () => reject(new Error('the server changed the protocol')))
  sent.end(body)
  return await promise
}

/** @param host as `Destination.host`. */
function secure(socket: Socket, host: string, signal: AbortSignal): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const secured = connectTls({
    socket,
    host,
    // An address is no server name (RFC 6066 section 3); the certificate is checked for it all the same.
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ALPNProtocols: ['http/1.1'],
    minVersion: 'TLSv1.2',
  })
  const abort = (): void => void secured.destroy(new Error('nobody waits for it'))
  signal.addEventListener('abort', abort, { once: true })
  secured.once('secureConnect', () => {
    signal.removeEventListener('abort', abort)
    resolve(secured)
  })
  secured.on('error', (cause) => reject(new OutboundError('connection', cause)))
  return promise
}
