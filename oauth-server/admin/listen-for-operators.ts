/** The operators' socket of a process that serves: opened where the configuration names it. */

import type { Socket } from 'node:net'
import type { Stop } from '../../lib/platform/lifecycle.ts'
import { listenOnSocket } from '../../lib/platform/unix-socket.ts'
import type { Ports } from '../ports.ts'
import { createAdminServer } from './admin-server.ts'

/** Resolves when it can be asked. */
export async function listenForOperators(ports: Ports): Promise<Stop> {
  const { config } = ports
  const path = config.OAUTH_SERVER_ADMIN_SOCKET
  if (path === undefined) return () => {}
  const server = createAdminServer(ports)
  const open = new Set<Socket>()
  server.on('connection', (socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  await listenOnSocket(server, path)
  return () => {
    server.close()
    for (const socket of open) socket.destroy()
  }
}
