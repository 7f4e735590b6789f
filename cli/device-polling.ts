/** Asks for the token of a device flow until a person has decided (RFC 8628 section 3.5). */

import { setTimeout as sleep } from 'node:timers/promises'

export interface DevicePolling<Granted> {
  /** Seconds: how long the code lives, and what lies between two questions. */
  readonly expiresIn: number
  readonly interval: number
  /** Asks once. @throws what ends it, e.g. a refusal. */
  readonly ask: () => Promise<DeviceAnswer<Granted>>
  readonly signal?: AbortSignal | undefined
}

export type DeviceAnswer<Granted> =
  | { readonly granted: Granted }
  | { readonly waiting: 'pending' | 'unreachable' }
  /** Seconds from now on; undefined: what the RFC adds. */
  | { readonly waiting: 'slow_down'; readonly interval?: number | undefined }

const SLOW_DOWN_SECONDS = 5
/** What lies between two questions to a server that cannot be reached, unless it wants more. */
const UNREACHABLE_SECONDS_MAX = 60

/** Undefined when the code has expired before anybody decided. */
export async function pollDevice<Granted>({
  expiresIn,
  interval,
  ask,
  signal,
}: DevicePolling<Granted>): Promise<Granted | undefined> {
  const until = performance.now() + expiresIn * 1000
  let seconds = interval
  while (performance.now() < until) {
    await sleep(Math.min(seconds * 1000, until - performance.now()), undefined, { signal })
    const answer = await ask()
    if ('granted' in answer) return answer.granted
    if (answer.waiting === 'slow_down') seconds = answer.interval ?? seconds + SLOW_DOWN_SECONDS
    // A server that cannot be reached for a moment ends nothing, and is asked ever less.
    else if (answer.waiting === 'unreachable') seconds = lessOften(seconds)
  }
  return undefined
}

function lessOften(seconds: number): number {
  return Math.min(seconds * 2, Math.max(seconds, UNREACHABLE_SECONDS_MAX))
}
