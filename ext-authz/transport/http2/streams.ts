/** The streams of a connection: those that are open, and how the latest others ended. */

import { STREAMS_MAX } from './limits.ts'
import type { Stream } from './stream.ts'

/** What may still come for a closed stream depends on who closed it. */
export const CLOSED = {
  /** By both sides. */
  ended: 1,
  /** By us, before the caller had ended: frames may be on their way. */
  resetByUs: 2,
  resetByPeer: 3,
} as const

export type Closed = (typeof CLOSED)[keyof typeof CLOSED]

/** A power of two. Callers' streams have odd ids. */
const REMEMBERED = 4 * STREAMS_MAX

export class Streams {
  readonly open = new Map<number, Stream>()
  /** The highest id that the peer has used. */
  last = 0
  readonly #ids = new Uint32Array(REMEMBERED)
  readonly #how = new Uint8Array(REMEMBERED)

  close(stream: Stream, how: Closed): void {
    stream.isClosed = true
    this.open.delete(stream.id)
    this.remember(stream.id, how)
  }

  remember(id: number, how: Closed): void {
    const slot = slotOf(id)
    this.#ids[slot] = id
    this.#how[slot] = how
  }

  /** Undefined when the stream never was, or was long ago. */
  howClosed(id: number): Closed | undefined {
    const slot = slotOf(id)
    return this.#ids[slot] === id ? (this.#how[slot] as Closed) : undefined
  }

  isIdle(id: number): boolean {
    return id > this.last || id % 2 === 0
  }
}

function slotOf(id: number): number {
  return (id >>> 1) & (REMEMBERED - 1)
}
