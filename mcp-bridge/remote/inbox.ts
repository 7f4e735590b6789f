/**
 * What a remote server sends, as far as it is read: no faster than its rate, not at all while nobody
 * listens, and never more of one message than may be kept.
 */

import type { IncomingMessage } from 'node:http'
import type { Clock } from '../../lib/platform/clock.ts'
import { isTooMuch, parseExactly } from '../exact-json.ts'
import { type RpcMessage, toMessage } from '../json-rpc.ts'
import { BATCH_MESSAGES_MAX } from '../limits.ts'
import { OutputRate } from '../runner/output-rate.ts'
import { Unfinished } from './unfinished.ts'

/** More than may be kept, or read at once. */
export class TooLarge extends Error {
  override readonly name = 'TooLarge'
}

export class Inbox {
  readonly bytesMax: number
  readonly unfinished: Unfinished
  readonly #rate: OutputRate
  readonly #open = new Set<IncomingMessage>()
  #pauses = 0

  constructor(bytesMax: number, clock: Clock) {
    this.bytesMax = bytesMax
    this.unfinished = new Unfinished(bytesMax)
    this.#rate = new OutputRate(clock)
  }

  /** It was sent something: as many pieces are expected. */
  sent(): void {
    this.#rate.sent()
  }

  pause(): void {
    this.#pauses += 1
    if (this.#pauses === 1) for (const answer of this.#open) answer.pause()
  }

  resume(): void {
    this.#pauses -= 1
    if (this.#pauses === 0) for (const answer of this.#open) answer.resume()
  }

  /**
   * Hands on each chunk of an answer; `take` tells how many messages were in it.
   * @returns whether it came to its proper end.
   */
  async follow(answer: IncomingMessage, take: (chunk: Buffer) => number): Promise<boolean> {
    if (answer.closed) return false
    const { promise, resolve } = Promise.withResolvers<boolean>()
    this.#open.add(answer)
    answer.once('end', () => resolve(true))
    answer.once('close', () => resolve(false))
    answer.on('data', (chunk: Buffer) => {
      const waitMs = this.#rate.took(chunk.length, Math.max(1, take(chunk)))
      if (waitMs > 0) this.#pauseFor(waitMs)
    })
    if (this.#pauses > 0) answer.pause()
    const isWhole = await promise
    this.#open.delete(answer)
    return isWhole && answer.complete
  }

  /**
   * All of it, as text.
   * @returns undefined when it was cut off.
   * @throws TooLarge
   */
  async readText(answer: IncomingMessage, bytesMax = this.bytesMax): Promise<string | undefined> {
    const chunks: Buffer[] = []
    const kept = this.unfinished.begin()
    let bytes = 0
    let isTooLarge = false
    const isWhole = await this.follow(answer, (chunk) => {
      bytes += chunk.length
      isTooLarge ||= kept.keeps(bytes) || bytes > bytesMax
      if (isTooLarge) answer.destroy()
      else chunks.push(chunk)
      return 1
    })
    kept.end()
    if (isTooLarge) throw new TooLarge()
    return isWhole ? Buffer.concat(chunks).toString('utf8') : undefined
  }

  #pauseFor(waitMs: number): void {
    this.pause()
    setTimeout(() => this.resume(), waitMs).unref()
  }
}

/**
 * The messages of a body or an event: one, or in 2025-03-26 several; none when it is something else.
 * @throws TooLarge
 */
export function toMessages(text: string): readonly RpcMessage[] {
  const value = parse(text)
  const values: readonly unknown[] = Array.isArray(value)
    ? value.slice(0, BATCH_MESSAGES_MAX)
    : [value]
  return values.map(toMessage).filter((message) => message !== undefined)
}

function parse(text: string): unknown {
  const trimmed = text.startsWith('\uFEFF') ? text.slice(1) : text
  // What fails in the parser costs twenty times as much as a message.
  if (!/^\s*[[{]/.test(trimmed)) return undefined
  try {
    return parseExactly(trimmed)
  } catch (error) {
    if (isTooMuch(error)) throw new TooLarge(error.message, { cause: error })
    return undefined
  }
}
