/**
 * Messages on their way to a remote server: each is a request of its own, so that one could overtake
 * another. Nothing overtakes `notifications/initialized`: servers refuse what comes before it.
 */

import { type RpcMessage, serialize } from '../json-rpc.ts'
import { INITIALIZED } from '../runner/handshake.ts'
import { assertTaken } from '../runner/input-queue.ts'

/** Resolves when the server has begun to answer, or will not. */
export type Post = (message: RpcMessage, body: string) => Promise<void>

export class Outgoing {
  readonly #post: Post
  #held: (() => void)[] | undefined
  #waitingBytes = 0

  constructor(post: Post) {
    this.#post = post
  }

  /** Until `release` nothing leaves. */
  hold(): void {
    this.#held ??= []
  }

  release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const send of held) send()
  }

  /** @throws RpcFault 503 when too much waits already. */
  send(message: RpcMessage): void {
    const body = serialize(message)
    assertTaken(this.#waitingBytes, body)
    this.#waitingBytes += body.length
    const send = (): void => {
      const isFirst = message.method === INITIALIZED
      if (isFirst) this.hold()
      void this.#post(message, body).finally(() => {
        this.#waitingBytes -= body.length
        if (isFirst) this.release()
      })
    }
    if (this.#held === undefined) send()
    else this.#held.push(send)
  }
}
