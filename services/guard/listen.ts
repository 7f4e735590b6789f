/** The proxy as the guarded program finds it: a port on loopback. Who judges is here or behind a socket. */

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import type { AllowList } from '../../lib/platform/outbound/allow-list.ts'
import { createDial } from '../../lib/platform/outbound/egress.ts'
import { createForwardProxy } from '../../lib/platform/outbound/proxy/forward-proxy.ts'
import { join } from '../../lib/platform/outbound/proxy/join.ts'
import { badRequest, writeRefusal } from '../../lib/platform/outbound/proxy/refusal.ts'

/** @param tell gets a line for each refusal. */
export function createJudge(allowed: AllowList, tell: (line: string) => void): Server {
  return createForwardProxy({
    dial: createDial({ allowed }),
    onRefusal: (_destination, { sentence }) => tell(sentence),
  })
}

/** Bytes to and fro: whoever listens at the socket judges. */
export function createPassage(socketPath: string, tell: (line: string) => void): Server {
  return createServer({ allowHalfOpen: true }, (client) => {
    const proxy = connect({ path: socketPath, allowHalfOpen: true })
    client.on('error', () => {})
    const isAway = (error: Error): void => {
      tell(`The way out does not answer: ${error.message}`)
      writeRefusal(client, badRequest('The way out of this container does not answer.', 503))
    }
    proxy.once('error', isAway)
    proxy.once('connect', () => {
      // What breaks later breaks what has begun.
      join(client, proxy)
      proxy.off('error', isAway)
    })
  })
}

/** Resolves with the proxy's address for programs. */
export async function listenOnLoopback(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
