/** How long a session in front of a server without sessions waits for what; tests wait less. */

import {
  INITIALIZE_TIMEOUT_MS,
  LISTEN_AGAIN_FIRST_MS,
  LISTEN_AGAIN_MAX_MS,
  LISTEN_TIMEOUT_MS,
  NEXT_ROUND_MS,
} from '../../limits.ts'
import type { ChangesWaits } from './changes.ts'

export interface Waits extends ChangesWaits {
  readonly initializeMs: number
  readonly nextRoundMs: number
}

export const WAITS: Waits = {
  initializeMs: INITIALIZE_TIMEOUT_MS,
  nextRoundMs: NEXT_ROUND_MS,
  acknowledgeMs: LISTEN_TIMEOUT_MS,
  againFirstMs: LISTEN_AGAIN_FIRST_MS,
  againMaxMs: LISTEN_AGAIN_MAX_MS,
}
