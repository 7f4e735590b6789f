/** The tools of the echo service for one client with a session (MCP until 2025-11-25). */

import type { IncomingMessage } from 'node:http'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js'
import {
  LATEST_PROTOCOL_VERSION,
  type ServerNotification,
  type ServerRequest,
  SUPPORTED_PROTOCOL_VERSIONS,
} from '@modelcontextprotocol/sdk/types.js'
import { currentArrival } from '../native/arrival.ts'
import type { SessionServer } from '../native/sessions.ts'
import { EchoSession, type SessionRegister } from './echo-session.ts'
import { ABOUT, type Tool, type ToolCall } from './tools/tool.ts'
import { whoCalls } from './who-calls.ts'

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>

/** @param body of the request that opens it. */
export function serveSession(
  tools: readonly Tool[],
  sessions: SessionRegister,
  request: IncomingMessage,
  body: unknown,
): SessionServer {
  const server = new McpServer(ABOUT)
  const { userId } = whoCalls(request.headers)
  const session = new EchoSession(sessions, userId, agreedRevision(body), () => nameOf(server))
  for (const tool of tools) register(server, session, tool)
  return {
    server,
    opened: (id) => session.opened(id),
    closed: () => session.closed(),
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
