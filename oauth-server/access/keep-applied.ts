/**
 * Keeps what everybody holds within the access rules, while the process runs: at its start, because the file
 * may have changed before, and whenever rules or services change.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import type { LiveGateway } from '../../lib/catalogue/live-gateway.ts'
import type { Log } from '../../lib/platform/log.ts'
import type { LiveAccess } from './access.ts'

export interface ApplyingPorts {
  readonly live: LiveGateway
  readonly access: LiveAccess
  readonly log: Log
}

const RETRY_MS = 1000

/** @returns what ends it. */
export function keepApplied(ports: ApplyingPorts): () => void {
  const { live, log } = ports
  const sweeping = createSweeping(ports)
  sweeping.begin()
  const endListening = live.onChange((now, before) => {
    if (now.access === before.access) return
    log.info('the access rules have changed')
    sweeping.begin()
  })
  return () => {
    endListening()
    sweeping.end()
  }
}

/** One sweep at a time; a change meanwhile makes another one follow, and a store that is away too. */
function createSweeping({ access, log }: ApplyingPorts): { begin(): void; end(): void } {
  let isWanted = false
  let isRunning = false
  let isEnded = false
  let isFailing = false
  const tryAgainLater = async (error: unknown): Promise<void> => {
    if (isEnded) return
    if (!isFailing) log.error({ err: error }, 'the access rules could not be applied to everybody')
    isFailing = true
    isWanted = true
    await sleep(RETRY_MS, undefined, { ref: false })
  }
  const run = async (): Promise<void> => {
    while (isWanted && !isEnded) {
      isWanted = false
      try {
        await access.sweep()
        isFailing = false
      } catch (error) {
        await tryAgainLater(error)
      }
    }
    isRunning = false
  }
  return {
    begin() {
      isWanted = true
      if (isRunning) return
      isRunning = true
      void run()
    },
    end() {
      isEnded = true
    },
  }
}
