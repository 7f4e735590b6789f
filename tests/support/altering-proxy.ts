/** Stands in front of a gateway, and alters what it is told to: the ways in which proxies and servers break logins. */

import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
  type ServerResponse,
} from 'node:http'
import { buffer } from 'node:stream/consumers'

export interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** As it will be sent; whatever is changed is sent changed. */
export interface Answered {
  status: number
  readonly headers: Record<string, string | string[]>
  body: string
}

export interface Alteration {
  /** An answer instead of the gateway's; undefined lets it answer. */
  readonly instead?: (asked: Asked) => Partial<Answered> | undefined
  readonly after?: (asked: Asked, answered: Answered) => void
}

export interface AlteringProxy {
  /** From now on; undefined passes everything. */
  alter(alteration: Alteration | undefined): void
  stop(): void
}

/** @param port where it listens. @param upstream the port of the gateway. Host stays what it was. */
export async function startAlteringProxy(port: number, upstream: number): Promise<AlteringProxy> {
  let alteration: Alteration | undefined
  const server = createServer((request, response) => {
    pass(request, response, upstream, () => alteration).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    alter(next) {
      alteration = next
    },
    stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function pass(
  request: IncomingMessage,
  response: ServerResponse,
  port: number,
  current: () => Alteration | undefined,
): Promise<void> {
  const { method = '', headers, url: path = '' } = request
  const body = await buffer(request)
  const asked = { method, path, headers, body: body.toString() }
  const instead = current()?.instead?.(asked)
  if (instead !== undefined) {
    response.writeHead(instead.status ?? 200, instead.headers ?? {})
    response.end(instead.body ?? '')
    return
  }
  const message = await forward({ host: '127.0.0.1', port, method, path, headers }, body, response)
  // A stream has no end to wait for.
  if (/event-stream/.test(message.headers['content-type'] ?? '')) {
    response.writeHead(message.statusCode ?? 502, message.headers)
    message.pipe(response)
    return
  }
  const answered = {
    status: message.statusCode ?? 502,
    headers: withoutLength(message.headers),
    body: (await buffer(message)).toString(),
  }
  current()?.after?.(asked, answered)
  response.writeHead(answered.status, answered.headers)
  response.end(answered.body)
}

function forward(
  options: RequestOptions,
  body: Buffer,
  response: ServerResponse,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const asking = httpRequest({ ...options, agent: false }, resolve)
  asking.once('error', reject)
  response.once('close', () => asking.destroy())
  asking.end(body)
  return promise
}

/** It may have become another. */
function withoutLength(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const kept = Object.entries(headers).filter(
    (entry): entry is [string, string | string[]] =>
      entry[1] !== undefined && !/^(?:content-length|transfer-encoding|connection)$/.test(entry[0]),
  )
  return Object.fromEntries(kept)
}

/** Changes a JSON body. */
export function alterJson(
  answered: Answered,
  change: (document: Record<string, unknown>) => void,
): void {
  const document = JSON.parse(answered.body) as Record<string, unknown>
  change(document)
  answered.body = JSON.stringify(document)
}
