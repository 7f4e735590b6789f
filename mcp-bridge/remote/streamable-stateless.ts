/**
 * Streamable HTTP without sessions (MCP 2026-07-28): each request stands for itself, its headers mirror its
 * body, and to leave its stream is what cancels it.
 */

import { encodeMirrored } from '../../lib/mcp/mirrored-text.ts'
import { isObject } from '../../lib/platform/json.ts'
import { REVISION_HEADER } from '../exchange.ts'
import {
  CODES,
  isRequest,
  isResponse,
  metaOf,
  paramsOf,
  RpcFault,
  type RpcMessage,
  serialize,
} from '../json-rpc.ts'
import {
  REMOTE_MIRRORED_CHARACTERS_MAX,
  REMOTE_TAKEN_BEATS,
  REMOTE_TOOL_PAGES_MAX,
} from '../limits.ts'
import { CALL_TOOL, CANCELLED, LIST_TOOLS, LISTEN } from '../methods.ts'
import { assertTaken } from '../runner/input-queue.ts'
import { META, STATELESS_REVISION } from '../stateless/envelope.ts'
import { METHOD_HEADER, NAME_HEADER, nameIn } from '../stateless/mirrored-headers.ts'
import { type Delivered, Delivery } from './delivery.ts'
import type { Exchange } from './exchange.ts'
import { ToolHeaders } from './tool-headers.ts'
import { ACCEPT_BOTH, JSON_TYPE, type Transport, type TransportPorts } from './transport.ts'

const HEADER_TEXT = /^[\x21-\x7e]{1,256}$/

interface Sending {
  readonly message: RpcMessage
  readonly body: string
  readonly exchange: Exchange
}

export class StreamableStateless implements Transport {
  readonly #ports: TransportPorts
  readonly #tools = new ToolHeaders()
  #waitingBytes = 0

  constructor(ports: TransportPorts) {
    this.#ports = ports
  }

  send(message: RpcMessage): void {
    const { server, exchanges } = this.#ports
    // This revision has no answers of clients.
    if (isResponse(message)) return
    if (message.method === CANCELLED) {
      exchanges.abort(paramsOf(message)['requestId'])
      return
    }
    server.assertReachable()
    if (!HEADER_TEXT.test(message.method ?? '')) {
      throw new RpcFault(404, 'methodNotFound', 'a method has no such name')
    }
    const body = serialize(message)
    assertTaken(this.#waitingBytes, body)
    void this.#exchange({ message, body, exchange: this.#begin(message) })
  }

  close(): Promise<void> {
    // There is nothing that a server would have to be told.
    return Promise.resolve()
  }

  #begin(message: RpcMessage): Exchange {
    const { exchanges, callBeatsMax } = this.#ports
    if (!isRequest(message)) return exchanges.begin(undefined, REMOTE_TAKEN_BEATS)
    // To listen has no end.
    const beatsMax = message.method === LISTEN ? Number.POSITIVE_INFINITY : callBeatsMax
    return exchanges.begin(message.id as number, beatsMax)
  }

