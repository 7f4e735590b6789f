/** Requests to a gateway over connections that are kept: what a client library would not let through is escaped. */

import { createHash } from 'node:crypto'
import { Agent, type IncomingHttpHeaders, request } from 'node:http'

export interface Sent {
  readonly method?: string
  /** Path and query, as bytes in latin1. */
  readonly target: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer | string
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

export interface Sender {
  send(sent: Sent): Promise<Answer>
  close(): void
}

export function createSender(port: number): Sender {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })
  const send = ({ method = 'GET', target, headers = {}, body }: Sent): Promise<Answer> => {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const host = { host: `localhost:${port}` }
    const options = { agent, host: '127.0.0.1', port, method, path: escapePath(target) }
    const sending = request({ ...options, headers: { ...host, ...headers } }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.once('error', reject)
      answer.once('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text })
      })
    })
    sending.once('error', reject)
    sending.end(body)
    return promise
  }
  return {
    // Whoever sends on a connection that is just being closed tries again, as every client does.
    send: (sent) =>
      send(sent).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ECONNRESET') throw error
        return send(sent)
      }),
    close: () => agent.destroy(),
  }
}

function escapePath(target: string): string {
  return target.replaceAll(/[^\x21-\x7e]|["<>\\^`{|}]/g, (one) =>
    encodeURIComponent(one).includes('%')
      ? [...Buffer.from(one, 'latin1')].map((byte) => `%${hex(byte)}`).join('')
      : one,
  )
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0').toUpperCase()
}

/** What a value in a header may be; everything else is dropped. */
export function toHeaderValue(text: string): string {
  return text.replaceAll(/[^\x20-\x7e\x80-\xff]/g, '').trim()
}

/** One of several that follows from the input, so that an input says everything. */
export function choose<T>(bytes: Buffer, choices: readonly [T, ...T[]]): T {
  const first = createHash('sha256').update(bytes).digest()[0] ?? 0
  return choices[first % choices.length] ?? choices[0]
}
