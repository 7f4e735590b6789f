/** The echo service: shows what reaches an MCP server behind the gateway. */

import { runRoom } from '../../lib/platform/lifecycle.ts'
import { createLog } from '../../lib/platform/log.ts'
import { listenOnSocket } from '../../lib/platform/unix-socket.ts'
import { readConfig } from './config.ts'
import { createEchoServer } from './server.ts'
import { allTools } from './tools.ts'

await runRoom(createLog('echo', 'info'), async () => {
  const { MCP_NATIVE_SOCKET, MCP_NATIVE_SECRET } = readConfig(process.env)
  const server = createEchoServer(MCP_NATIVE_SECRET, allTools(process.env))
  await listenOnSocket(server, MCP_NATIVE_SOCKET)
  return () => {
    server.close()
    server.closeAllConnections()
  }
})
