/** What of the bridge ends when services have been changed or taken out; all others notice nothing. */

import type { Services } from '../lib/catalogue/catalogue.ts'
import { changedServices } from '../lib/catalogue/changes.ts'
import type { Bridge } from './bridge.ts'

export function endOutdated(bridge: Bridge, before: Services, now: Services): void {
  const { removed, relaunched } = changedServices(before, now)
  for (const name of [...removed, ...relaunched]) {
    // First the sessions: their clients begin again, and find a process that was started anew.
    bridge.sessions.endOfService(name)
    bridge.runner.endOfService(name)
    bridge.natives.endOfService(name)
  }
}
