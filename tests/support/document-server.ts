/** The internet as a client's publisher has it: a web server of several names with valid certificates. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Certificate } from './certificates.ts'

export type Answer = (request: IncomingMessage, response: ServerResponse) => void

export interface DocumentServer {
  readonly port: number
  /** URLs as asked, oldest first. */
  readonly asked: readonly string[]
  /** Every connection that was ever made to it. */
  readonly connections: () => number
  /** How often one URL was asked. */
  count(url: string): number
  serve(url: string, answer: Answer | object): void
  stop(): Promise<void>
}

/** What is served as an object is sent as JSON; whatever is not served is 404. */
export async function startDocumentServer(
  certificate: Certificate | object,
): Promise<DocumentServer> {
  const answers = new Map<string, Answer>()
  const asked: string[] = []
  const sockets = new Set<Duplex>()
  let connections = 0
  const server = createServer(certificate, (request, response) => {
    const url = `https://${request.headers.host}${request.url}`
    asked.push(url)
    const answer = answers.get(url)
    if (answer === undefined) response.writeHead(404).end()
    else answer(request, response)
  })
  server.on('connection', (socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    connections: () => connections,
    count: (url) => asked.filter((one) => one === url).length,
    serve(url, answer) {
      answers.set(url, typeof answer === 'function' ? (answer as Answer) : sendJson(answer))
    },
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export function sendJson(
  document: unknown,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const text = typeof document === 'string' ? document : JSON.stringify(document)
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(text)
  }
}
