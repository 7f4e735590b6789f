/**
 * Streamable HTTP of the revisions with sessions (MCP 2025-03-26 to 2025-11-25): a session id and a revision
 * on each request once they are known, answers as JSON or streams that can be taken up again.
 *
 * To leave a stream does not cancel: the server is told, and then nobody reads any more.
 */

import type { IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { isObject } from '../../lib/platform/json.ts'
import { REVISION_HEADER, SESSION_HEADER } from '../exchange.ts'
import { isRequest, paramsOf, type RpcMessage } from '../json-rpc.ts'
import {
  REMOTE_GOODBYE_MS,
  REMOTE_RESUMPTIONS_MAX,
  REMOTE_RETRY_MS,
  REMOTE_SESSION_ID_CHARACTERS_MAX,
  REMOTE_TAKEN_BEATS,
} from '../limits.ts'
import { CALL_TOOL, CANCELLED } from '../methods.ts'
import { INITIALIZED } from '../runner/handshake.ts'
import { type Delivered, Delivery } from './delivery.ts'
import type { Exchange } from './exchange.ts'
import { Listening } from './listening.ts'
import { Outgoing } from './outgoing.ts'
import type { Refused } from './reply.ts'
import {
  ACCEPT_BOTH,
  ACCEPT_STREAM,
  JSON_TYPE,
  type Transport,
  type TransportPorts,
} from './transport.ts'

const SESSION_ID = new RegExp(`^[\\x21-\\x7e]{1,${REMOTE_SESSION_ID_CHARACTERS_MAX}}$`)
const REVISION = /^\d{4}-\d{2}-\d{2}$/

type Headers = Readonly<Record<string, string>>

export interface StreamablePorts extends TransportPorts {
  /** The server does not take `initialize` here; whether somebody else answers it. */
  readonly notHere?: (message: RpcMessage, refused: Refused) => boolean
}

export class StreamableSession implements Transport {
  readonly #ports: StreamablePorts
  readonly #delivery: Delivery
  readonly #outgoing = new Outgoing((message, body) => this.#post(message, body))
  readonly #listening: Listening
  /** Of the session, once it has begun. */
  #headers: Headers = {}
  #initializeId: number | undefined
  #isOver = false

  constructor(ports: StreamablePorts) {
    this.#ports = ports
    this.#delivery = new Delivery({
      ...ports,
      message: (message, about) => {
        if (message.id === this.#initializeId) this.#noteRevision(message)
        ports.message(message, about)
      },
    })
    this.#listening = new Listening({
      ...ports,
      headers: () => this.#headers,
      gone: () => this.#forgotten(),
    })
  }

  send(message: RpcMessage): void {
    this.#ports.server.assertReachable()
    if (message.method === 'initialize') this.#initializeId = message.id as number
    this.#outgoing.send(message)
  }

  async close(): Promise<void> {
    this.#isOver = true
    this.#listening.stop()
    if (this.#headers[SESSION_HEADER] === undefined) return
    try {
      const signal = AbortSignal.timeout(REMOTE_GOODBYE_MS)
      const { server } = this.#ports
      const answer = await server.ask({ method: 'DELETE', headers: this.#headers, signal })
      answer.destroy()
    } catch (error) {
      this.#ports.log.debug({ err: error }, 'the server could not be told that its session is over')
    }
  }

  /** Resolves when others may follow. */
  #post(message: RpcMessage, body: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    void this.#exchange(message, body, resolve)
    return promise
  }

  async #exchange(message: RpcMessage, body: string, begun: () => void): Promise<void> {
    const { exchanges, callBeatsMax } = this.#ports
    const exchange = isRequest(message)
      ? exchanges.begin(message.id as number, callBeatsMax)
      : exchanges.begin(undefined, REMOTE_TAKEN_BEATS)
    try {
      const answer = await this.#ask(message, body, exchange)
      begun()
      await this.#receive(await this.#delivery.read(answer, exchange), message, exchange)
    } catch (error) {
      this.#delivery.fail(error, exchange)
    } finally {
      begun()
      exchanges.over(exchange)
      if (message.method === CANCELLED) {
        exchanges.abort(paramsOf(message)['requestId'])
      }
    }
  }

  async #ask(message: RpcMessage, body: string, exchange: Exchange): Promise<IncomingMessage> {
    const { server, inbox } = this.#ports
    if (exchange.id !== undefined) inbox.sent()
    const answer = await server.ask({
      method: 'POST',
      headers: { ...this.#headers, accept: ACCEPT_BOTH, 'content-type': JSON_TYPE },
      body,
      signal: exchange.signal,
      // What has been done once may not be done twice.
      isRepeatable: message.method !== CALL_TOOL,
    })
    const sessionId = answer.headers[SESSION_HEADER]
    if (message.method === 'initialize' && typeof sessionId === 'string') {
      if (SESSION_ID.test(sessionId)) this.#headers = { [SESSION_HEADER]: sessionId }
    }
    return answer
  }

  async #receive(delivered: Delivered, message: RpcMessage, exchange: Exchange): Promise<void> {
    if (message.method === INITIALIZED && !this.#isOver) void this.#listening.run()
    if (typeof delivered === 'object') this.#refused(delivered, message, exchange)
    else if (exchange.id === undefined || exchange.isAborted) return
    else if (delivered === 'cut') await this.#takeUp(exchange)
    else if (!exchange.isAnswered) {
      this.#delivery.unanswered('took the request and does not answer it', exchange)
    }
  }

  #refused(refused: Refused, message: RpcMessage, exchange: Exchange): void {
    const isFirst = message.method === 'initialize'
    if (isFirst && this.#ports.notHere?.(message, refused) === true) return
    this.#delivery.answer(refused, exchange)
    if (this.#headers[SESSION_HEADER] !== undefined && isOfNoSession(refused)) this.#forgotten()
  }

  /** The rest of a stream that has ended before the answer (MCP 2025-11-25, resumability). */
  async #takeUp(exchange: Exchange): Promise<void> {
    const { place, signal } = exchange
    for (let failures = 0; failures < REMOTE_RESUMPTIONS_MAX; failures += 1) {
      if (place.lastEventId === undefined) break
      const waitMs = place.retryMs ?? REMOTE_RETRY_MS
      await sleep(waitMs, undefined, { ref: false, signal }).catch(() => {})
      if (exchange.isAborted) return
      const outcome = await this.#askForRest(place.lastEventId, exchange)
      if (outcome === 'over') return
      // The server may let us come back as often as it likes, within the time of the call.
      if (outcome === 'cut') failures = -1
    }
    this.#delivery.unanswered('cut its answer off: ask again', exchange)
  }

  async #askForRest(lastEventId: string, exchange: Exchange): Promise<'over' | 'cut' | 'failed'> {
    const headers = { ...this.#headers, accept: ACCEPT_STREAM, 'last-event-id': lastEventId }
    try {
      const { signal } = exchange
      const request = { method: 'GET', headers, signal, isRepeatable: true } as const
      const answer = await this.#ports.server.ask(request)
      if (answer.headers['content-type']?.startsWith(ACCEPT_STREAM) === true) {
        return await this.#delivery.readStream(answer, exchange)
      }
      answer.destroy()
      return 'failed'
    } catch (error) {
      this.#ports.log.debug({ err: error }, 'an answer could not be taken up again')
      return 'failed'
    }
  }

  #noteRevision({ result }: RpcMessage): void {
    this.#initializeId = undefined
    const revision = isObject(result) ? result['protocolVersion'] : undefined
    if (typeof revision !== 'string' || !REVISION.test(revision)) return
    this.#headers = { ...this.#headers, [REVISION_HEADER]: revision }
  }

  #forgotten(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#headers = {}
    this.#listening.stop()
    this.#ports.over()
  }
}

/** 404 says it (MCP Streamable HTTP, session management); servers made after the SDK's example say 400. */
function isOfNoSession({ status, error }: Refused): boolean {
  if (status === 404) return true
  return status === 400 && /\bsession\b/i.test(String(error?.['message'] ?? ''))
}
