/**
 * A forward proxy (RFC 9110 section 3.7) that leads to the public internet alone.
 *
 * Programs that fetch what strangers ask for are started so that they reach nothing but this. Each
 * request names where it wants to go, each is judged anew: a redirect is the client's next request.
 */

import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { createServer } from '../../node-http.ts'
import { parseAuthority } from '../destination.ts'
import { forwardRequest } from './forward-request.ts'
import { join } from './join.ts'
import { CONNECTIONS_MAX, type ForwardProxyOptions, IDLE_MS } from './options.ts'
import { badRequest, refusalOf, writeRefusal } from './refusal.ts'

const HEADER_BYTES_MAX = 64 * 1024
const HEADERS_MS_MAX = 15_000
/** Each header is looked at more than once. */
const HEADERS_MAX = 200

/** Not listening yet: on loopback or on a unix socket, as it knows nobody. */
export function createForwardProxy(options: ForwardProxyOptions): Server {
  const server = createServer(
    {
      // What two readers could take for two different requests is none.
      insecureHTTPParser: false,
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: HEADERS_MS_MAX,
      // A body may take its time while it moves.
      requestTimeout: 0,
    },
    (request, response) => void forwardRequest(request, response, options),
  )
  server.maxHeadersCount = HEADERS_MAX
  server.maxConnections = options.connectionsMax ?? CONNECTIONS_MAX
  server.timeout = options.idleMs ?? IDLE_MS
  server.on('connect', (request, client, head) => void openTunnel(request, client, head, options))
  return server
}

/** RFC 9110 section 9.3.6. */
async function openTunnel(
  { url = '' }: IncomingMessage,
  client: Duplex,
  head: Buffer,
  { dial, onRefusal, idleMs = IDLE_MS }: ForwardProxyOptions,
): Promise<void> {
  const left = new AbortController()
  client.once('close', () => left.abort())
  // 'close' tells of it as well.
  client.on('error', () => {})
  const destination = parseAuthority(url)
  if (destination === undefined) {
    writeRefusal(client, badRequest('CONNECT needs host:port.'))
    return
  }
  try {
    const target = await dial(destination, left.signal)
    target.setTimeout(idleMs, () => target.destroy())
    client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
    target.write(head)
    join(client, target)
  } catch (error) {
    const refusal = refusalOf(error, destination)
    if (!left.signal.aborted) onRefusal?.(destination, refusal)
    writeRefusal(client, refusal)
  }
}
