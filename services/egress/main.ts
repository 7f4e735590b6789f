/** The way out for services in containers without a network: a proxy on a unix socket, to the public internet alone. */

import { runRoom } from '../../lib/platform/lifecycle.ts'
import { createLog } from '../../lib/platform/log.ts'
import { describeDestination } from '../../lib/platform/outbound/destination.ts'
import { createDial } from '../../lib/platform/outbound/egress.ts'
import { createForwardProxy } from '../../lib/platform/outbound/proxy/forward-proxy.ts'
import { listenOnSocket } from '../../lib/platform/unix-socket.ts'
import { readConfig } from './config.ts'

/** Services run under accounts of their own, and whoever has the socket in its volume may use it. */
const FOR_EVERYBODY = 0o666

const log = createLog('egress', 'info')

await runRoom(log, async () => {
  const { EGRESS_SOCKET, EGRESS_ALLOW, EGRESS_CONNECTIONS, LOG_LEVEL } = readConfig(process.env)
  log.level = LOG_LEVEL
  const server = createForwardProxy({
    dial: createDial({ allowed: EGRESS_ALLOW }),
    connectionsMax: EGRESS_CONNECTIONS,
    onRefusal: (destination, { type }) =>
      log.info({ destination: describeDestination(destination), reason: type }, 'refused'),
  })
  await listenOnSocket(server, EGRESS_SOCKET, FOR_EVERYBODY)
  return () => {
    server.close()
    server.closeAllConnections()
  }
})
