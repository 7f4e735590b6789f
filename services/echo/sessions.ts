/** Clients with sessions (MCP until 2025-11-25): one transport of the official SDK for each. */

import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js'
import type { ServerNotification, ServerRequest } from '@modelcontextprotocol/sdk/types.js'
import { acceptBoth, acceptsStream } from './accept.ts'
import { refuse } from './refuse.ts'
import { ABOUT, TOOLS, type Tool, type ToolCall } from './tools.ts'

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>

export class Sessions {
  readonly #transports = new Map<string, StreamableHTTPServerTransport>()

  /** `body`: where it has been read. */
  async answer(request: IncomingMessage, response: ServerResponse, body?: unknown): Promise<void> {
    const id = request.headers['mcp-session-id']
    const transport =
      id === undefined
        ? await this.#open(request)
        : this.#transports.get(typeof id === 'string' ? id : '')
    if (transport === undefined) {
      refuse(response, 404, -32001, 'no such session')
      return
    }
    acceptBoth(request)
    await transport.handleRequest(request, response, body)
  }

  async #open(request: IncomingMessage): Promise<StreamableHTTPServerTransport> {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      enableJsonResponse: !acceptsStream(request),
      onsessioninitialized: (id) => void this.#transports.set(id, transport),
      onsessionclosed: (id) => void this.#transports.delete(id),
    })
    // A transport that never becomes a session is dropped with its request.
    await createServer().connect(transport)
    return transport
  }
}

function createServer(): McpServer {
  const server = new McpServer(ABOUT)
  for (const tool of TOOLS) register(server, tool)
  return server
}

function register(server: McpServer, { name, run, inputSchema, ...config }: Tool): void {
  if (inputSchema === undefined) {
    server.registerTool(name, config, (extra) => run({}, toCall(extra)))
  } else {
    server.registerTool(name, { ...config, inputSchema }, (args, extra) => run(args, toCall(extra)))
  }
}

function toCall({ requestInfo, signal, _meta, sendNotification }: Extra): ToolCall {
  return {
    headers: requestInfo?.headers ?? {},
    signal,
    progressToken: _meta?.progressToken,
    notify: sendNotification,
  }
}
