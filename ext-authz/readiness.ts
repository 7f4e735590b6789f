/** Whether this process may serve: only after keys and epoch were read once. */

import type { Log } from '../lib/platform/log.ts'

const RETRY_MS = 200

export interface Readiness {
  readonly isServing: () => boolean
  readonly stop: () => void
}

/** Tries `load` until it resolves with true. What failed is said once, not five times a second. */
export function watchReadiness(load: () => Promise<boolean>, log: Log): Readiness {
  let serving = false
  let timer: NodeJS.Timeout | undefined
  let lastFault = ''

  async function attempt(): Promise<void> {
    try {
      serving = await load()
      if (serving) log.info('serving')
      else report('the authorization server has not published its keys yet')
    } catch (error) {
      report(error instanceof Error ? error.message : String(error))
    }
    if (!serving) timer = setTimeout(() => void attempt(), RETRY_MS)
  }

  function report(fault: string): void {
    if (fault !== lastFault) log.warn({ fault }, 'not serving yet')
    lastFault = fault
  }

  void attempt()
  return { isServing: () => serving, stop: () => clearTimeout(timer) }
}
