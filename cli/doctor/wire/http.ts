/**
 * Requests exactly as a client would send them: no header of our own, redirects are answers, and whatever keeps
 * an answer from coming is told by its kind.
 */

import type { IncomingMessage, RequestOptions } from 'node:http'
import { request as requestTls } from 'node:https'
import { getCACertificates } from 'node:tls'
import { createParser } from 'eventsource-parser'
import { request as requestPlain } from '../../../lib/platform/node-http.ts'
import { refuseUpgrade } from '../../../lib/platform/refuse-upgrade.ts'
import { lookUp } from '../../look-up.ts'
import { toUnreachable, Unreachable } from './unreachable.ts'

export interface HttpRequest {
  readonly url: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Resolve with the head, and read nothing more: for streams that stay open. */
  readonly headOnly?: true
  /** For event streams: until a message with this JSON-RPC id has come. */
  readonly untilId?: string | number
}

export interface HttpAnswer {
  readonly url: string
  readonly method: string
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The messages of an event stream, or the one of a JSON body; empty for anything else. */
  readonly messages: readonly unknown[]
}

export type Http = (request: HttpRequest) => Promise<HttpAnswer>

const PATIENCE_MS = 30_000
const BYTES_MAX = 4_000_000

/** @param authorities PEM, trusted beside those that this program trusts anyway. */
export function createHttp(authorities: readonly string[] = []): Http {
  const trust =
    authorities.length === 0 ? {} : { ca: [...getCACertificates('default'), ...authorities] }
  return async (request) => {
    const { url, method = 'GET', headers = {}, body } = request
    const target = URL.parse(url)
    if (target === null) throw new Unreachable('no_connection', url, 'it is no address', undefined)
    const options: RequestOptions = {
      method,
      headers:
        body === undefined ? headers : { ...headers, 'content-length': Buffer.byteLength(body) },
      agent: false,
      lookup: lookUp,
      signal: AbortSignal.timeout(PATIENCE_MS),
    }
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    try {
      const asking =
        target.protocol === 'https:'
          ? requestTls(target, { ...options, ...trust })
          : requestPlain(target, options)
      asking.once('response', resolve)
      asking.once('error', reject)
      refuseUpgrade(asking, () => reject(new Error('it switches to another protocol (101)')))
      asking.end(body)
      return await read(await promise, request, method)
    } catch (error) {
      throw toUnreachable(url, error)
    }
  }
}

async function read(
  message: IncomingMessage,
  request: HttpRequest,
  method: string,
): Promise<HttpAnswer> {
  const headers = toHeaders(message)
  const isStream = /^text\/event-stream\b/i.test(headers.get('content-type') ?? '')
  const head = { url: request.url, method, status: message.statusCode ?? 0, headers }
  if (request.headOnly === true) {
    message.destroy()
    return { ...head, text: '', messages: [] }
  }
  const messages: unknown[] = []
  const parser = createParser({ onEvent: ({ data }) => void messages.push(...parse(data)) })
  const isComplete = (): boolean =>
    isStream && messages.some((one) => idOf(one) === request.untilId)
  let text = ''
  for await (const chunk of message.setEncoding('utf8') as AsyncIterable<string>) {
    text += chunk
    if (isStream) parser.feed(chunk)
    if (text.length > BYTES_MAX || (request.untilId !== undefined && isComplete())) break
  }
  message.destroy()
  return { ...head, text, messages: isStream ? messages : parse(text) }
}

function toHeaders({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers()
  for (let index = 0; index < rawHeaders.length; index += 2) {
    headers.append(rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '')
  }
  return headers
}

function parse(text: string): unknown[] {
  try {
    const value = JSON.parse(text) as unknown
    return Array.isArray(value) ? value : [value]
  } catch {
    // Not JSON: whoever needs it says so.
    return []
  }
}

function idOf(message: unknown): unknown {
  return typeof message === 'object' && message !== null && 'id' in message ? message.id : undefined
}
