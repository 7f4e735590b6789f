/** How figures are told, and a socket for a process that tells nothing else there: `GET /metrics`. */

import type { ServerResponse } from 'node:http'
import { FIGURES_TYPE, type Figures } from './figures.ts'
import type { Stop } from './lifecycle.ts'
import { createServer } from './node-http.ts'
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
    void sendFigures(response, () => figures.render())
  })
  await listenOnSocket(server, path)
  return () => {
    server.close()
    server.closeAllConnections()
  }
}

/** Never rejects: what fails while it is read is 500. */
export async function sendFigures(
  response: ServerResponse,
  render: () => Promise<string>,
): Promise<void> {
  try {
    const text = await render()
    response.writeHead(200, { 'content-type': FIGURES_TYPE }).end(text)
  } catch {
    response.writeHead(500).end()
  }
}
