/** The event streams of one session: how each begins, what they keep, how much of them waits. */

import type { ServerResponse } from 'node:http'
import { Backlog } from './backlog.ts'
import { Channel } from './channel.ts'
import { EventStream, replay } from './event-stream.ts'
import {
  budgetOf,
  type EventBudget,
  EventLog,
  type EventRecorder,
  LISTENING,
  type Place,
} from './events.ts'
import { RETRY_MS } from './limits.ts'
import type { Ticker } from './ticker.ts'
import type { Unread } from './unread.ts'
import { countUnread } from './unread-answer.ts'

/** The first one whose clients understand an event without data. */
const PRIMED_SINCE = '2025-11-25'

/** What all sessions share. */
export interface StreamPorts {
  readonly keepAlive: Ticker
  /** For calls that have no answer yet. */
  readonly firstBytes: Ticker
  readonly seconds: Ticker
  readonly budget: EventBudget
  /** What the sessions of each person keep. */
  readonly budgets: Map<string, number>
  readonly unread: Unread
}

export class SessionStreams {
  revision = ''
  readonly events: EventLog
  readonly #ports: StreamPorts
  readonly #user: string
  /** What waits for the client, whichever way. */
  readonly backlog: Backlog
  /** By stream: the connection on which it is sent again. */
  readonly #replays = new Map<number, EventStream>()
  #last = LISTENING

  /** `user`: whose session it is. */
  constructor(ports: StreamPorts, user: string, onRelieved: () => void, recorder?: EventRecorder) {
    this.#ports = ports
    this.#user = user
    this.backlog = new Backlog(ports.unread, user, onRelieved)
    this.events = new EventLog(ports.budget, recorder, budgetOf(ports.budgets, user))
  }

  get firstBytes(): Ticker {
    return this.#ports.firstBytes
  }

  /** Whether the client reads so slowly that what is sent to it waits in memory. */
  get isCongested(): boolean {
    return this.backlog.isCongested
  }

  /** Whether nothing more can wait for the client. */
  get isFull(): boolean {
    return this.backlog.isFull
  }

  /** A whole answer that the client may take long to read. */
  noteLarge(response: ServerResponse): void {
    countUnread(response, this.backlog, this.#ports.keepAlive)
  }

  /** For what waits, though not for its client to read: no server is held back for it. */
  aside(): Backlog {
    return new Backlog(this.#ports.unread, this.#user, () => {})
  }

  /** A stream for the answer to a call. */
  open(): Channel {
    this.#last += 1
    return new Channel(this.#last, this)
  }

  /** What is kept of a stream that is complete; a client that has it all is told not to come back. */
  replay(response: ServerResponse, reached: Place): void {
    const missed = this.events.after(reached)
    if (missed.length === 0) {
      response.writeHead(204).end()
      return
    }
    // One at a time, as with a stream that goes on: each waits in memory until it is read.
    const replays = this.#replays
    replays.get(reached.stream)?.replaced()
    const events = missed.map((event) => ({ id: this.events.idOf(event), json: event.json }))
    const { keepAlive } = this.#ports
    const stream = replay(response, events, { keepAlive, backlog: this.backlog })
    replays.set(reached.stream, stream)
    response.once('close', () => {
      if (replays.get(reached.stream) === stream) replays.delete(reached.stream)
    })
  }

  connect(
    response: ServerResponse,
    from: Place,
    headers?: Readonly<Record<string, string>>,
  ): EventStream {
    const { keepAlive } = this.#ports
    const stream = new EventStream(response, { headers, keepAlive, backlog: this.backlog })
    if (this.revision >= PRIMED_SINCE) stream.prime(this.events.idOf(from), RETRY_MS)
    // The head travels with the first bytes of the body.
    else stream.beat()
    return stream
  }
}
