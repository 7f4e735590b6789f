/**
 * The stream on which a server of the revisions with sessions says what nobody has asked for (GET): opened
 * when the session has begun, and again when it ends or was silent for long; some servers have none.
 */

import type { IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { REMOTE_RETRY_MAX_MS, REMOTE_RETRY_MS, REMOTE_SILENT_BEATS } from '../limits.ts'
import { readEvents, type StreamPlace } from './event-reader.ts'
import type { Exchange } from './exchange.ts'
import { toMessages } from './inbox.ts'
import { ACCEPT_STREAM, type TransportPorts } from './transport.ts'

export interface ListeningPorts extends TransportPorts {
  /** Of the session. */
  readonly headers: () => Readonly<Record<string, string>>
  /** The server does not know the session any more. */
  readonly gone: () => void
}

export class Listening {
  readonly #ports: ListeningPorts
  readonly #stopped = new AbortController()
  readonly #place: StreamPlace = { lastEventId: undefined, retryMs: undefined }
  #failures = 0

  constructor(ports: ListeningPorts) {
    this.#ports = ports
  }

  async run(): Promise<void> {
    while (!this.#stopped.signal.aborted && (await this.#attempt())) await this.#wait()
  }

  stop(): void {
    this.#stopped.abort()
  }

  /** Returns whether another attempt may bring more. */
  async #attempt(): Promise<boolean> {
    const { exchanges, server, headers, log } = this.#ports
    const exchange = exchanges.begin(undefined, REMOTE_SILENT_BEATS)
    const { lastEventId } = this.#place
    try {
      const answer = await server.ask({
        method: 'GET',
        headers: {
          ...headers(),
          accept: ACCEPT_STREAM,
          ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
        },
        signal: exchange.signal,
        isRepeatable: true,
      })
      return await this.#read(answer, exchange)
    } catch (error) {
      log.debug({ err: error }, 'the server could not be listened to')
      this.#failures += 1
      return true
    } finally {
      exchanges.over(exchange)
    }
  }

  async #read(answer: IncomingMessage, exchange: Exchange): Promise<boolean> {
    const { statusCode = 0, headers } = answer
    if (statusCode !== 200 || headers['content-type']?.startsWith(ACCEPT_STREAM) !== true) {
      answer.destroy()
      if (statusCode === 404) this.#ports.gone()
      this.#failures += 1
      // Whoever has none, or wants other credentials, says the same the next time.
      return statusCode >= 500 || statusCode === 429
    }
    this.#failures += 1
    await readEvents(answer, this.#ports.inbox, this.#place, {
      event: ({ event, data }) => {
        this.#failures = 0
        const messages = event === 'message' ? toMessages(data) : []
        for (const message of messages) this.#ports.message(message, undefined)
        return messages.length
      },
      alive: () => exchange.renew(REMOTE_SILENT_BEATS),
      oversized: () => {
        this.#ports.log.warn('skipped a message of the server beyond the limit')
        return true
      },
    })
    return true
  }

  async #wait(): Promise<void> {
    const { retryMs = REMOTE_RETRY_MS } = this.#place
    const waitMs = Math.min(retryMs * 2 ** Math.max(0, this.#failures - 1), REMOTE_RETRY_MAX_MS)
    await sleep(waitMs, undefined, { ref: false, signal: this.#stopped.signal }).catch(() => {})
  }
}
