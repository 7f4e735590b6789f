/**
 * Stands before a gateway for a client that cannot log in: adds a token to each request. Its own name becomes
 * the gateway's; any other Host or Origin stays as it came.
 */

import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface TokenProxy {
  readonly url: string
  stop(): void
}

export async function startTokenProxy(gateway: string, token: string): Promise<TokenProxy> {
  const target = new URL(gateway)
  const server = createServer((request, response) => {
    const own = `localhost:${(server.address() as AddressInfo).port}`
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [
        name,
        typeof value === 'string' ? value.replaceAll(own, target.host) : value,
      ]),
    )
    const upstream = httpRequest({
      host: '127.0.0.1',
      port: target.port,
      method: request.method,
      path: request.url,
      headers: { ...headers, authorization: `Bearer ${token}` },
    })
    upstream.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.on('error', () => response.destroy())
      answer.pipe(response)
      response.flushHeaders()
    })
    upstream.on('error', () => response.destroy())
    response.on('close', () => upstream.destroy())
    request.pipe(upstream)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}
