/**
 * One stream of a session, over however many connections: a client may leave it and come back.
 *
 * What is sent meanwhile is kept by the session's log, as far as that goes.
 */

import type { ServerResponse } from 'node:http'
import type { EventStream } from './event-stream.ts'
import type { RpcId } from './json-rpc.ts'
import type { SessionStreams } from './session-streams.ts'

export class Channel {
  readonly stream: number
  readonly #streams: SessionStreams
  #connection: EventStream | undefined
  /** That of the last event. */
  #place = 0
  /** Up to which a connection has taken it. */
  #taken = 0

  constructor(stream: number, streams: SessionStreams) {
    this.stream = stream
    this.#streams = streams
  }

  get isOpen(): boolean {
    return this.#connection?.isOpen === true
  }

  /** A new connection takes the place of the one before, from the place its client has reached. */
  connect(
    response: ServerResponse,
    headers?: Readonly<Record<string, string>>,
    reached = this.#taken,
  ): void {
    const before = this.#connection
    const from = { stream: this.stream, place: reached }
    const connection = this.#streams.connect(response, from, headers)
    this.#connection = connection
    before?.replaced()
    for (const event of this.#streams.events.after(from)) {
      connection.send(event.json, this.#streams.events.idOf(event))
    }
    this.#taken = this.#place
  }

  send(json: string, answers?: RpcId): void {
    this.#place += 1
    const { stream } = this
    const id = this.#streams.events.append({ stream, place: this.#place, json, answers })
    if (!this.isOpen) return
    this.#connection?.send(json, id)
    this.#taken = this.#place
  }

  end(): void {
    this.#connection?.end()
  }
}
