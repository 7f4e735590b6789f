/** Clients without sessions (MCP 2026-07-28): each request is served by itself, by the official SDK of that revision. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import {
  createMcpHandler,
  type McpHttpHandler,
  type McpServer,
  type PerRequestResponseMode,
} from '@modelcontextprotocol/server'
import { acceptsJson, acceptsStream } from './accept.ts'
import type { Answers } from './server.ts'

export class Stateless implements Answers {
  readonly #createServer: () => McpServer
  /** One for each way to answer that a client has asked for. */
  readonly #handlers = new Map<PerRequestResponseMode, McpHttpHandler>()

  /** @param createServer called for each request. */
  constructor(createServer: () => McpServer) {
    this.#createServer = createServer
  }

  async answer(request: IncomingMessage, response: ServerResponse, body: unknown): Promise<void> {
    // To leave is to cancel, also while this was loaded or the body read: nobody would tell of it later.
    if (response.destroyed) return
    const handler = this.#handlerFor(request)
    const answer = await handler.fetch(toRequest(request, response), { parsedBody: body })
    response.writeHead(answer.status, Object.fromEntries(answer.headers))
    response.flushHeaders()
    if (answer.body === null) response.end()
    else await pipeline(Readable.fromWeb(answer.body as ReadableStream), response)
  }

  /** The SDK does not look at `Accept`; a client that reads one form alone gets that. */
  #handlerFor(request: IncomingMessage): McpHttpHandler {
    const mode = acceptsStream(request) ? (acceptsJson(request) ? 'auto' : 'sse') : 'json'
    const known = this.#handlers.get(mode)
    if (known !== undefined) return known
    // The bridge keeps silent streams alive.
    const options = { legacy: 'reject', responseMode: mode, keepAliveMs: 0 } as const
    const handler = createMcpHandler(this.#createServer, options)
    this.#handlers.set(mode, handler)
    return handler
  }
}

/** To leave is to cancel. */
function toRequest({ url = '/', headers }: IncomingMessage, response: ServerResponse): Request {
  const leaving = new AbortController()
  response.once('close', () => leaving.abort())
  return new Request(new URL(url, 'http://localhost'), {
    method: 'POST',
    headers: {
      ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
      // It has been read as that.
      'content-type': 'application/json',
    },
    signal: leaving.signal,
  })
}
