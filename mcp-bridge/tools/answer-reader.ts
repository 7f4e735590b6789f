/**
 * Answers that pass through as text, read for what is watched in them: one JSON text, or one event, at a time.
 *
 * A stream may bring again what was answered on another: by the rules each list of tools is one, whatever it
 * answers.
 */

import { isTooMuch, parseExactly } from '../exact-json.ts'
import {
  isRequest,
  isResponse,
  type RpcId,
  type RpcMessage,
  type RpcResponse,
  serialize,
  toMessage,
} from '../json-rpc.ts'
import type { Listing, Watched, WatchedCall } from './watched-call.ts'

export class AnswerReader {
  readonly #calls = new Map<RpcId, WatchedCall>()
  readonly #listing: Listing | undefined

  /** `listing`: by the rules of the service. */
  constructor(watched: Watched | undefined, listing: Listing | undefined) {
    this.#listing = listing
    for (const [message, call] of watched ?? [])
      if (isRequest(message)) this.#calls.set(message.id, call)
  }

  /**
   * As its caller may see it: the very text when nothing of it is left out.
   * @throws Error for what is too much to be read: nobody knows what of it may be seen.
   */
  read(text: string): string {
    let value: unknown
    try {
      value = parseExactly(text)
    } catch (error) {
      if (isTooMuch(error)) throw error
      // Not JSON: there is no answer in it that anybody could read.
      return text
    }
    const values: readonly unknown[] = Array.isArray(value) ? value : [value]
    const visible = values.map((one) => this.#readOne(one, values.length > 1 ? undefined : text))
    if (visible.every((one, index) => one === values[index])) return text
    const texts = visible.map((one) => serialize(one as RpcMessage))
    return Array.isArray(value) ? `[${texts.join(',')}]` : texts.join('')
  }

  /** The answers that have not come will not. */
  end(): void {
    for (const call of this.#calls.values()) call.lost()
  }

  cancel(): void {
    for (const call of this.#calls.values()) call.cancelled()
  }

  #readOne(value: unknown, text: string | undefined): unknown {
    const message = toMessage(value)
    if (message === undefined || !isResponse(message)) return value
    this.#settle(message, text ?? serialize(message))
    return this.#listing?.toVisible(message) ?? value
  }

  #settle(answer: RpcResponse, text: string): void {
    if (answer.id === null) return
    this.#calls.get(answer.id)?.settled(answer, text)
  }
}
