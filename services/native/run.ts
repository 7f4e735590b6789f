/** The process of a server of ours: its socket, its secret, its end. */

import type { Environment } from '../../lib/platform/environment.ts'
import { runRoom } from '../../lib/platform/lifecycle.ts'
import { createLog, type Log } from '../../lib/platform/log.ts'
import { listenOnSocket } from '../../lib/platform/unix-socket.ts'
import { readConfig } from './config.ts'
import { createNativeServer, type Eras } from './server.ts'

/**
 * @param environment of this process.
 * @param createEras who answers, once the environment was found to be good.
 */
export async function runNative(
  name: string,
  environment: Environment,
  createEras: (log: Log) => Eras,
): Promise<void> {
  const log = createLog(name, 'info')
  await runRoom(log, async () => {
    const { MCP_NATIVE_SOCKET, MCP_NATIVE_SECRET } = readConfig(environment)
    const server = createNativeServer(MCP_NATIVE_SECRET, createEras(log))
    await listenOnSocket(server, MCP_NATIVE_SOCKET)
    return () => {
      server.close()
      server.closeAllConnections()
    }
  })
}
