/**
 * HTTP with SSE (MCP 2024-11-05): everything comes on one stream, whose first event names the address that
 * takes messages. When the stream ends, so does the session.
 */

import type { IncomingMessage } from 'node:http'
import { isRequest, type RpcMessage } from '../json-rpc.ts'
import { REMOTE_CONNECT_MS, REMOTE_TAKEN_BEATS } from '../limits.ts'
import { CALL_TOOL } from '../methods.ts'
import { Delivery } from './delivery.ts'
import { readEvents } from './event-reader.ts'
import type { Exchange } from './exchange.ts'
import { toUnusable } from './failures.ts'
import { toMessages } from './inbox.ts'
import { Outgoing } from './outgoing.ts'
import {
  ACCEPT_BOTH,
  ACCEPT_STREAM,
  JSON_TYPE,
  type Transport,
  type TransportPorts,
} from './transport.ts'

export class SseSession implements Transport {
  readonly #ports: TransportPorts
  readonly #outgoing = new Outgoing((message, body) => this.#post(message, body))
  readonly #delivery: Delivery
  readonly #stream: Exchange
  readonly #endpoint = Promise.withResolvers<URL>()
  #hasBegun = false

  constructor(ports: TransportPorts) {
    this.#ports = ports
    this.#delivery = new Delivery(ports)
    this.#stream = ports.exchanges.begin(undefined, Number.POSITIVE_INFINITY)
    // Whoever sends hears of it.
    this.#endpoint.promise.catch(() => {})
    void this.#listen()
  }

  /** Whether the server has named its address for messages. */
  get hasBegun(): boolean {
    return this.#hasBegun
  }

  send(message: RpcMessage): void {
    this.#ports.server.assertReachable()
    this.#outgoing.send(message)
  }

  close(): Promise<void> {
    this.#stream.abort()
    return Promise.resolve()
  }

  async #listen(): Promise<void> {
    const { server, exchanges, over } = this.#ports
    const late = setTimeout(() => this.#lose('names no address for messages'), REMOTE_CONNECT_MS)
    try {
      const headers = { accept: ACCEPT_STREAM }
      const { signal } = this.#stream
      await this.#read(await server.ask({ method: 'GET', headers, signal, isRepeatable: true }))
      this.#endpoint.reject(toUnusable(server.service, 'has closed its stream'))
    } catch (error) {
      this.#endpoint.reject(error)
    } finally {
      clearTimeout(late)
      exchanges.over(this.#stream)
      // Who waits for the address is answered first.
      setImmediate(over)
    }
  }

  async #read(answer: IncomingMessage): Promise<void> {
    const { server, inbox, message, oversized } = this.#ports
    if (answer.statusCode !== 200) throw server.refusal(answer)
    if (answer.headers['content-type']?.startsWith(ACCEPT_STREAM) !== true) {
      answer.destroy()
      throw toUnusable(server.service, 'has no event stream at this address')
    }
    await readEvents(answer, inbox, this.#stream.place, {
      event: ({ event, data }) => {
        if (event === 'endpoint') this.#found(data)
        const messages = event === 'message' ? toMessages(data) : []
        for (const one of messages) message(one, undefined)
        return messages.length
      },
      oversized: () => {
        oversized(undefined)
        return true
      },
    })
  }

  #found(text: string): void {
    const { url } = this.#ports.server
    const endpoint = URL.parse(text, url.href)
    if (endpoint?.origin === url.origin && endpoint.username === '') {
      this.#hasBegun = true
      this.#endpoint.resolve(endpoint)
    } else this.#lose('names an address of another origin for messages')
  }

  #lose(what: string): void {
    this.#endpoint.reject(toUnusable(this.#ports.server.service, what))
    void this.#endpoint.promise.catch(() => this.#stream.abort())
  }

  async #post(message: RpcMessage, body: string): Promise<void> {
    const { exchanges, inbox, callBeatsMax } = this.#ports
    const id = isRequest(message) ? (message.id as number) : undefined
    const exchange = exchanges.begin(id, id === undefined ? REMOTE_TAKEN_BEATS : callBeatsMax)
    if (id !== undefined) inbox.sent()
    try {
      const endpoint = await this.#endpoint.promise
      await this.#send(endpoint, message, body, exchange)
    } catch (error) {
      this.#delivery.fail(error, exchange)
    } finally {
      exchanges.over(exchange)
    }
  }

  async #send(url: URL, message: RpcMessage, body: string, exchange: Exchange): Promise<void> {
    const { server } = this.#ports
    const request = {
      method: 'POST',
      headers: { accept: ACCEPT_BOTH, 'content-type': JSON_TYPE },
      body,
      signal: exchange.signal,
      isRepeatable: message.method !== CALL_TOOL,
    } as const
    const answer = await server.ask(request, url)
    // The answer to the request itself comes on the stream.
    const delivered = await this.#delivery.read(answer, exchange)
    if (typeof delivered === 'object') this.#delivery.answer(delivered, exchange)
  }
}
