/** Clients without sessions (MCP 2026-07-28): each request is served by itself, by the official SDK of that revision. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import {
  createMcpHandler,
  type McpHttpHandler,
  McpServer,
  type PerRequestResponseMode,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { acceptsJson, acceptsStream } from './accept.ts'
import { ABOUT, TOOLS, type Tool, type ToolCall } from './tools.ts'

/** One for each way to answer that a client has asked for. */
const handlers = new Map<PerRequestResponseMode, McpHttpHandler>()

export async function answerStateless(
  request: IncomingMessage,
  response: ServerResponse,
  body: unknown,
): Promise<void> {
  const answer = await handlerFor(request).fetch(toRequest(request, response), { parsedBody: body })
  response.writeHead(answer.status, Object.fromEntries(answer.headers))
  response.flushHeaders()
  if (answer.body === null) response.end()
  else await pipeline(Readable.fromWeb(answer.body as ReadableStream), response)
}

/** The SDK does not look at `Accept`; a client that reads one form alone gets that. */
function handlerFor(request: IncomingMessage): McpHttpHandler {
  const mode = acceptsStream(request) ? (acceptsJson(request) ? 'auto' : 'sse') : 'json'
  const known = handlers.get(mode)
  if (known !== undefined) return known
  // The bridge keeps silent streams alive.
  const handler = createMcpHandler(createServer, {
    legacy: 'reject',
    responseMode: mode,
    keepAliveMs: 0,
  })
  handlers.set(mode, handler)
  return handler
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

function createServer(): McpServer {
  const server = new McpServer(ABOUT)
  for (const tool of TOOLS) register(server, tool)
  return server
}

function register(server: McpServer, { name, run, inputSchema, ...config }: Tool): void {
  if (inputSchema === undefined) {
    server.registerTool(name, config, (context) => run({}, toCall(context)))
  } else {
    server.registerTool(name, { ...config, inputSchema }, (args, context) =>
      run(args, toCall(context)),
    )
  }
}

function toCall({ http, mcpReq }: ServerContext): ToolCall {
  return {
    headers: Object.fromEntries(http?.req?.headers ?? []),
    signal: mcpReq.signal,
    progressToken: mcpReq._meta?.progressToken,
    notify: (notification) => mcpReq.notify(notification),
  }
}
