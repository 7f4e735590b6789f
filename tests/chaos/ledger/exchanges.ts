/** What codes and refresh tokens were exchanged for. */

import type { Report } from './violation.ts'

/** Design, section 6: the answer to a rotation is repeated for so long. */
export const GRACE_MS = 30_000

/** What a good answer of the token endpoint carries. */
export interface Answer {
  readonly accessToken: string
  readonly refreshToken: string
}

interface Rotation {
  readonly firstAt: number
  readonly refreshToken: string
}

export class ExchangeLedger {
  readonly #report: Report
  readonly #codes = new Map<string, string>()
  readonly #rotations = new Map<string, Rotation>()
  readonly #steps: { readonly at: number; readonly byMs: number }[] = []

  constructor(report: Report) {
    this.#report = report
  }

  /** The store's clock was put forward, or back, by so much. */
  stepped(at: number, byMs: number): void {
    this.#steps.push({ at, byMs })
  }

  redeemed(code: string, { accessToken }: Answer): void {
    const before = this.#codes.get(code)
    if (before !== undefined) {
      const same = before === accessToken ? 'the same token' : 'another token'
      this.#report('code-twice', `a code was redeemed again, for ${same}`)
    }
    this.#codes.set(code, accessToken)
  }

  /** @param sentAt of the request, `at` of its answer. */
  rotated(presented: string, { refreshToken }: Answer, sentAt: number, at: number): void {
    const before = this.#rotations.get(presented)
    if (before === undefined) {
      this.#rotations.set(presented, { firstAt: at, refreshToken })
      return
    }
    if (before.refreshToken !== refreshToken) {
      this.#report('refresh-twice', 'a refresh token was redeemed again, for another one')
    }
    const since = sentAt - before.firstAt
    if (since > this.#graceAtMost(before.firstAt, at)) {
      this.#report('refresh-twice', `a refresh token was redeemed ${Math.round(since)} ms later`)
    }
  }

  /**
   * Whether somebody who lost an answer could count on its repetition.
   * @param firstAt when the first of the unanswered requests was sent.
   */
  isWithinGrace(firstAt: number, at: number): boolean {
    const lost = this.#stepsWithin(firstAt, at).filter((byMs) => byMs > 0)
    return at - firstAt < GRACE_MS - sum(lost)
  }

  #graceAtMost(from: number, to: number): number {
    return GRACE_MS - sum(this.#stepsWithin(from, to).filter((byMs) => byMs < 0))
  }

  #stepsWithin(from: number, to: number): number[] {
    return this.#steps.filter(({ at }) => at >= from && at <= to).map(({ byMs }) => byMs)
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
