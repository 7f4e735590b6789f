/** The tool for clients without sessions (MCP 2026-07-28). */

import { McpServer } from '@modelcontextprotocol/server'
import { Stateless } from '../native/stateless.ts'
import { currentPerson } from './person.ts'
import { ABOUT, callFetch, FETCH } from './tool.ts'

export function serveStateless(ports: Parameters<typeof callFetch>[2]): Stateless {
  return new Stateless(() => {
    const server = new McpServer(ABOUT)
    server.registerTool(FETCH.name, FETCH.config, (args, { mcpReq: { signal } }) =>
      callFetch(args, { person: currentPerson(), signal }, ports),
    )
    return server
  })
}
