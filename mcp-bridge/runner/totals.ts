/** What the processes of each service have done since our start, those that have ended among them. */

import type { ProcessCounts } from './process-counts.ts'
import type { ServerProcess } from './server-process.ts'

export interface ServiceTotals extends ProcessCounts {
  started: number
  /** Ended without being asked to. */
  failed: number
}

export type Counted = Pick<ServerProcess, 'service' | 'counts' | 'ended' | 'wasAsked'>

const NOTHING: ServiceTotals = { calls: 0, timeouts: 0, dropped: 0, started: 0, failed: 0 }

export class Totals {
  readonly #running = new Set<Counted>()
  readonly #ended = new Map<string, ServiceTotals>()

  add(process: Counted): void {
    this.#running.add(process)
    void process.ended.then(() => {
      this.#running.delete(process)
      const own = { ...process.counts, started: 1, failed: process.wasAsked ? 0 : 1 }
      addTo(this.#ended, process.service.name, own)
    })
  }

  get byService(): ReadonlyMap<string, ServiceTotals> {
    const all = new Map(this.#ended)
    for (const { service, counts } of this.#running) {
      addTo(all, service.name, { ...counts, started: 1, failed: 0 })
    }
    return all
  }
}

function addTo(totals: Map<string, ServiceTotals>, service: string, more: ServiceTotals): void {
  const before = totals.get(service) ?? NOTHING
  totals.set(service, {
    calls: before.calls + more.calls,
    timeouts: before.timeouts + more.timeouts,
    dropped: before.dropped + more.dropped,
    started: before.started + more.started,
    failed: before.failed + more.failed,
  })
}
