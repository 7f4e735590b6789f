/** Stands before a bridge as Envoy does, and cuts what a call asks it to: a network that is no good. */

import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { Bridge } from './bridge.ts'

export interface ProxiedRequest {
  readonly method: string
  readonly lastEventId: string | undefined
  readonly body: string
  status?: number | undefined
}

export interface CuttingProxy {
  readonly url: string
  readonly requests: readonly ProxiedRequest[]
  /** Cuts the listening streams that are open. */
  cutListening(): void
  stop(): void
}

/** The answer to a call whose body has this in it is cut after its first piece. */
export const CUT = 'cut-me-off'

export async function startCuttingProxy(
  bridge: Pick<Bridge, 'socket' | 'headers'>,
): Promise<CuttingProxy> {
  const requests: ProxiedRequest[] = []
  const listening = new Set<ServerResponse>()
  const server = createServer((request, response) => {
    if (request.method === 'GET') listening.add(response)
    response.on('close', () => listening.delete(response))
    void pass(request, response, bridge, requests)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    cutListening() {
      for (const response of listening) response.destroy()
    },
    stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function pass(
  request: IncomingMessage,
  response: ServerResponse,
  bridge: Pick<Bridge, 'socket' | 'headers'>,
  requests: ProxiedRequest[],
): Promise<void> {
  const { method = '', headers, url } = request
  const body = await buffer(request)
  const noted: ProxiedRequest = {
    method,
    lastEventId: headers['last-event-id'] as string | undefined,
    body: body.toString(),
  }
  requests.push(noted)
  const upstream = httpRequest({
    socketPath: bridge.socket,
    method,
    path: url,
    headers: { ...headers, ...bridge.headers() },
    agent: false,
  })
  response.on('close', () => upstream.destroy())
  upstream.on('error', () => response.destroy())
  upstream.on('response', (answer) => {
    noted.status = answer.statusCode
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.on('error', () => response.destroy())
    if (noted.body.includes(CUT)) {
      answer.once('data', (chunk: Buffer) => response.write(chunk, () => response.destroy()))
    } else answer.pipe(response)
  })
  upstream.end(body)
}
