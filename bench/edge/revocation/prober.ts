/** Asks the edge again and again over one keep-alive connection, and notes when each answer was there. */

import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { HOST, PATH } from '../tokens.ts'

/** One request; milliseconds of `performance.now()`. */
export interface Probe {
  readonly began: number
  readonly ended: number
  /** 0 when the connection broke. */
  readonly status: number
}

export interface Prober {
  ask(token: string): Promise<Probe>
  /** Asks without a pause until `isEnough`; answers every probe in order. */
  askUntil(token: string, isEnough: (probe: Probe) => boolean): Promise<readonly Probe[]>
  close(): void
}

const BODY = '{"jsonrpc":"2.0","id":1,"method":"ping"}'
const STATUS_AT = 'HTTP/1.1 '.length

export async function openProber(port: number): Promise<Prober> {
  let socket = await connect(port)
  const ask = async (token: string): Promise<Probe> => {
    if (socket.destroyed) socket = await connect(port)
    const began = performance.now()
    const status = await exchange(socket, formatRequest(token))
    return { began, ended: performance.now(), status }
  }
  return {
    ask,
    async askUntil(token, isEnough) {
      const probes: Probe[] = []
      for (;;) {
        const probe = await ask(token)
        probes.push(probe)
        if (isEnough(probe)) return probes
        // Whoever revokes meanwhile is in this process too.
        await nextTurn()
      }
    },
    close: () => socket.destroy(),
  }
}

async function connect(port: number): Promise<Socket> {
  const socket = createConnection({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  // One character for each byte, so that lengths are those of the header.
  socket.setEncoding('latin1')
  // It is connected again where it broke.
  socket.on('error', () => {})
  return socket
}

function formatRequest(token: string): string {
  const headers = {
    host: HOST,
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'content-length': BODY.length,
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return `POST ${PATH} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${BODY}`
}

/** Resolves with the status once the whole answer is there. */
function exchange(socket: Socket, request: string): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  let held = ''
  const settle = (status: number): void => {
    socket.off('data', read)
    socket.off('close', lose)
    resolve(status)
  }
  const read = (chunk: string): void => {
    held += chunk
    if (isWhole(held)) settle(Number(held.slice(STATUS_AT, STATUS_AT + 3)))
  }
  const lose = (): void => settle(0)
  socket.on('data', read)
  socket.on('close', lose)
  socket.write(request)
  return promise
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n')
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, Math.max(0, end)))?.[1]
  return end >= 0 && length !== undefined && text.length - end - 4 >= Number(length)
}
