/** The control socket of a running gateway: HTTP and JSON for the `gateway` command. */

import { createServer, type Server } from 'node:http'
import { listenOnSocket } from '../../lib/platform/unix-socket.ts'
import type { GatewayStatus } from './status.ts'

export interface Control {
  status(): GatewayStatus
  stop(): void
}

/** Resolves once it answers. A socket that nobody answers on is replaced. */
export async function serveControl(path: string, control: Control): Promise<Server> {
  const server = createServer((request, response) => {
    const reply = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json', connection: 'close' })
      response.end(JSON.stringify(body))
    }
    const what = `${request.method} ${request.url}`
    if (what === 'GET /status') return reply(200, control.status())
    if (what === 'POST /stop') {
      reply(202, { stopping: true })
      return control.stop()
    }
    return reply(404, { error: 'not_found' })
  })
  await listenOnSocket(server, path)
  return server
}
