/** What the proxy of programs that ask what they are told to ask is made with, and its bounds. */

import type { Destination } from '../destination.ts'
import type { Dial } from '../egress.ts'
import type { Refusal } from './refusal.ts'

export interface ForwardProxyOptions {
  readonly dial: Dial
  /** Told of what was refused and where it wanted to go: a host and a port, nothing else of the request. */
  readonly onRefusal?: (destination: Destination, refusal: Refusal) => void
  /** Connections at once; one more is closed unanswered. */
  readonly connectionsMax?: number
  /** Without a byte in either direction. */
  readonly idleMs?: number
}

export const CONNECTIONS_MAX = 512
export const IDLE_MS = 5 * 60_000
