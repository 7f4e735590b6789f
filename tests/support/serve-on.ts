/** A program of HTTP on a unix socket that answers each request with a text. */

import { once } from 'node:events'
import { createServer } from 'node:http'

export interface ServedOn {
  stop(): Promise<void>
}

export async function serveOn(
  socket: string,
  answerTo: (url: string) => string,
): Promise<ServedOn> {
  const server = createServer(({ url = '' }, response) => response.end(answerTo(url)))
  await once(server.listen(socket), 'listening')
  return {
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
