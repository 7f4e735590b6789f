/**
 * What the streams of one session have sent, for a client that comes back for it (`Last-Event-ID`;
 * MCP Streamable HTTP, resumability).
 *
 * An id names a place: `<mark of the session>.<stream>.<place in it>`; place 0 is before the first
 * event. The mark is drawn, so that an id of another session is known to be one. What is kept is
 * bounded by bytes, oldest dropped; an answer that was dropped is told as an error, or its caller
 * would wait for it for ever.
 */

import { randomText } from '../lib/platform/seal.ts'
import { RpcFault, type RpcId, serialize } from './json-rpc.ts'
import {
  ANSWERS_LOST_MAX,
  EVENT_OVERHEAD_BYTES,
  EVENTS_BYTES_MAX,
  EVENTS_BYTES_PER_USER_MAX,
  EVENTS_SHARE_BYTES,
  EVENTS_TOTAL_BYTES_MAX,
} from './limits.ts'

/** The stream for what belongs to no call. */
export const LISTENING = 0

export interface Place {
  readonly stream: number
  readonly place: number
}

export interface StreamEvent extends Place {
  /** One message; it has no line breaks. */
  readonly json: string
  /** The request it is the answer to. */
  readonly answers: RpcId | undefined
}

/** What all sessions keep together, or those of one person. */
export interface EventBudget {
  bytes: number
}

/** A person's, where those of all are counted by person. */
export function budgetOf(byUser: Map<string, number>, user: string): EventBudget {
  return {
    get bytes() {
      return byUser.get(user) ?? 0
    },
    set bytes(bytes) {
      if (bytes === 0) byUser.delete(user)
      else byUser.set(user, bytes)
    },
  }
}

/** Keeps events beyond the life of this process. */
export interface EventRecorder {
  append(id: string, json: string): void
  /** The session has ended: nobody comes back for anything, or only those that were away just then. */
  end(isForgotten: boolean): void
}

const ID = /^([\w-]{8})\.(0|[1-9]\d{0,9})\.(0|[1-9]\d{0,9})$/

/** The place an id names, and the mark of its session; undefined for what is no id of ours. */
export function parseEventId(id: string): (Place & { readonly mark: string }) | undefined {
  const [, mark, stream, place] = ID.exec(id) ?? []
  if (mark === undefined) return undefined
  return { mark, stream: Number(stream), place: Number(place) }
}

export class EventLog {
  readonly #mark = randomText(6)
  readonly #budget: EventBudget
  readonly #own: EventBudget
  readonly #recorder: EventRecorder | undefined
  readonly #events: StreamEvent[] = []
  #bytes = 0
  /** One larger than all others may be together has a place of its own. */
  #large: StreamEvent | undefined
  /** In place of answers that were dropped. */
  readonly #lost: StreamEvent[] = []
  #isClosed = false

  /** `own`: of its person. */
  constructor(budget: EventBudget, recorder?: EventRecorder, own: EventBudget = { bytes: 0 }) {
    this.#budget = budget
    this.#own = own
    this.#recorder = recorder
  }

  idOf({ stream, place }: Place): string {
    return `${this.#mark}.${stream}.${place}`
  }

  /** @throws RpcFault 400 for an id that this session never gave out. */
  placeOf(id: string): Place {
    const found = parseEventId(id)
    if (found?.mark === this.#mark) return found
    throw new RpcFault(
      400,
      'refused',
      'Last-Event-ID is not of this session: ask without it for what comes next',
    )
  }

  append(event: StreamEvent): string {
    const id = this.idOf(event)
    if (this.#isClosed) return id
    this.#recorder?.append(id, event.json)
    const bytes = bytesOf(event)
    if (bytes > EVENTS_BYTES_MAX) this.#keepLarge(event, bytes)
    else {
      this.#events.push(event)
      this.#count(bytes)
      this.#dropOldest()
    }
    return id
  }

  /** What is kept of a stream beyond a place, in order. */
  after({ stream, place }: Place): StreamEvent[] {
    const kept = [...this.#lost, ...this.#events]
    if (this.#large !== undefined) kept.push(this.#large)
    return kept
      .filter((event) => event.stream === stream && event.place > place)
      .sort((one, other) => one.place - other.place)
  }

  /** Nothing is kept from now on. */
  close(): void {
    this.#isClosed = true
    this.#dropLarge()
    this.#events.length = 0
    this.#lost.length = 0
    this.#count(-this.#bytes)
  }

  #keepLarge(event: StreamEvent, bytes: number): void {
    const earlier = this.#large
    this.#dropLarge()
    if (earlier !== undefined) this.#lose(earlier)
    if (this.#isCrowdedBy(bytes)) {
      this.#lose(event)
      return
    }
    this.#large = event
    this.#share(bytes)
  }

  #dropLarge(): void {
    if (this.#large !== undefined) this.#share(-bytesOf(this.#large))
    this.#large = undefined
  }

  #isCrowdedBy(bytes: number): boolean {
    const isOwnFull = this.#own.bytes + bytes > EVENTS_BYTES_PER_USER_MAX
    return isOwnFull || this.#budget.bytes + bytes > EVENTS_TOTAL_BYTES_MAX
  }

  #dropOldest(): void {
    // Where others keep much already, each may still keep a little.
    const most = this.#isCrowdedBy(0) ? EVENTS_SHARE_BYTES : EVENTS_BYTES_MAX
    while (this.#bytes > most) {
      const oldest = this.#events.shift()
      if (oldest === undefined) return
      this.#count(-bytesOf(oldest))
      this.#lose(oldest)
    }
  }

  #lose(event: StreamEvent): void {
    if (event.answers === undefined) return
    const message = 'the answer was sent but not kept for so long: ask again'
    const json = serialize(new RpcFault(200, 'refused', message).toResponse(event.answers))
    this.#lost.push({ ...event, json })
    if (this.#lost.length > ANSWERS_LOST_MAX) this.#lost.shift()
  }

  #count(bytes: number): void {
    this.#bytes += bytes
    this.#share(bytes)
  }

  #share(bytes: number): void {
    this.#own.bytes += bytes
    this.#budget.bytes += bytes
  }
}

function bytesOf({ json }: StreamEvent): number {
  return Buffer.byteLength(json) + EVENT_OVERHEAD_BYTES
}
