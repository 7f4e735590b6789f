/** A TCP port that nobody listens on, on the loopback. */

import { createServer } from 'node:net'

/** Ports below the range that the kernel hands out for outgoing connections stay free once found. */
const FIRST = 10_000
const LAST = 30_000

/** Whoever asks for several has not yet begun to listen on the first. */
const given = new Set<number>()

export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST))
    if (given.has(port)) continue
    given.add(port)
    if (await isFree(port)) return port
  }
  throw new Error('no free port found')
}

function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const server = createServer()
  server.once('error', () => resolve(false))
  server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  return promise
}
