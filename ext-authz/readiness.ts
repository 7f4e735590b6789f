/** When this process begins to serve: told once, and while it does not, why; or waited for. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../lib/platform/log.ts'

const LOOK_MS = 5
/** A start that takes longer deserves a word. */
const PATIENCE_MS = 2000

export interface Readiness {
  /** Resolves when it serves, or after so long. */
  servingWithin(milliseconds: number): Promise<void>
  stop(): void
}

export function watchReadiness(isServing: () => boolean, log: Log): Readiness {
  const stopped = new AbortController()
  const since = performance.now()
  let told = false

  async function watch(): Promise<void> {
    while (!isServing()) {
      if (!told && performance.now() - since > PATIENCE_MS) {
        log.warn(
          'not serving yet: the store is away, or the authorization server has published no keys',
        )
        told = true
      }
      await sleep(LOOK_MS, undefined, { signal: stopped.signal })
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
