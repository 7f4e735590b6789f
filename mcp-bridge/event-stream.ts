/** One HTTP answer as server-sent events (WHATWG HTML section 9.2; MCP Streamable HTTP). */

import type { ServerResponse } from 'node:http'
import type { Backlog } from './backlog.ts'
import { LARGE_ANSWER_BYTES } from './limits.ts'
import type { Ticker } from './ticker.ts'
import { cutUnread } from './unread-answer.ts'

/** One message, as JSON text: it has no line breaks. */
export function toEvent(json: string, id?: string): string {
  return id === undefined
    ? `event: message\ndata: ${json}\n\n`
    : `event: message\nid: ${id}\ndata: ${json}\n\n`
}

/** What some clients take for line breaks, though JSON and event streams do not. */
const FALSE_BREAKS = /[\u0085\u2028\u2029]/g
/** Without a blank line: once there was an id, one has Python's httpx-sse report an empty event. */
const COMMENT = ': keepalive\n'

const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
}

export interface EventStreamOptions {
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly keepAlive: Ticker
  readonly backlog: Backlog
}

export class EventStream {
  readonly #response: ServerResponse
  readonly #backlog: Backlog

  constructor(response: ServerResponse, { headers, keepAlive, backlog }: EventStreamOptions) {
    this.#response = response
    this.#backlog = backlog
    // Who has left before it began takes nothing of it, and nobody would hear of its end.
    if (response.destroyed) return
    response.writeHead(200, { ...HEADERS, ...headers })
    backlog.add(this)
    keepAlive.add(this)
    cutUnread(response, keepAlive)
    response.on('drain', () => backlog.shrunk())
    response.once('close', () => {
      keepAlive.remove(this)
      backlog.remove(this)
    })
  }

  get isOpen(): boolean {
    return !this.#response.writableEnded && !this.#response.destroyed
  }

  get unsent(): number {
    return this.#response.writableLength
  }

  /** An id without a message: the client can come back to this place. */
  prime(id: string, retryMs: number): void {
    this.#write(`id: ${id}\nretry: ${retryMs}\ndata: \n\n`)
  }

  /** An event that is no message. */
  tell(event: string, data: string): void {
    this.#write(`event: ${event}\ndata: ${data}\n\n`)
  }

  send(json: string, id?: string): void {
    this.#write(toEvent(toUnbroken(json), id))
  }

  /** A comment: proxies and clients see that the stream lives. */
  beat(): void {
    if (!this.#response.writableNeedDrain) this.#write(COMMENT)
  }

  end(): void {
    this.#response.end()
  }

  /** Its client has come back on another connection: what waits here is not read any more. */
  replaced(): void {
    if (this.unsent > 0) this.#response.destroy()
    else this.end()
  }

  #write(text: string): void {
    if (!this.isOpen) return
    const mayWait = this.#response.writableNeedDrain || text.length > LARGE_ANSWER_BYTES
    if (mayWait && !this.#backlog.hasRoomFor(text.length)) this.#response.destroy()
    else if (!this.#response.write(text)) this.#backlog.grown()
  }
}

/** A stream that is complete: these events, and its end. */
export function replay(
  response: ServerResponse,
  events: readonly { readonly id: string; readonly json: string }[],
  options: EventStreamOptions,
): EventStream {
  const stream = new EventStream(response, options)
  for (const { id, json } of events) stream.send(json, id)
  stream.end()
  return stream
}

/** A stream that ends before anything comes. */
export function sendEmptyStream(response: ServerResponse): void {
  response.writeHead(200, HEADERS).end()
}

function toUnbroken(json: string): string {
  return json.replace(FALSE_BREAKS, toEscape)
}

function toEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
