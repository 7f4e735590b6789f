/** The operators' socket of a process that serves: opened where the configuration names it. */

import type { Socket } from 'node:net'
import type { Redis } from 'ioredis'
import type { Stop } from '../../lib/platform/lifecycle.ts'
import { listenOnSocket } from '../../lib/platform/unix-socket.ts'
import { redisAudit } from '../../lib/store/audit.ts'
import type { Ports } from '../ports.ts'
import { createAdminServer } from './admin-server.ts'

/** Resolves when it can be asked. */
export async function listenForOperators(redis: Redis, ports: Ports): Promise<Stop> {
  const { config, log } = ports
  const path = config.OAUTH_SERVER_ADMIN_SOCKET
  if (path === undefined) return () => {}
  const audit = redisAudit({ redis, entriesMax: config.AUDIT_ENTRIES, log })
  const server = createAdminServer({ ...ports, audit })
  const open = new Set<Socket>()
  server.on('connection', (socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  await listenOnSocket(server, path)
  return async () => {
    server.close()
    for (const socket of open) socket.destroy()
    await audit.flush()
  }
}
