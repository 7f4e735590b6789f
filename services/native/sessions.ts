/** Clients with sessions (MCP until 2025-11-25): one transport of the official SDK for each. */

import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { acceptBoth, acceptsStream } from './accept.ts'
import { refuse } from './refuse.ts'
import type { Answers } from './server.ts'

/** What serves one session. */
export interface SessionServer {
  readonly server: McpServer
  opened?(id: string): void
  closed?(): void
}

export class Sessions implements Answers {
  readonly #transports = new Map<string, StreamableHTTPServerTransport>()
  readonly #serve: (request: IncomingMessage, body: unknown) => SessionServer

  /** @param serve called for each request without a session; its body is not yet known to be good. */
  constructor(serve: (request: IncomingMessage, body: unknown) => SessionServer) {
    this.#serve = serve
  }

  async answer(request: IncomingMessage, response: ServerResponse, body?: unknown): Promise<void> {
    const id = request.headers['mcp-session-id']
    const transport =
      id === undefined
        ? await this.#open(request, body)
        : this.#transports.get(typeof id === 'string' ? id : '')
    if (transport === undefined) {
      refuse(response, 404, -32001, 'no such session')
      return
    }
    // The newest takes the place of the one before, whose client may be gone without a word; the SDK would refuse it.
    if (request.method === 'GET') transport.closeStandaloneSSEStream()
    acceptBoth(request)
    await transport.handleRequest(request, response, body)
  }

  async #open(request: IncomingMessage, body: unknown): Promise<StreamableHTTPServerTransport> {
    const session = this.#serve(request, body)
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      enableJsonResponse: !acceptsStream(request),
      onsessioninitialized: (id) => {
        this.#transports.set(id, transport)
        session.opened?.(id)
      },
      onsessionclosed: (id) => {
        this.#transports.delete(id)
        session.closed?.()
      },
    })
    // A transport that never becomes a session is dropped with its request.
    await session.server.connect(transport)
    return transport
  }
}
