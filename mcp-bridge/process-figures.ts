/** What is told of the services' processes, for Prometheus: by service, never by person. */

import type { Figures, Series } from '../lib/platform/figures.ts'
import { listProcesses, type ProcessEntry } from './process-list.ts'
import type { Runner } from './runner/runner.ts'
import type { ServiceTotals } from './runner/totals.ts'
import type { Session, Sessions } from './sessions.ts'

export type RunnerSources = Pick<Runner, 'running' | 'totals' | 'queue' | 'reachability'>

const BY_SERVICE = ['service'] as const

const TOTALS: Readonly<Record<keyof ServiceTotals, readonly [name: string, help: string]>> = {
  calls: ['requests_to_servers_total', 'Requests that were passed to servers.'],
  timeouts: ['request_timeouts_total', 'Requests to servers that were given up.'],
  dropped: ['dropped_messages_total', 'What servers said that was meant for nobody.'],
  started: ['process_starts_total', 'Processes of services that were started.'],
  failed: ['process_failures_total', 'Processes of services that ended without being asked to.'],
}

export function tellRunner(figures: Figures, sources: RunnerSources): void {
  for (const [key, [name, help]] of Object.entries(TOTALS)) {
    figures.totals(name, help, BY_SERVICE, () =>
      Iterator.from(sources.totals).map(([service, totals]) => [
        [service],
        totals[key as keyof ServiceTotals],
      ]),
    )
  }
  tellProcesses(figures, sources)
  figures.gauges(
    'remote_reachable',
    'Whether the server of a remote service was reached when it was last tried.',
    BY_SERVICE,
    () =>
      Iterator.from(sources.reachability).map(([service, isReachable]) => [
        [service],
        Number(isReachable),
      ]),
  )
  figures.gauge('place_waiting', 'Requests that wait for a place for a process.', () => {
    return sources.queue.waiting
  })
  figures.total('place_waits_total', 'How often a request had to wait for such a place.', () => {
    return sources.queue.waits
  })
}

export function tellSessions(
  figures: Figures,
  sessions: Pick<Sessions<Session>, 'countByService'>,
) {
  figures.gauges('sessions', 'Sessions of clients that are open.', BY_SERVICE, () =>
    Iterator.from(sessions.countByService()).map(([service, count]) => [[service], count]),
  )
}

function tellProcesses(figures: Figures, sources: RunnerSources): void {
  const read = shared(() => listProcesses(sources))
  figures.gauges(
    'service_processes',
    'Processes of services; spare ones are nobody’s yet.',
    ['service', 'state'],
    async () => sums(await read(), ({ service, state }) => [[service, state], 1]),
  )
  figures.gauges('process_sessions', 'Sessions that use them.', BY_SERVICE, async () =>
    sums(await read(), ({ service, sessions }) => [[service], sessions]),
  )
  figures.gauges(
    'service_memory_bytes',
    'Resident memory of them and of what they have started.',
    BY_SERVICE,
    async () => sums(await read(), ({ service, memory_bytes }) => [[service], memory_bytes ?? 0]),
  )
}

function sums(
  entries: readonly ProcessEntry[],
  toPart: (entry: ProcessEntry) => readonly [labels: readonly string[], value: number],
): Series {
  const found = new Map<string, [readonly string[], number]>()
  for (const [labels, value] of entries.map(toPart)) {
    const key = labels.join('\0')
    found.set(key, [labels, (found.get(key)?.[1] ?? 0) + value])
  }
  return found.values()
}

/** Several figures of one look. */
function shared<Value>(look: () => Promise<Value>): () => Promise<Value> {
  let looking: Promise<Value> | undefined
  return () => {
    looking ??= look().finally(() => {
      looking = undefined
    })
    return looking
  }
}
