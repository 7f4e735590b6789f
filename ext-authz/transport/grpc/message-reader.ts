/** Length-prefixed messages, however they are spread over DATA frames. */

import { MESSAGE_BYTES_MAX } from '../http2/limits.ts'
import { CallFault, STATUS } from '../status.ts'

export const PREFIX_BYTES = 5

export interface MessageEvents {
  /** So many bytes more are kept. */
  held(bytes: number): void
  message(message: Buffer): void
}

const FIRST_BYTES = 4096
const NOTHING = Buffer.alloc(0)

/** The message, when this piece is exactly one; most are, and are not copied. */
export function wholeMessage(bytes: Buffer, start: number, end: number): Buffer | undefined {
  const length = end - start - PREFIX_BYTES
  if (length < 0 || bytes[start] !== 0 || bytes.readUInt32BE(start + 1) !== length) return undefined
  assertSize(length)
  return bytes.subarray(start + PREFIX_BYTES, end)
}

export class MessageReader {
  readonly #events: MessageEvents
  readonly #prefix = Buffer.alloc(PREFIX_BYTES)
  #prefixFilled = 0
  #length = 0
  /** Grows with what comes: a length that is only claimed takes no memory. */
  #body = NOTHING
  #filled = 0

  constructor(events: MessageEvents) {
    this.#events = events
  }

  get isWithinMessage(): boolean {
    return this.#prefixFilled > 0
  }

  /** @throws CallFault for what no method of ours takes. */
  read(bytes: Buffer, start: number, end: number): void {
    let at = start
    while (at < end || this.#isWhole()) {
      if (this.#prefixFilled < PREFIX_BYTES) at = this.#readPrefix(bytes, at, end)
      else if (this.#isWhole()) this.#finish()
      else at = this.#readBody(bytes, at, end)
    }
  }

  #isWhole(): boolean {
    return this.#prefixFilled === PREFIX_BYTES && this.#filled === this.#length
  }

  #readPrefix(bytes: Buffer, start: number, end: number): number {
    const copied = bytes.copy(this.#prefix, this.#prefixFilled, start, end)
    this.#prefixFilled += copied
    if (this.#prefixFilled < PREFIX_BYTES) return start + copied
    if (this.#prefix[0] !== 0) {
      throw new CallFault(STATUS.unimplemented, 'compressed messages are not supported')
    }
    this.#length = this.#prefix.readUInt32BE(1)
    assertSize(this.#length)
    return start + copied
  }

  #readBody(bytes: Buffer, start: number, end: number): number {
    const until = Math.min(this.#length, this.#filled + end - start)
    if (until > this.#body.length) this.#grow(until)
    const copied = bytes.copy(this.#body, this.#filled, start, start + until - this.#filled)
    this.#filled += copied
    return start + copied
  }

  #grow(least: number): void {
    const doubled = Math.max(least, 2 * this.#body.length, FIRST_BYTES)
    const larger = Buffer.allocUnsafe(Math.min(this.#length, doubled))
    this.#events.held(larger.length - this.#body.length)
    this.#body.copy(larger, 0, 0, this.#filled)
    this.#body = larger
  }

  #finish(): void {
    const message = this.#body
    this.#prefixFilled = 0
    this.#length = 0
    this.#body = NOTHING
    this.#filled = 0
    this.#events.message(message)
  }
}

function assertSize(length: number): void {
  if (length <= MESSAGE_BYTES_MAX) return
  throw new CallFault(STATUS.resourceExhausted, `a message has at most ${MESSAGE_BYTES_MAX} bytes`)
}
