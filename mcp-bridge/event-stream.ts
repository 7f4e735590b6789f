/**
 * One HTTP answer as server-sent events (WHATWG HTML section 9.2; MCP Streamable HTTP).
 *
 * Events carry no ids: an id would promise that the stream can be resumed.
 */

import type { ServerResponse } from 'node:http'
import { STREAM_QUEUE_BYTES_MAX } from './limits.ts'

/** One message, as JSON text: it has no line breaks. */
export function toEvent(json: string): string {
  return `event: message\ndata: ${json}\n\n`
}

export class EventStream {
  readonly #response: ServerResponse

  constructor(response: ServerResponse, headers: Readonly<Record<string, string>> = {}) {
    this.#response = response
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      ...headers,
    })
    response.flushHeaders()
  }

  get isOpen(): boolean {
    return !this.#response.writableEnded && !this.#response.destroyed
  }

  send(json: string): void {
    this.#write(toEvent(json))
  }

  /** A comment: proxies and clients see that the stream lives. */
  beat(): void {
    this.#write(': keepalive\n\n')
  }

  end(): void {
    this.#response.end()
  }

  #write(text: string): void {
    if (!this.isOpen) return
    // Who reads so slowly would have us keep the rest in memory.
    if (this.#response.writableLength > STREAM_QUEUE_BYTES_MAX) this.#response.destroy()
    else this.#response.write(text)
  }
}
