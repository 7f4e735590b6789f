/**
 * The answer to one request without a session: JSON, or a stream when something comes before the response.
 *
 * It cannot be resumed and its events have no ids; the client's leaving is what cancels it (MCP 2026-07-28,
 * Streamable HTTP).
 */

import type { ServerResponse } from 'node:http'
import { isObject } from '../../lib/platform/json.ts'
import { type Accepted, parseAccept } from '../accept.ts'
import { toText } from '../answer.ts'
import { EventStream } from '../event-stream.ts'
import { type Exchange, headerOf } from '../exchange.ts'
import { CODES, type RpcNotification, type RpcResponse, trySerialize } from '../json-rpc.ts'
import { LARGE_ANSWER_BYTES, STATELESS_FIRST_BYTE_BEATS } from '../limits.ts'
import type { StreamPorts } from '../session-streams.ts'
import { notSent } from '../too-much.ts'
import type { WatchedCall } from '../tools/watched-call.ts'
import { countUnread } from '../unread-answer.ts'
import { Reader } from './readers.ts'

/** Errors that the transport itself shows (MCP 2026-07-28, Streamable HTTP); the others travel with 200. */
const STATUSES: ReadonlyMap<unknown, number> = new Map([
  [CODES.methodNotFound, 404],
  [CODES.headerMismatch, 400],
  [CODES.missingCapability, 400],
  [CODES.unsupportedVersion, 400],
])

export class StatelessAnswer {
  readonly #response: ServerResponse
  readonly #accepted: Accepted
  readonly #ports: Pick<StreamPorts, 'keepAlive' | 'firstBytes'>
  readonly #reader: Reader
  #onSettled: ((response: RpcResponse) => void) | undefined
  #stream: EventStream | undefined
  #watched: WatchedCall | undefined
  #isOver = false
  #beats = 0

  constructor(
    { request, response }: Pick<Exchange, 'request' | 'response'>,
    ports: Pick<StreamPorts, 'keepAlive' | 'firstBytes'>,
    reader = new Reader(),
  ) {
    this.#response = response
    this.#accepted = parseAccept(headerOf(request, 'accept'))
    this.#ports = ports
    this.#reader = reader
    this.onLeft(() => this.#watched?.cancelled())
  }

  /** Called when a client that was congested reads again. */
  onRelieved(tell: () => void): void {
    this.#response.once('close', this.#reader.onRelieved(tell))
  }

  /** Shown the response before the client is. */
  onSettled(see: (response: RpcResponse) => void): void {
    this.#onSettled = see
  }

  /** The server has been asked: from now on a client that waits for long sees a first byte. */
  expect(): void {
    if (!this.isOpen || !this.#accepted.stream || this.#stream !== undefined) return
    this.#ports.firstBytes.add(this)
    this.#response.once('close', () => this.#ports.firstBytes.remove(this))
  }

  /** Whether the client is there and waits. */
  get isOpen(): boolean {
    return !this.#isOver && !this.#response.destroyed && !this.#response.writableEnded
  }

  get isCongested(): boolean {
    return this.#reader.backlog.isCongested
  }

  /** Called when the client leaves before the answer is complete: that cancels (MCP 2026-07-28). */
  onLeft(cancel: () => void): void {
    this.#response.once('close', () => {
      if (!this.#isOver) cancel()
    })
  }

  /** What is to see the answer first, and is told how it ends. */
  watchedBy(call: WatchedCall | undefined): void {
    this.#watched = call
    if (this.#response.destroyed) call?.cancelled()
  }

  /** Begins the stream now, e.g. for `subscriptions/listen`. */
  begin(): void {
    this.#begin()
  }

  /** What is sent before the response; it is dropped for a client that cannot read a stream. */
  notify(notification: RpcNotification): void {
    if (!this.isOpen || !this.#accepted.stream) return
    const json = trySerialize(notification)
    if (json !== undefined) this.#begin().send(json)
  }

  settle(response: RpcResponse): void {
    if (!this.isOpen) return
    this.#isOver = true
    const visible = this.#watched?.toVisible(response) ?? response
    this.#onSettled?.(visible)
    this.#ports.firstBytes.remove(this)
    const whole = toText(visible)
    const { backlog } = this.#reader
    // Nobody can come back for it: where it must not wait it becomes an error.
    const isSent = whole.length <= LARGE_ANSWER_BYTES || backlog.hasRoomFor(whole.length)
    const text = isSent ? whole : toText(notSent().toResponse(response.id))
    this.#watched?.settled(response, text)
    if (this.#stream !== undefined || !this.#accepted.json) {
      const stream = this.#begin()
      stream.send(text)
      stream.end()
      return
    }
    const status = (isObject(response.error) && STATUSES.get(response.error['code'])) || 200
    const bytes = Buffer.byteLength(text)
    const headers = { 'content-type': 'application/json', 'content-length': bytes }
    this.#response.writeHead(status, headers).end(text)
    if (bytes <= LARGE_ANSWER_BYTES) return
    countUnread(this.#response, backlog, this.#ports.keepAlive)
  }

  beat(): void {
    this.#beats += 1
    if (!this.isOpen) this.#ports.firstBytes.remove(this)
    else if (this.#beats >= STATELESS_FIRST_BYTE_BEATS) this.#begin().beat()
  }

  #begin(): EventStream {
    if (this.#stream !== undefined) return this.#stream
    this.#ports.firstBytes.remove(this)
    const { keepAlive } = this.#ports
    this.#stream = new EventStream(this.#response, { keepAlive, backlog: this.#reader.backlog })
    return this.#stream
  }
}
