/**
 * How much waits to be read by one client of a person at one service: without a session all of its answers together have
 * the bounds that those of a session have.
 */

import type { ServerResponse } from 'node:http'
import { Backlog } from '../backlog.ts'
import type { SessionOwner } from '../sessions.ts'
import { tooMuchUnread } from '../too-much.ts'
import { Unread } from '../unread.ts'

export class Reader {
  readonly backlog: Backlog
  readonly #waiting = new Set<() => void>()

  constructor(unread = new Unread(), user = '') {
    this.backlog = new Backlog(unread, user, () => this.#relieved())
  }

  /** Calls back when it was congested and reads again; returns what ends that. */
  onRelieved(tell: () => void): () => void {
    this.#waiting.add(tell)
    return () => void this.#waiting.delete(tell)
  }

  #relieved(): void {
    for (const tell of this.#waiting) tell()
  }
}

interface Entry {
  readonly reader: Reader
  exchanges: number
}

export class Readers {
  readonly #entries = new Map<string, Entry>()
  readonly #unread: Unread

  constructor(unread: Unread) {
    this.#unread = unread
  }

  /**
   * The one whose answer this will be.
   * @throws RpcFault 429 when too much waits for it already.
   */
  enter({ user, client, service }: SessionOwner, response: ServerResponse): Reader {
    const key = `${user}\n${client}\n${service}`
    const entry = this.#entries.get(key) ?? { reader: new Reader(this.#unread, user), exchanges: 0 }
    if (entry.reader.backlog.isFull) throw tooMuchUnread()
    // Whoever has left already is told nothing any more.
    if (response.destroyed) return entry.reader
    this.#entries.set(key, entry)
    entry.exchanges += 1
    response.once('close', () => {
      entry.exchanges -= 1
      if (entry.exchanges === 0) this.#entries.delete(key)
    })
    return entry.reader
  }
}
