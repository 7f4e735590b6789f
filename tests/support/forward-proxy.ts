/** A forward proxy and what it may lead to: a web server and a talkative port, both on this machine. */

import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { text } from 'node:stream/consumers'
import { allowList } from '../../lib/platform/outbound/allow-list.ts'
import { createDial, type EgressOptions } from '../../lib/platform/outbound/egress.ts'
import { createForwardProxy } from '../../lib/platform/outbound/proxy/forward-proxy.ts'
import type { ForwardProxyOptions } from '../../lib/platform/outbound/proxy/options.ts'
import type { Resolve } from '../../lib/platform/outbound/resolve.ts'

export interface Seen {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A web server that remembers what it was asked, and answers with `X-Twice` twice. */
export async function startTarget() {
  const seen: Seen[] = []
  const server = createHttpServer(async (request, response) => {
    const { method, url, headers } = request
    seen.push({ method, url, headers, body: await text(request) })
    if (url === '/never') return
    if (url === '/breaks') {
      request.socket.destroy()
      return
    }
    if (url === '/switches') {
      request.socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n',
      )
      return
    }
    if (url === '/redirect') response.setHeader('location', 'http://169.254.169.254/latest')
    response.setHeader('x-twice', ['1', '2'])
    response.setHeader('keep-alive', 'timeout=9')
    response.writeHead(url === '/redirect' ? 302 : 200).end(`answer to ${url}`)
  })
  return { seen, ...(await listen(server)) }
}

/** Sends back what it gets. */
export async function startEcho() {
  return await listen(createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)))
}

/** Names of these tests and their addresses, in the order of the look-ups: the last one stays. */
export function namesOf(zone: Readonly<Record<string, readonly string[][]>>) {
  const asked: string[] = []
  const resolve: Resolve = async (host) => {
    const answers = zone[host]
    if (answers === undefined) throw new Error(`queryA ENOTFOUND ${host}`)
    const number = asked.filter((name) => name === host).length
    asked.push(host)
    const addresses = answers[Math.min(number, answers.length - 1)] ?? []
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
  }
  return { asked, resolve }
}

export async function startProxy({
  allow = '',
  ...options
}: { allow?: string } & Omit<EgressOptions, 'allowed'> & Omit<ForwardProxyOptions, 'dial'> = {}) {
  const refused: string[] = []
  const proxy = createForwardProxy({
    dial: createDial({ allowed: allowList(allow), ...options }),
    onRefusal: ({ host, port }, { type }) => refused.push(`${host} ${port} ${type}`),
    ...options,
  })
  return { refused, ...(await listen(proxy)) }
}

async function listen(server: Server) {
  const sockets = new Set<{ destroy(): void }>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    stop(): void {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
