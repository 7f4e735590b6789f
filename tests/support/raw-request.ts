/** A request as it is written: headers in their case and order, repeated, with any Host. */

import { type IncomingMessage, request } from 'node:http'

export interface RawAnswer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface RawRequest {
  readonly port: number
  readonly method?: string
  readonly path: string
  /** `[name, value, name, value …]`; Host is `localhost:<port>` unless given. */
  readonly headers?: readonly string[]
  readonly body?: string
}

export function rawRequest({
  port,
  method = 'POST',
  path,
  headers = [],
  body,
}: RawRequest): Promise<RawAnswer> {
  const hasHost = headers.some((text, index) => index % 2 === 0 && text.toLowerCase() === 'host')
  const all = [...(hasHost ? [] : ['Host', `localhost:${port}`]), ...headers]
  const framed =
    body === undefined ? all : [...all, 'Content-Length', String(Buffer.byteLength(body))]
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>()
  const sent = request(
    // A connection of its own: a refusal may close it.
    { host: '127.0.0.1', port, method, path, headers: framed, agent: false, setHost: false },
    (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      )
    },
  )
  sent.on('error', reject)
  sent.end(body)
  return promise
}
