/** Stands in front of a socket; everything that comes back from it is late by the same time. */

import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface LateProxy {
  /** `unix://…` */
  readonly url: string
  close(): void
}

export async function startLateProxy(target: string, milliseconds: number): Promise<LateProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'late-'))
  const path = join(folder, 's')
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(target.replace('unix://', ''))
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
    }
    client.pipe(upstream)
    upstream.on('data', (chunk) => setTimeout(() => client.write(chunk), milliseconds))
    client.once('close', () => upstream.destroy())
    upstream.once('close', () => client.destroy())
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  return {
    url: `unix://${path}`,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
