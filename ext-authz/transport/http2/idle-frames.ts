/** Frames that cost work and carry no request: a peer has a bounded number of them a second. */

import { IDLE_FRAMES_MAX, IDLE_FRAMES_PER_REQUEST } from './limits.ts'
import { CODE, ConnectionError } from './protocol.ts'

export class IdleFrames {
  #left = IDLE_FRAMES_MAX
  #refilledAt: number

  constructor(nowMs: number) {
    this.#refilledAt = nowMs
  }

  refill(nowMs: number): void {
    this.#give(((nowMs - this.#refilledAt) * IDLE_FRAMES_MAX) / 1000)
    this.#refilledAt = nowMs
  }

  requestCame(): void {
    this.#give(IDLE_FRAMES_PER_REQUEST)
  }

  /** @throws ConnectionError when the peer does little else. */
  charge(): void {
    this.#left -= 1
    if (this.#left < 0) {
      throw new ConnectionError(CODE.enhanceYourCalm, 'too many frames that carry nothing')
    }
  }

  #give(frames: number): void {
    this.#left = Math.min(IDLE_FRAMES_MAX, this.#left + frames)
  }
}
