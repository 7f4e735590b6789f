/** What must stand in the store before anybody is served: an epoch that has begun, and keys. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../lib/platform/log.ts'
import type { Ports } from './ports.ts'

export interface Readiness {
  /** Prepares the store again: it may be another one than before, or have other keys. */
  renew(): Promise<void>
  /** Rejects while the store does not answer or could not be prepared. */
  check(): Promise<void>
  /** Renews every few seconds until the returned function is called. */
  watch(): () => void
}

/** What another server decides on keys is known here so soon. */
const WATCH_MS = 2000
/** Clocks differ by less. */
const AHEAD_MS = 60_000
/** It must not begin anew by itself: with a clock that is wrong now, what it has forgotten would count again. */
const EARLY =
  'the store began later than now, and no token counts until then: set the clock right; where it was ahead when the store began, wait, or begin with an empty store'

export function createReadiness(
  ports: Pick<Ports, 'families' | 'keyring' | 'clock'>,
  log: Log,
): Readiness {
  let prepared: Promise<void> | undefined
  let fault: string | undefined
  let isEarly = false
  /** A wait of hours looks like a fault to whoever cannot log in meanwhile. While it lasts it is no news. */
  const tellBegin = (beginsAt: number): void => {
    const now = ports.clock()
    const wasEarly = isEarly
    isEarly = beginsAt - now > AHEAD_MS
    if (!isEarly || wasEarly) return
    const times = { begins: new Date(beginsAt).toISOString(), now: new Date(now).toISOString() }
    log.error(times, EARLY)
  }
  const renew = (): Promise<void> => {
    const attempt = prepareStore(ports, tellBegin)
    prepared = attempt
    attempt.then(
      () => {
        fault = undefined
      },
      (error: unknown) => {
        // While it lasts it is no news.
        if (fault !== String(error)) log.error({ err: error }, 'the store could not be prepared')
        fault = String(error)
        // The next check tries again.
        if (prepared === attempt) prepared = undefined
      },
    )
    return attempt
  }
  return {
    renew,
    async check() {
      await (prepared ?? renew())
      await ports.families.publicKeys.all()
    },
    watch() {
      const timer = setInterval(() => {
        renew().catch(() => {
          // Reported where it is made; health tells until it succeeds.
        })
      }, WATCH_MS)
      return () => clearInterval(timer)
    },
  }
}

async function prepareStore(
  { families, keyring, clock }: Pick<Ports, 'families' | 'keyring' | 'clock'>,
  tellBegin: (beginsAt: number) => void,
): Promise<void> {
  const beginsAt = (await families.revocations.ensureEpoch()) * 1000
  tellBegin(beginsAt)
  await keyring.synchronize()
  // A token minted before the epoch begins would be refused at the edge. Two seconds bound a wrong clock.
  const waitMs = Math.min(beginsAt - clock(), 2000)
  if (waitMs > 0) await sleep(waitMs)
}
