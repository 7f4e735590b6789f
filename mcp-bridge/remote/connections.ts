/**
 * HTTP to one origin: connections kept for the next request, each made only to what may be reached and
 * within its time, and no redirect that leaves the origin.
 */

import type { ClientRequest, IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Duplex } from 'node:stream'
import { Agent as HttpAgent, request as httpRequest } from '../../lib/platform/node-http.ts'
import { OutboundError } from '../../lib/platform/outbound/outbound-error.ts'
import { refuseUpgrade } from '../../lib/platform/refuse-upgrade.ts'
import {
  REMOTE_CONNECT_MS,
  REMOTE_HEADER_BYTES_MAX,
  REMOTE_IDLE_CONNECTIONS_MAX,
  REMOTE_KEEP_ALIVE_MS,
  REMOTE_REDIRECTS_MAX,
} from '../limits.ts'
import { createLookup, type LookupOptions } from './lookup.ts'

export interface RemoteRequest {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** Ends it, the answer's body included. */
  readonly signal: AbortSignal
  /** Whether it does no harm to send it once more, when a kept connection turns out to be closed. */
  readonly isRepeatable?: boolean
}

export interface ConnectionsOptions extends LookupOptions {
  readonly connectMs?: number
}

/** 101, which nobody has asked for. */
class SwitchedProtocols extends Error {
  override readonly name = 'SwitchedProtocols'
  readonly code = 'SWITCHED_PROTOCOLS'
}

export class Connections {
  readonly #agent: HttpAgent | HttpsAgent
  readonly #isSecure: boolean

  constructor({ protocol }: Pick<URL, 'protocol'>, options: ConnectionsOptions) {
    this.#isSecure = protocol === 'https:'
    const settings = {
      keepAlive: true,
      keepAliveMsecs: REMOTE_KEEP_ALIVE_MS,
      timeout: REMOTE_KEEP_ALIVE_MS,
      maxFreeSockets: REMOTE_IDLE_CONNECTIONS_MAX,
      lookup: createLookup(options),
    }
    this.#agent = this.#isSecure
      ? new HttpsAgent({ ...settings, minVersion: 'TLSv1.2', rejectUnauthorized: true })
      : new HttpAgent(settings)
    limitConnecting(this.#agent, this.#isSecure, options.connectMs ?? REMOTE_CONNECT_MS)
  }

  /** @throws OutboundError, or the error of the connection. */
  async ask(url: URL, request: RemoteRequest): Promise<IncomingMessage> {
    let place = url
    for (let redirects = 0; ; redirects += 1) {
      const answer = await this.#askOnce(place, request)
      const next = redirectOf(answer, place)
      if (next === undefined || redirects === REMOTE_REDIRECTS_MAX) return answer
      // Not read for the sake of the connection: who says where else to go may go on saying it.
      answer.destroy()
      place = next
    }
  }

  close(): void {
    this.#agent.destroy()
  }

  async #askOnce(url: URL, request: RemoteRequest): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const asked = this.#send(url, request)
    asked.once('response', (answer) => {
      // What ends it early is seen by whoever reads it.
      answer.on('error', () => {})
      resolve(answer)
    })
    asked.once('error', reject)
    refuseUpgrade(asked, () => reject(new SwitchedProtocols()))
    try {
      return await promise
    } catch (error) {
      const wasClosed = asked.reusedSocket && isReset(error)
      if (!wasClosed || request.isRepeatable !== true || request.signal.aborted) throw error
      return await this.#askOnce(url, request)
    } finally {
      asked.on('error', () => {})
    }
  }

  #send(url: URL, { method, headers, body, signal }: RemoteRequest): ClientRequest {
    const request = this.#isSecure ? httpsRequest : httpRequest
    const asked = request(url, {
      method,
      agent: this.#agent,
      maxHeaderSize: REMOTE_HEADER_BYTES_MAX,
      signal,
      headers: {
        ...headers,
        'accept-encoding': 'identity',
        'user-agent': 'mcp-oauth-gateway',
        ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
      },
    })
    asked.end(body)
    return asked
  }
}

function isReset(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  return code === 'ECONNRESET' || code === 'EPIPE'
}

/** Where the same request belongs instead (RFC 9110 sections 15.4.8 and 15.4.9); undefined for another origin. */
function redirectOf({ statusCode, headers }: IncomingMessage, from: URL): URL | undefined {
  if (statusCode !== 307 && statusCode !== 308) return undefined
  const to = URL.parse(headers.location ?? '', from.href)
  return to?.origin === from.origin && to.username === '' && to.password === '' ? to : undefined
}

type Create = (
  options: object,
  callback?: (error: Error | null, stream: Duplex) => void,
) => Duplex | null | undefined

/** A timer for each connection, not for each request. */
function limitConnecting(
  agent: HttpAgent | HttpsAgent,
  isSecure: boolean,
  connectMs: number,
): void {
  const limited = agent as unknown as { createConnection: Create }
  const create = limited.createConnection.bind(agent)
  limited.createConnection = (options, callback) => {
    const socket = create(options, callback)
    if (!socket) return socket
    const late = setTimeout(() => socket.destroy(new OutboundError('deadline')), connectMs)
    const done = (): void => clearTimeout(late)
    socket.once(isSecure ? 'secureConnect' : 'connect', done)
    socket.once('close', done)
    return socket
  }
}
