/** When this process begins to serve: told once, and while it does not, why; or waited for. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../lib/platform/log.ts'

/** While it is waited for each of them counts. */
const LOOK_MS = 5
/** A start that takes longer deserves a word, and is waited for by nobody: what is left is to tell its end. */
const PATIENCE_MS = 2000
const LOOK_MS_LATER = 250

export interface Readiness {
  /** Resolves when it serves, or after so long. */
  servingWithin(milliseconds: number): Promise<void>
  stop(): void
}

export function watchReadiness(isServing: () => boolean, log: Log): Readiness {
  const stopped = new AbortController()
  const since = performance.now()
  let lookMs = LOOK_MS

  async function watch(): Promise<void> {
    while (!isServing()) {
      if (lookMs === LOOK_MS && performance.now() - since > PATIENCE_MS) {
        log.warn(
          'not serving yet: the store is away, or the authorization server has published no keys',
        )
        lookMs = LOOK_MS_LATER
      }
      await sleep(lookMs, undefined, { signal: stopped.signal })
    }
    log.info('serving')
  }

  const watching = watch().catch(() => {
    // Stopped before there was anything to serve.
  })
  return {
    servingWithin: (milliseconds) =>
      Promise.race([watching, sleep(milliseconds, undefined, { ref: false })]),
    stop: () => stopped.abort(),
  }
}
