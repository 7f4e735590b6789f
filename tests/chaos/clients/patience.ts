/** Requests to a gateway of which any part may be away: bounded in time, and repeated as clients repeat them. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { HttpResponse, Send } from '../../support/http.ts'
import { sendByFetch } from '../../support/http.ts'
import type { FetchLike } from '../../support/socket-fetch.ts'

/** A part that is frozen answers nobody. */
export const ANSWER_MS_MAX = 10_000
const PAUSE_MS = 250
/** Longer than any fault and what it may take afterwards. */
const PATIENCE_MS = 60_000

/** What says that nothing was decided. */
const UNDECIDED: ReadonlySet<number> = new Set([429, 500, 502, 503, 504])

export const timedFetch: FetchLike = (url, init = {}) => {
  const late = AbortSignal.timeout(ANSWER_MS_MAX)
  const signal = init.signal ? AbortSignal.any([init.signal, late]) : late
  return fetch(url, { ...init, signal })
}

export const sendTimed: Send = sendByFetch(timedFetch)

export interface Patient {
  readonly answer: HttpResponse
  /** When the request that was answered was sent. */
  readonly sentAt: number
  /** When the first one was sent. */
  readonly firstAt: number
  readonly attempts: number
}

/** Sends until something is decided. @throws Error when nobody decides in time. */
export async function untilDecided(
  send: () => Promise<HttpResponse>,
  clock: () => number,
): Promise<Patient> {
  const firstAt = clock()
  for (let attempts = 1; ; attempts += 1) {
    const sentAt = clock()
    const answer = await send().catch(() => undefined)
    if (answer !== undefined && !UNDECIDED.has(answer.status)) {
      return { answer, sentAt, firstAt, attempts }
    }
    if (clock() - firstAt > PATIENCE_MS) {
      throw new Error(
        `nothing was decided within ${PATIENCE_MS} ms: ${answer?.status ?? 'silence'}`,
      )
    }
    await sleep(PAUSE_MS)
  }
}
