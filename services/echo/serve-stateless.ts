/** The tools of the echo service for clients without sessions (MCP 2026-07-28). */

import {
  CLIENT_INFO_META_KEY,
  McpServer,
  PROTOCOL_VERSION_META_KEY,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { currentArrival } from '../native/arrival.ts'
import { Stateless } from '../native/stateless.ts'
import { ABOUT, type ClientInfo, type Tool, type ToolCall } from './tools/tool.ts'

export function serveStateless(tools: readonly Tool[]): Stateless {
  return new Stateless(() => createServer(tools))
}

function createServer(tools: readonly Tool[]): McpServer {
  const server = new McpServer(ABOUT)
  for (const { name, run, ...config } of tools) {
    server.registerTool(name, config, (args, context) => run(args, toCall(context)))
  }
  return server
}

interface Envelope {
  readonly [PROTOCOL_VERSION_META_KEY]?: string
  readonly [CLIENT_INFO_META_KEY]?: ClientInfo
}

function toCall({ mcpReq }: ServerContext): ToolCall {
  const { atMs, headers } = currentArrival()
  // The SDK has validated it; its type says nothing.
  const envelope: Envelope = mcpReq.envelope ?? {}
  return {
    headers,
    arrivedAtMs: atMs,
    revision: envelope[PROTOCOL_VERSION_META_KEY] ?? 'without sessions',
    client: envelope[CLIENT_INFO_META_KEY],
    session: undefined,
    signal: mcpReq.signal,
    progressToken: mcpReq._meta?.progressToken,
    notify: (notification) => mcpReq.notify(notification),
  }
}
