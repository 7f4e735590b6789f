/** `fetch` to where the test says, whatever the URL's host; bodies streaming both ways as clients of the SDK expect them. */

import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { Readable } from 'node:stream'

export type FetchLike = (url: string | URL, init?: RequestInit) => Promise<Response>

const WITHOUT_BODY = [101, 204, 205, 304]

/** `added` is what Envoy would set on each request. */
export function socketFetch(
  socketPath: string,
  added: Readonly<Record<string, string>> = {},
): FetchLike {
  return fetchFrom(() => ({ socketPath }), added)
}

/** To 127.0.0.1 under any host name: not every resolver knows that `*.localhost` is this machine. */
export function loopbackFetch(port: number): FetchLike {
  return fetchFrom(() => ({ host: '127.0.0.1', port }), {})
}

export interface TrustedPlace {
  readonly port: number
  /** Whom to trust for the certificate, which must be for the URL's host. */
  readonly ca: string | Buffer
}

/** To 127.0.0.1 over TLS, whatever the URL's host. */
export function trustedFetch(placeOf: (host: string) => TrustedPlace): FetchLike {
  return fetchFrom(
    (host) => ({ host: '127.0.0.1', servername: host, ...placeOf(host) }),
    {},
    httpsRequest,
  )
}

function fetchFrom(
  placeOf: (host: string) => RequestOptions & { servername?: string; ca?: string | Buffer },
  added: Readonly<Record<string, string>>,
  send: typeof httpRequest = httpRequest,
): FetchLike {
  return async (url, init = {}) => {
    const { pathname, search, host, hostname } = new URL(url)
    const headers = {
      ...Object.fromEntries(new Headers(init.headers ?? {})),
      host,
      ...added,
    }
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const request = send({
      ...placeOf(hostname),
      path: pathname + search,
      method: init.method ?? 'GET',
      headers,
      ...(init.signal ? { signal: init.signal } : {}),
      agent: false,
    })
    request.on('response', resolve)
    request.on('error', reject)
    request.end(toBody(init.body))
    const answer = await promise
    return toResponse(answer)
  }
}

/** The SDK sends forms as URLSearchParams; messages are text, or bytes that are meant to be wrong. */
function toBody(body: RequestInit['body']): string | Buffer | undefined {
  if (Buffer.isBuffer(body)) return body
  return body === undefined || body === null ? undefined : String(body)
}

function toResponse(answer: IncomingMessage): Response {
  const status = answer.statusCode ?? 500
  const pairs = Object.entries(answer.headers).flatMap(([name, value]) =>
    // Each cookie has a line of its own.
    [value ?? ''].flat().map((one): [string, string] => [name, one]),
  )
  // An aborted request is the test's own doing.
  answer.on('error', () => {})
  if (WITHOUT_BODY.includes(status)) {
    answer.resume()
    return new Response(null, { status, headers: pairs })
  }
  const body = Readable.toWeb(answer) as unknown as ReadableStream<Uint8Array>
  return new Response(body, { status, headers: pairs })
}
