/** Clients with sessions (MCP until 2025-11-25): one transport of the official SDK for each. */

import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js'
import {
  LATEST_PROTOCOL_VERSION,
  type ServerNotification,
  type ServerRequest,
  SUPPORTED_PROTOCOL_VERSIONS,
} from '@modelcontextprotocol/sdk/types.js'
import { acceptBoth, acceptsStream } from './accept.ts'
import { currentArrival } from './arrival.ts'
import { EchoSession, SessionRegister } from './echo-session.ts'
import { refuse } from './refuse.ts'
import { ABOUT, type Tool, type ToolCall } from './tools/tool.ts'
import { whoCalls } from './who-calls.ts'

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>

export class Sessions {
  readonly #transports = new Map<string, StreamableHTTPServerTransport>()
  readonly #register = new SessionRegister()
  readonly #tools: readonly Tool[]

  constructor(tools: readonly Tool[]) {
    this.#tools = tools
  }

  /** `body`: where it has been read. */
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
    acceptBoth(request)
    await transport.handleRequest(request, response, body)
  }

  async #open(request: IncomingMessage, body: unknown): Promise<StreamableHTTPServerTransport> {
    const server = new McpServer(ABOUT)
    const { userId } = whoCalls(request.headers)
    const session = new EchoSession(this.#register, userId, agreedRevision(body), () =>
      nameOf(server),
    )
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      enableJsonResponse: !acceptsStream(request),
      onsessioninitialized: (id) => {
        this.#transports.set(id, transport)
        session.opened(id)
      },
      onsessionclosed: (id) => {
        this.#transports.delete(id)
        session.closed()
      },
    })
    for (const tool of this.#tools) register(server, session, tool)
    // A transport that never becomes a session is dropped with its request.
    await server.connect(transport)
    return transport
  }
}

/** As the SDK agrees to one: what is asked for if it knows it, else the latest. */
function agreedRevision(body: unknown): string {
  const asked = (body as { params?: { protocolVersion?: unknown } } | undefined)?.params
    ?.protocolVersion
  return SUPPORTED_PROTOCOL_VERSIONS.find((known) => known === asked) ?? LATEST_PROTOCOL_VERSION
}

function nameOf(server: McpServer): string | undefined {
  return server.server.getClientVersion()?.name
}

function register(server: McpServer, session: EchoSession, { name, run, ...config }: Tool): void {
  server.registerTool(name, config, (args, extra) => {
    session.used()
    return run(args, toCall(server, session, extra))
  })
}

function toCall(
  server: McpServer,
  session: EchoSession,
  { signal, _meta, sendNotification }: Extra,
): ToolCall {
  const { atMs, headers } = currentArrival()
  return {
    headers,
    arrivedAtMs: atMs,
    revision: session.revision,
    client: server.server.getClientVersion(),
    session,
    signal,
    progressToken: _meta?.progressToken,
    notify: sendNotification,
  }
}
