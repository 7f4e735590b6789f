/**
 * The answer to one POST: JSON when the first message is the response, a stream when it is not.
 *
 * A stream costs several times a JSON answer, so it begins only with the first notification or
 * server request, or when the call takes so long that clients and proxies want to see something.
 * A client that leaves does not cancel; an answer is kept for it if it has an id to come back with,
 * that is, once the stream has begun.
 */

import type { ServerResponse } from 'node:http'
import type { Accepted } from './accept.ts'
import type { Backlog, Queue } from './backlog.ts'
import type { Channel } from './channel.ts'
import type { Place } from './events.ts'
import { type RpcId, type RpcResponse, serialize, tooDeep } from './json-rpc.ts'
import { LARGE_ANSWER_BYTES } from './limits.ts'
import type { SessionStreams } from './session-streams.ts'
import { notSent } from './too-much.ts'

export interface AnswerOptions {
  readonly accepted: Accepted
  readonly isBatch: boolean
  /** Responses that complete it. */
  readonly expected: number
  readonly headers?: Readonly<Record<string, string>>
  /** Called when nothing is waited for any more, whether the client is still there or not. */
  readonly onComplete?: () => void
}

interface Settled {
  readonly id: RpcId | null
  readonly text: string
}

export class Answer implements Queue {
  readonly #response: ServerResponse
  readonly #options: AnswerOptions
  readonly #streams: SessionStreams
  /** Responses of a batch, until all are there or a stream takes them. */
  #settled: Settled[] | undefined
  /** Where these count. */
  #held: Backlog | undefined
  #expected: number
  #beats = 0
  #channel: Channel | undefined

  constructor(response: ServerResponse, options: AnswerOptions, streams: SessionStreams) {
    this.#response = response
    this.#options = options
    this.#streams = streams
    this.#expected = options.expected
    if (!options.accepted.json) this.#begin()
    else if (options.accepted.stream) streams.firstBytes.add(this)
  }

  /** Whether the client is there. */
  get isOpen(): boolean {
    if (this.#channel !== undefined) return this.#channel.isOpen
    return !this.#response.writableEnded && !this.#response.destroyed
  }

  /** Whether a message that is not the response can reach the client here now. */
  get canStream(): boolean {
    return this.#options.accepted.stream && this.isOpen
  }

  /** The number of its stream, once one has begun: then the client can come back for what it misses. */
  get stream(): number | undefined {
    return this.#channel?.stream
  }

  /** Of a batch, what waits for the rest. */
  get unsent(): number {
    return (this.#settled ?? []).reduce((sum, { text }) => sum + text.length, 0)
  }

  /** A notification or a request of the server. */
  send(json: string): void {
    if (this.#channel !== undefined || this.canStream) this.#begin().send(json)
  }

  /** What was sent of it; undefined when nobody is there to take it. */
  settle(response: RpcResponse): string | undefined {
    this.#expect(this.#expected - 1)
    if (this.#channel === undefined && !this.isOpen) return undefined
    const text = this.#channel === undefined ? this.#toWhole(response) : toText(response)
    if (this.#channel === undefined) this.#hold(response.id, text)
    else {
      this.#channel.send(text, response.id ?? undefined)
      if (this.#expected === 0) this.#finish()
    }
    return text
  }

  /** One request less to wait for: it was cancelled, and a cancelled request has no response. */
  abandon(response: RpcResponse): void {
    if (this.#expected > 1) this.#expect(this.#expected - 1)
    else if (this.#channel !== undefined || this.canStream) {
      this.#expect(0)
      this.#begin()
      this.#finish()
    } else this.settle(response)
  }

  /** The client has come back, with what it had until then. */
  resume(response: ServerResponse, { place }: Place): void {
    this.#channel?.connect(response, undefined, place)
  }

  /** The first beat may come right after the request: the second begins a stream. */
  beat(): void {
    this.#beats += 1
    if (!this.isOpen) this.#streams.firstBytes.remove(this)
    else if (this.#beats > 1) this.#begin()
  }

  #expect(responses: number): void {
    this.#expected = responses
    if (responses > 0) return
    this.#streams.firstBytes.remove(this)
    this.#options.onComplete?.()
  }

  /** A client cannot come back for it: where it must not wait it becomes an error. */
  #toWhole(response: RpcResponse): string {
    const text = toText(response)
    const { backlog } = this.#streams
    if (text.length <= LARGE_ANSWER_BYTES || backlog.hasRoomFor(text.length)) return text
    return serialize(notSent().toResponse(response.id))
  }

  #hold(id: RpcId | null, text: string): void {
    if (!this.#options.isBatch) {
      this.#answer(text)
      return
    }
    if (this.#settled === undefined) {
      this.#settled = []
      this.#held = this.#streams.aside()
      this.#held.add(this)
      this.#response.once('close', () => this.#takeSettled())
    }
    this.#settled.push({ id, text })
    this.#held?.grown()
    if (this.#expected === 0) this.#finish()
  }

  #takeSettled(): readonly Settled[] {
    const settled = this.#settled ?? []
    this.#settled = undefined
    this.#held?.remove(this)
    return settled
  }

  #finish(): void {
    if (this.#channel !== undefined) this.#channel.end()
    else {
      const texts = this.#takeSettled().map(({ text }) => text)
      this.#answer(`[${texts.join(',')}]`)
    }
  }

  #answer(body: string): void {
    const bytes = Buffer.byteLength(body)
    // Without its length it would travel in chunks.
    const headers = {
      'content-type': 'application/json',
      'content-length': bytes,
      ...this.#options.headers,
    }
    this.#response.writeHead(200, headers).end(body)
    if (bytes > LARGE_ANSWER_BYTES) this.#streams.noteLarge(this.#response)
  }

  #begin(): Channel {
    if (this.#channel !== undefined) return this.#channel
    this.#streams.firstBytes.remove(this)
    const channel = this.#streams.open()
    channel.connect(this.#response, this.#options.headers)
    // Answers of a batch that came before.
    if (this.#settled !== undefined) {
      for (const { id, text } of this.#takeSettled()) channel.send(text, id ?? undefined)
    }
    this.#channel = channel
    return channel
  }
}

/** What a server nests too deeply to be written again becomes an error that can be. */
export function toText(response: RpcResponse): string {
  try {
    return serialize(response)
  } catch (cause) {
    return serialize(tooDeep(cause).toResponse(response.id))
  }
}
