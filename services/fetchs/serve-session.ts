/** The tool for one client with a session (MCP until 2025-11-25). */

import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import type { SessionServer } from '../native/sessions.ts'
import { currentPerson } from './person.ts'
import { ABOUT, callFetch, FETCH } from './tool.ts'

export function serveSession(ports: Parameters<typeof callFetch>[2]): SessionServer {
  const server = new McpServer(ABOUT)
  server.registerTool(FETCH.name, FETCH.config, (args, { signal }) =>
    callFetch(args, { person: currentPerson(), signal }, ports),
  )
  return { server }
}
