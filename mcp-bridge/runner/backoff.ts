/** A program that keeps ending soon after its start is not started again at once. */

import type { Clock } from '../../lib/platform/clock.ts'
import { RpcFault } from '../json-rpc.ts'
import { BACKOFF_FIRST_MS, BACKOFF_MAX_MS, FREE_FAILURES, STARTED_WELL_MS } from '../limits.ts'
import { leftOf } from '../moment.ts'

/** Told by how long ago the last was: a clock that is put back must not block anything for as long. */
interface Failures {
  readonly count: number
  readonly lastAt: number
  readonly waitMs: number
}

const NONE: Failures = { count: 0, lastAt: 0, waitMs: 0 }

export class Backoff {
  readonly #clock: Clock
  readonly #failures = new Map<string, Failures>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @throws RpcFault 503 while `key` has to wait. */
  assertMayStart(key: string, service: string): void {
    const { lastAt, waitMs } = this.#failures.get(key) ?? NONE
    const leftMs = leftOf(waitMs, this.#clock() - lastAt)
    if (leftMs <= 0) return
    const seconds = Math.ceil(leftMs / 1000)
    throw new RpcFault(
      503,
      'refused',
      `the service ${service} keeps ending after its start: try again in ${seconds} s`,
      { headers: { 'retry-after': String(seconds) } },
    )
  }

  /** The keys of a service begin with its name. */
  forget(service: string): void {
    for (const key of this.#failures.keys()) {
      if (key === service || key.startsWith(`${service} `)) this.#failures.delete(key)
    }
  }

  /** Takes note of an ending: whether it was asked for, and how long the process had lived. */
  ended(key: string, wasAsked: boolean, startedAt: number): void {
    const now = this.#clock()
    if (wasAsked || now - startedAt >= STARTED_WELL_MS) {
      this.#failures.delete(key)
      return
    }
    const count = (this.#failures.get(key)?.count ?? 0) + 1
    const doublings = count - FREE_FAILURES - 1
    const waitMs = doublings < 0 ? 0 : Math.min(BACKOFF_FIRST_MS * 2 ** doublings, BACKOFF_MAX_MS)
    this.#failures.set(key, { count, lastAt: now, waitMs })
  }
}
