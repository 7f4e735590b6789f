/** A socket for a process whose figures are all that is to be told there: `GET /metrics`. */

import { createServer } from 'node:http'
import { FIGURES_TYPE, type Figures } from './figures.ts'
import type { Stop } from './lifecycle.ts'
import { listenOnSocket } from './unix-socket.ts'

/** Resolves when it can be asked; at once without a path. */
export async function serveFigures(
  figures: Pick<Figures, 'render'>,
  path: string | undefined,
): Promise<Stop> {
  if (path === undefined) return () => {}
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end()
      return
    }
    figures.render().then(
      (text) => response.writeHead(200, { 'content-type': FIGURES_TYPE }).end(text),
      () => response.writeHead(500).end(),
    )
  })
  await listenOnSocket(server, path)
  return () => {
    server.close()
    server.closeAllConnections()
  }
}
