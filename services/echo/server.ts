/** The HTTP edge of the echo service: the bridge's secret, and one SDK transport for each session. */

import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { equalInConstantTime } from '../../lib/platform/constant-time.ts'
import type { Secret } from '../../lib/platform/secret.ts'
import { acceptBoth, acceptsStream } from './accept.ts'
import { createTools } from './tools.ts'

type Transports = Map<string, StreamableHTTPServerTransport>

export function createEchoServer(secret: Secret): Server {
  const transports: Transports = new Map()
  const server = createServer((request, response) => {
    const proof = request.headers['x-gateway-edge']
    if (typeof proof !== 'string' || !equalInConstantTime(proof, secret.reveal())) {
      refuse(response, 403, -32000, 'this is not the way in')
      return
    }
    void answer(request, response, transports)
  })
  // Time limits are the bridge's business; a listening stream has no end.
  server.requestTimeout = 0
  return server
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  transports: Transports,
): Promise<void> {
  try {
    const id = request.headers['mcp-session-id']
    const transport =
      id === undefined
        ? await openTransport(request, transports)
        : transports.get(typeof id === 'string' ? id : '')
    if (transport === undefined) {
      refuse(response, 404, -32001, 'no such session')
      return
    }
    acceptBoth(request)
    await transport.handleRequest(request, response)
  } catch {
    // The SDK answers bad requests itself: this is a connection that broke.
    response.destroy()
  }
}

async function openTransport(
  request: IncomingMessage,
  transports: Transports,
): Promise<StreamableHTTPServerTransport> {
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: () => randomUUID(),
    enableJsonResponse: !acceptsStream(request),
    onsessioninitialized: (id) => void transports.set(id, transport),
    onsessionclosed: (id) => void transports.delete(id),
  })
  // A transport that never becomes a session is dropped with its request.
  await createTools().connect(transport)
  return transport
}

function refuse(response: ServerResponse, status: number, code: number, message: string): void {
  const body = JSON.stringify({ jsonrpc: '2.0', id: null, error: { code, message } })
  response.writeHead(status, { 'content-type': 'application/json' }).end(body)
}