  async #exchange(sending: Sending): Promise<void> {
    const { exchange } = sending
    const delivery = this.#deliveryOf(sending.message)
    try {
      const delivered = await this.#post(sending, delivery)
      if (isMismatch(delivered, sending)) {
        await this.#learnTools(sending)
        this.#settle(await this.#post(sending, delivery), exchange, delivery)
      } else this.#settle(delivered, exchange, delivery)
    } catch (error) {
      delivery.fail(error, exchange)
    } finally {
      this.#ports.exchanges.over(exchange)
    }
  }

  async #post(sending: Sending, delivery: Delivery): Promise<Delivered> {
    const { message, body, exchange } = sending
    const { server, inbox } = this.#ports
    this.#waitingBytes += body.length
    if (exchange.id !== undefined) inbox.sent()
    try {
      const request = {
        method: 'POST',
        headers: this.#headersFor(sending),
        body,
        signal: exchange.signal,
        isRepeatable: message.method !== CALL_TOOL,
      } as const
      const answer = await server.ask(request)
      return await delivery.read(answer, exchange)
    } finally {
      this.#waitingBytes -= body.length
    }
  }

  #settle(delivered: Delivered, exchange: Exchange, delivery: Delivery): void {
    if (typeof delivered === 'object') delivery.answer(delivered, exchange)
    else if (exchange.id === undefined || exchange.isAnswered || exchange.isAborted) return
    else if (delivered === 'cut') delivery.unanswered('cut its answer off: ask again', exchange)
    else delivery.unanswered('took the request and does not answer it', exchange)
  }

  #headersFor({ message }: Sending): Readonly<Record<string, string>> {
    const revision = metaOf(message)[META.protocolVersion]
    const name = nameIn(message)
    const { name: tool, arguments: args } = paramsOf(message)
    return {
      accept: ACCEPT_BOTH,
      'content-type': JSON_TYPE,
      [REVISION_HEADER]:
        typeof revision === 'string' && HEADER_TEXT.test(revision) ? revision : STATELESS_REVISION,
      [METHOD_HEADER]: message.method ?? '',
      ...(name !== undefined && { [NAME_HEADER]: toNameHeader(name) }),
      ...(message.method === CALL_TOOL && this.#tools.headersFor(tool, args)),
    }
  }

  /** What tools want to see in headers is learnt on the way. */
  #deliveryOf({ method }: RpcMessage): Delivery {
    if (method !== LIST_TOOLS) return new Delivery(this.#ports)
    return new Delivery({
      ...this.#ports,
      message: (message, about) => {
        this.#ports.message(message.id === about ? this.#withUsable(message) : message, about)
      },
    })
  }

  #withUsable(answer: RpcMessage): RpcMessage {
    const { result } = answer
    if (!isObject(result) || !Array.isArray(result['tools'])) return answer
    const { tools, refused } = this.#tools.learn(result['tools'])
    if (refused.length === 0) return answer
    const names = refused.slice(0, 20).map((name) => name.slice(0, 200))
    this.#ports.log.warn({ tools: names }, 'tools are left out: their x-mcp-header is not valid')
    return { ...answer, result: { ...result, tools } }
  }

  /** The tool wants headers that nobody knew of. */
  async #learnTools({ message, exchange }: Sending): Promise<void> {
    const { [META.protocolVersion]: revision, ...meta } = metaOf(message)
    const _meta = { [META.protocolVersion]: revision, ...withoutProgress(meta) }
    let cursor: unknown
    for (let pages = 0; pages < REMOTE_TOOL_PAGES_MAX && !exchange.isAborted; pages += 1) {
      const params = { _meta, ...(cursor !== undefined && { cursor }) }
      const result = await this.#ask(
        { jsonrpc: '2.0', id: 0, method: LIST_TOOLS, params },
        exchange,
      )
      if (!isObject(result) || !Array.isArray(result['tools'])) return
      this.#tools.learn(result['tools'])
      cursor = result['nextCursor']
      if (typeof cursor !== 'string') return
    }
  }

  /** A request of our own, within the time of another. */
  async #ask(message: RpcMessage, { signal }: Exchange): Promise<unknown> {
    const own = this.#ports.exchanges.begin(0, this.#ports.callBeatsMax)
    const abort = (): void => own.abort()
    signal.addEventListener('abort', abort, { once: true })
    let result: unknown
    const delivery = new Delivery({
      ...this.#ports,
      message: (answer) => {
        if (isResponse(answer)) result = answer.result
      },
    })
    try {
      const body = serialize(message)
      await this.#post({ message, body, exchange: own }, delivery)
      return result
    } finally {
      signal.removeEventListener('abort', abort)
      this.#ports.exchanges.over(own)
    }
  }
}

/** @throws RpcFault for one that no server would take in a header. */
function toNameHeader(name: string): string {
  const header = encodeMirrored(name)
  if (header.length <= REMOTE_MIRRORED_CHARACTERS_MAX) return header
  throw new RpcFault(400, 'invalidParams', 'what the request names is too long for a header')
}

function withoutProgress({ progressToken: _, ...meta }: Record<string, unknown>): object {
  return meta
}

/** -32020 for a call whose headers were ours to find. */
function isMismatch(delivered: Delivered, { message }: Sending): boolean {
  if (typeof delivered !== 'object' || message.method !== CALL_TOOL) {
    return false
  }
  return delivered.error?.['code'] === CODES.headerMismatch
}
