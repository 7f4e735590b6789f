/** HTTP as the tests speak it: one function, over a unix socket or over the network. Redirects are answers. */

import { request as httpRequest } from 'node:http'
import type { FetchLike } from './socket-fetch.ts'

export interface HttpRequest {
  readonly method?: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface HttpResponse {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  json(): Record<string, unknown>
}

export type Send = (request: HttpRequest) => Promise<HttpResponse>

/** Through whatever listens at the URL's own address. */
export const sendOverNetwork: Send = sendByFetch(fetch)

export function sendByFetch(send: FetchLike): Send {
  return async ({ url, method, headers, body }) => {
    const response = await send(url, {
      method: method ?? 'GET',
      headers: headers ?? {},
      redirect: 'manual',
      ...(body === undefined ? {} : { body }),
    })
    return toResponse(response.status, response.headers, await response.text())
  }
}

/** To a room's socket, with the URL's host as Host header, as Envoy would forward it. */
export function sendOverSocket(socketPath: string): Send {
  return ({ url, method = 'GET', headers = {}, body }) => {
    const { host, pathname, search } = new URL(url)
    const { promise, resolve, reject } = Promise.withResolvers<HttpResponse>()
    const request = httpRequest(
      { socketPath, method, path: pathname + search, headers: { host, ...headers } },
      (message) => {
        const chunks: Buffer[] = []
        message.on('data', (chunk: Buffer) => chunks.push(chunk))
        message.once('error', reject)
        message.once('end', () => {
          const found = new Headers()
          for (const [name, values] of Object.entries(message.headersDistinct)) {
            for (const value of values ?? []) found.append(name, value)
          }
          const text = Buffer.concat(chunks).toString('utf8')
          resolve(toResponse(message.statusCode ?? 0, found, text))
        })
      },
    )
    request.once('error', reject)
    request.end(body)
    return promise
  }
}

function toResponse(status: number, headers: Headers, text: string): HttpResponse {
  return { status, headers, text, json: () => JSON.parse(text) as Record<string, unknown> }
}

export function form(fields: Readonly<Record<string, string>>): {
  readonly method: 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
} {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
  }
}
