/** A remote server over a raw socket: it answers with whatever bytes a test wants. */

import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

export interface Heard {
  /** `POST /mcp`. */
  readonly line: string
  readonly head: string
  readonly body: string
}

export interface HostileRemote {
  readonly url: string
  readonly heard: readonly Heard[]
  /** Connections that are open now. */
  readonly open: () => number
  stop(): Promise<void>
}

export type Answer = (socket: Socket, heard: Heard) => void

/** `HTTP/1.1` and so on, with its length. */
export function answerOf(status: string, headers: readonly string[], body = ''): string {
  const length = `content-length: ${Buffer.byteLength(body)}`
  return [`HTTP/1.1 ${status}`, ...headers, length, '', body].join('\r\n')
}

export const JSON_HEADER = 'content-type: application/json'

/** The answer of a server that is well to `initialize`. */
export const initialized = (heard: Heard): string => {
  const { id } = JSON.parse(heard.body) as { id: unknown }
  const result = {
    protocolVersion: '2025-11-25',
    capabilities: { tools: {} },
    serverInfo: { name: 'hostile', version: '1' },
  }
  return answerOf(
    '200 OK',
    [JSON_HEADER, 'mcp-session-id: a-session'],
    JSON.stringify({ jsonrpc: '2.0', id, result }),
  )
}

export async function startHostile(answer: Answer): Promise<HostileRemote> {
  const heard: Heard[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString('utf8')
      for (let request = take(); request !== undefined; request = take()) {
        heard.push(request)
        answer(socket, request)
      }
    })
    const take = (): Heard | undefined => {
      const end = text.indexOf('\r\n\r\n')
      if (end === -1) return undefined
      const head = text.slice(0, end)
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
      const body = Buffer.from(text.slice(end + 4))
      if (body.length < length) return undefined
      text = body.subarray(length).toString('utf8')
      const [line = ''] = head.split(' HTTP/', 1)
      return { line, head, body: body.subarray(0, length).toString('utf8') }
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    heard,
    open: () => sockets.size,
    async stop() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
