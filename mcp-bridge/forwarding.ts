/**
 * A request on its way to the bridge process it belongs to: as it came, the answer streaming back as it
 * comes, and either side's leaving told to the other.
 *
 * The process that it belongs to judges the caller by what is revoked, as this one does, and answers with
 * the reason: here an exchange that was withdrawn is only cut when that answer does not come.
 */

import type { ClientRequest, IncomingMessage } from 'node:http'
import { HOP_HEADER } from '../lib/oauth/identity-headers.ts'
import { Agent, request as httpRequest } from '../lib/platform/node-http.ts'
import type { Exchange } from './exchange.ts'

/** What a request comes to elsewhere. */
export type Outcome =
  | 'answered'
  /** Nobody listens there any more. */
  | 'nobody'
  /** It takes no further connection now, and has heard nothing of the request. */
  | 'busy'
  /** It may have heard of the request, and has gone without a word. */
  | 'unanswered'

/** Of one connection only (RFC 9110 section 7.6.1), or set anew. */
const NOT_PASSED_ON = new Set([
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
])

/** Shorter than the other process keeps idle connections: none is used that is being closed. */
const IDLE_MS = 30_000

export class Forwarding {
  readonly #own: string
  readonly #agent = new Agent({ keepAlive: true, timeout: IDLE_MS })

  /** `own`: the name under which this process passes requests on. */
  constructor(own: string) {
    this.#own = own
  }

  /** `watch` calls back when the other process is gone; it returns what ends that. */
  async send(
    exchange: Exchange,
    socketPath: string,
    watch: (onGone: () => void) => () => void,
  ): Promise<Outcome> {
    const { request, response, admission, body } = exchange
    // Of a body that is not passed on: the other process would take the next request for it.
    const { 'content-length': _, ...headers } = passedOn(request.headers)
    const upstream = httpRequest({
      agent: this.#agent,
      socketPath,
      method: request.method ?? 'POST',
      path: request.url ?? '/',
      headers: {
        ...headers,
        [HOP_HEADER]: this.#own,
        ...(body && { 'content-length': body.length }),
      },
    })
    const leave = (): void => void upstream.destroy()
    const unwatch = watch(leave)
    response.once('close', leave).once('close', unwatch)
    admission.endBy(() => {
      // The answer tells why.
    })
    const answering = waitForAnswer(upstream)
    upstream.end(body)
    const answer = await answering
    if (typeof answer === 'string') {
      unwatch()
      response.off('close', leave).off('close', unwatch)
      return response.destroyed ? 'answered' : answer
    }
    // It may have left before anybody looked.
    if (response.destroyed) unwatch()
    passBack(answer, response)
    return 'answered'
  }

  stop(): void {
    this.#agent.destroy()
  }
}

/** What came of it where that is no answer. */
async function waitForAnswer(upstream: ClientRequest): Promise<IncomingMessage | Outcome> {
  const { promise, resolve } = Promise.withResolvers<IncomingMessage | Outcome>()
  let isConnected = false
  upstream.once('socket', (socket) => {
    if (socket.connecting) socket.once('connect', () => (isConnected = true))
    else isConnected = true
  })
  upstream.once('response', resolve)
  upstream.on('error', (error) => resolve(isConnected ? 'unanswered' : toUnheard(error)))
  upstream.once('close', () => resolve(isConnected ? 'unanswered' : 'busy'))
  return await promise
}

/** Where the other end does not keep up, connecting fails as well: EAGAIN. */
function toUnheard(error: NodeJS.ErrnoException): Outcome {
  return error.code === 'ECONNREFUSED' || error.code === 'ENOENT' ? 'nobody' : 'busy'
}

function passBack(answer: IncomingMessage, response: Exchange['response']): void {
  answer.on('error', () => {
    // Told by its close.
  })
  // Nobody would take anything of it, or hear of its end.
  if (response.destroyed) {
    answer.destroy()
    return
  }
  response.writeHead(answer.statusCode ?? 502, passedOn(answer.headers))
  response.flushHeaders()
  answer.once('close', () => {
    // Cut off in the middle, it must not look complete.
    if (!answer.complete) response.destroy()
  })
  answer.pipe(response)
}

function passedOn(headers: IncomingMessage['headers']): Record<string, string | string[]> {
  const passed: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !NOT_PASSED_ON.has(name)) passed[name] = value
  }
  return passed
}
