/** Stands in front of a store, on TCP: its connections can fall silent, and what is asked on them be held up. */

import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface StoreProxy {
  /** `redis://127.0.0.1:…` */
  readonly url: string
  /** How many connections were made. */
  readonly made: number
  /**
   * From now on nothing passes on those that are there, nor is any of them closed, as those to a machine
   * that is gone. New ones are as they should be.
   */
  silence(): void
  close(): void
}

/** What is asked passes once this has resolved; at once without a promise. */
export type HoldUp = (asked: Buffer) => Promise<unknown> | undefined

/** @param target `unix://…` */
export async function startStoreProxy(target: string, holdUp?: HoldUp): Promise<StoreProxy> {
  const sockets = new Set<Socket>()
  let made = 0
  const server = createServer({ allowHalfOpen: true }, (client) => {
    made += 1
    const upstream = connect(target.replace('unix://', ''))
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
    }
    client.on('data', (asked) => {
      const held = holdUp?.(asked)
      if (held === undefined) upstream.write(asked)
      else void held.then(() => upstream.write(asked))
    })
    upstream.on('data', (answer) => client.write(answer))
    client.once('close', () => upstream.destroy())
    upstream.once('close', () => client.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get made() {
      return made
    },
    silence() {
      for (const socket of sockets) {
        socket.removeAllListeners('data')
        socket.on('data', () => {})
      }
    },
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
