/** HTTP/2 without TLS, by a client that knows beforehand that the server speaks it. */

import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2'

export interface Http2Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
}

export interface Http2Client {
  readonly session: ClientHttp2Session
  ask(path: string, headers?: Readonly<Record<string, string>>, body?: string): Promise<Http2Answer>
  /** A request whose body has begun and never ends. */
  stall(path: string, headers: Readonly<Record<string, string>>, start: string): ClientHttp2Stream
  close(): void
}

export function connectHttp2(origin: string): Http2Client {
  const session = connect(origin)
  const { host } = new URL(origin)
  return {
    session,
    async ask(path, headers = {}, body) {
      const method = body === undefined ? 'GET' : 'POST'
      const pseudo = { ':path': path, ':method': method, ':authority': host }
      const stream = session.request({ ...pseudo, ...headers })
      const { promise, resolve, reject } = Promise.withResolvers<Http2Answer>()
      stream.once('error', reject)
      stream.once('response', async (found) => {
        try {
          const chunks = (await stream.toArray()) as Buffer[]
          const text = Buffer.concat(chunks).toString('utf8')
          resolve({ status: Number(found[':status']), headers: found, text })
        } catch (error) {
          reject(error)
        }
      })
      stream.end(body)
      return await promise
    },
    stall(path, headers, start) {
      const pseudo = { ':path': path, ':method': 'POST', ':authority': host }
      const stream = session.request({ ...pseudo, ...headers }, { endStream: false })
      // It is thrown away in the end.
      stream.on('error', () => {})
      stream.write(start)
      return stream
    },
    close: () => session.destroy(),
  }
}
