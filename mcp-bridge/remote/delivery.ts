/** What came back for one message, handed on: each request is answered once, whatever went wrong. */

import type { IncomingMessage } from 'node:http'
import { isResponse, RpcFault, type RpcMessage } from '../json-rpc.ts'
import { type EventSink, type RemoteEvent, readEvents } from './event-reader.ts'
import type { Exchange } from './exchange.ts'
import { toUnreachable, toUnusable } from './failures.ts'
import { TooLarge, toMessages } from './inbox.ts'
import { type Refused, readReply } from './reply.ts'
import type { TransportPorts } from './transport.ts'
import { noteUnheard } from './unheard.ts'

export type Delivered = 'over' | 'accepted' | 'cut' | Refused

type DeliveryPorts = Pick<
  TransportPorts,
  'server' | 'inbox' | 'message' | 'oversized' | 'failed' | 'log'
>

/** Statuses of servers that expect something else than they were sent. */
const OF_ANOTHER_KIND: ReadonlySet<unknown> = new Set([400, 404, 405, 406, 415])

export class Delivery {
  readonly #ports: DeliveryPorts

  constructor(ports: DeliveryPorts) {
    this.#ports = ports
  }

  /**
   * Hands the messages of an answer on.
   * `cut`: a stream has ended before it brought the answer to the request.
   */
  async read(answer: IncomingMessage, exchange: Exchange): Promise<Delivered> {
    const { server, inbox } = this.#ports
    try {
      const reply = await readReply(answer, server, inbox)
      if (reply.kind === 'refused') return reply
      if (reply.kind === 'stream') return await this.readStream(answer, exchange)
      if (reply.kind === 'accepted') return 'accepted'
      for (const message of reply.messages) this.#hand(message, exchange)
      return 'over'
    } catch (error) {
      if (!(error instanceof TooLarge)) throw error
      this.#tooLarge(exchange)
      return 'over'
    }
  }

  async readStream(answer: IncomingMessage, exchange: Exchange): Promise<'over' | 'cut'> {
    const sink: EventSink = {
      event: (event) => this.#event(event, exchange),
      oversized: () => {
        this.#tooLarge(exchange)
        return false
      },
    }
    await readEvents(answer, this.#ports.inbox, exchange.place, sink)
    return exchange.isAnswered || exchange.isAborted ? 'over' : 'cut'
  }

  /** The answer to the request of the exchange, if it brought one that has none yet. */
  answer({ error, fault }: Pick<Refused, 'error' | 'fault'>, exchange: Exchange): void {
    const { id } = exchange
    if (id === undefined) {
      this.#ports.log.warn({ err: fault }, 'a message was not taken')
      return
    }
    if (exchange.isAborted || exchange.isAnswered) return
    if (error === undefined) this.#answerInPlace(fault, id, exchange)
    else this.#hand({ jsonrpc: '2.0', id, error }, exchange)
  }

  #answerInPlace(fault: RpcFault, id: number, exchange: Exchange): void {
    this.#ports.failed(fault)
    const response = fault.toResponse(id)
    const { status } = fault.options.data ?? {}
    if (!OF_ANOTHER_KIND.has(status)) noteUnheard(response.error)
    this.#hand(response, exchange)
  }

  fail(cause: unknown, exchange: Exchange): void {
    const { service } = this.#ports.server
    const fault = cause instanceof RpcFault ? cause : toUnreachable(service, cause)
    this.answer({ error: undefined, fault }, exchange)
  }

  unanswered(what: string, exchange: Exchange): void {
    this.fail(toUnusable(this.#ports.server.service, what), exchange)
  }

  #event({ event, data }: RemoteEvent, exchange: Exchange): number {
    if (event !== 'message') return 1
    const messages = toMessages(data)
    for (const message of messages) this.#hand(message, exchange)
    return messages.length
  }

  #hand(message: RpcMessage, exchange: Exchange): void {
    if (exchange.isAborted) return
    if (isResponse(message) && isSame(message.id, exchange.id)) {
      // A second answer would be somebody else's.
      if (exchange.isAnswered) return
      exchange.answered()
    }
    this.#ports.message(message, exchange.id)
  }

  #tooLarge(exchange: Exchange): void {
    this.#ports.log.warn(
      { limit: this.#ports.inbox.bytesMax },
      'skipped a message of the server beyond the limit',
    )
    if (exchange.id === undefined || exchange.isAnswered) return
    exchange.answered()
    this.#ports.oversized(exchange.id)
  }
}

function isSame(id: unknown, ours: number | undefined): boolean {
  return ours !== undefined && (id === ours || id === String(ours))
}
