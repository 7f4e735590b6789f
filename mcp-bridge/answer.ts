/**
 * The answer to one POST: JSON when the first message is the response, a stream when it is not.
 *
 * A stream costs several times a JSON answer, so it begins only with the first notification or
 * server request, or when the call is silent for so long that proxies would cut it.
 */

import type { ServerResponse } from 'node:http'
import type { Accepted } from './accept.ts'
import { EventStream } from './event-stream.ts'
import { RpcFault, type RpcResponse, serialize } from './json-rpc.ts'
import type { KeepAlive } from './keep-alive.ts'

export interface AnswerOptions {
  readonly accepted: Accepted
  readonly isBatch: boolean
  /** Responses that complete it. */
  readonly expected: number
  readonly headers?: Readonly<Record<string, string>>
  /** Called when nothing is waited for any more, whether the client is still there or not. */
  readonly onComplete?: () => void
}

export class Answer {
  readonly #response: ServerResponse
  readonly #options: AnswerOptions
  /** Responses as JSON text, until a stream takes them. */
  readonly #texts: string[] = []
  readonly #stopBeating: () => void
  #expected: number
  #beats = 0
  #stream: EventStream | undefined

  constructor(response: ServerResponse, options: AnswerOptions, keepAlive: KeepAlive) {
    this.#response = response
    this.#options = options
    this.#expected = options.expected
    this.#stopBeating = keepAlive.add({ beat: () => this.#beat() })
    response.once('close', this.#stopBeating)
    if (!options.accepted.json) this.#startStream()
  }

  /** Whether the client is still there. */
  get isOpen(): boolean {
    return !this.#response.writableEnded && !this.#response.destroyed
  }

  /** Whether a message that is not the response can reach the client here. */
  get canStream(): boolean {
    return this.#options.accepted.stream && this.isOpen
  }

  /** A notification or a request of the server. */
  send(json: string): void {
    if (this.canStream) this.#startStream().send(json)
  }

  settle(response: RpcResponse): void {
    this.#expect(this.#expected - 1)
    if (!this.isOpen) return
    const text = toText(response)
    if (this.#stream === undefined) this.#texts.push(text)
    else this.#stream.send(text)
    if (this.#expected === 0) this.#finish()
  }

  /** One request less to wait for: it was cancelled, and a cancelled request has no response. */
  abandon(response: RpcResponse): void {
    if (this.#expected > 1) this.#expect(this.#expected - 1)
    else if (this.canStream) {
      this.#expect(0)
      this.#startStream()
      this.#finish()
    } else this.settle(response)
  }

  #expect(responses: number): void {
    this.#expected = responses
    if (responses === 0) this.#options.onComplete?.()
  }

  #finish(): void {
    this.#stopBeating()
    if (this.#stream !== undefined) {
      this.#stream.end()
      return
    }
    const body = this.#texts.join(',')
    const headers = { 'content-type': 'application/json', ...this.#options.headers }
    this.#response.writeHead(200, headers).end(this.#options.isBatch ? `[${body}]` : body)
  }

  #startStream(): EventStream {
    if (this.#stream !== undefined) return this.#stream
    this.#stream = new EventStream(this.#response, this.#options.headers)
    // Answers of a batch that came before.
    for (const text of this.#texts) this.#stream.send(text)
    return this.#stream
  }

  /** The first beat may come right after the request: only the second starts a stream. */
  #beat(): void {
    this.#beats += 1
    if (this.#stream !== undefined) this.#stream.beat()
    else if (this.#beats > 1 && this.canStream) this.#startStream().beat()
  }
}

/** What a server nests too deeply to be written again becomes an error that can be. */
function toText(response: RpcResponse): string {
  try {
    return serialize(response)
  } catch (cause) {
    const fault = new RpcFault(200, 'internal', 'the answer is nested too deeply', { cause })
    return serialize(fault.toResponse(response.id))
  }
}
