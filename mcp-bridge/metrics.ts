/** What is told of the services' processes, for Prometheus: by service, never by person. */

import { Counter, Gauge, Registry } from 'prom-client'
import { listProcesses, type ProcessEntry } from './process-list.ts'
import type { Runner } from './runner/runner.ts'
import type { ServiceTotals } from './runner/totals.ts'

export interface Metrics {
  /** In Prometheus' text format. */
  render(): Promise<string>
}

export type MetricsSources = Pick<Runner, 'running' | 'totals' | 'queue' | 'reachability'>

const PREFIX = 'mcp_bridge_'

const TOTALS: Readonly<Record<keyof ServiceTotals, readonly [name: string, help: string]>> = {
  calls: ['calls_total', 'Requests that were passed to servers.'],
  timeouts: ['call_timeouts_total', 'Calls that were given up.'],
  dropped: ['dropped_messages_total', 'What servers said that was meant for nobody.'],
  started: ['process_starts_total', 'Processes that were started.'],
  failed: ['process_failures_total', 'Processes that ended without being asked to.'],
}

export function createMetrics(sources: MetricsSources): Metrics {
  const registry = new Registry()
  countTotals(registry, sources)
  const tellProcesses = createProcessGauges(registry)
  tellReachability(registry, sources)
  gauge(registry, 'place_waiting', 'Requests that wait for a place for a process.', () => {
    return sources.queue.waiting
  })
  new Counter({
    name: `${PREFIX}place_waits_total`,
    help: 'How often a request had to wait for a place for a process.',
    registers: [registry],
    collect() {
      this.reset()
      this.inc(sources.queue.waits)
    },
  })
  gauge(registry, 'resident_memory_bytes', 'Resident memory of the bridge itself.', () => {
    return process.memoryUsage.rss()
  })
  gauge(registry, 'cpu_seconds', 'CPU time the bridge itself used, user and system.', () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1_000_000
  })
  return {
    async render() {
      tellProcesses(await listProcesses(sources))
      return await registry.metrics()
    },
  }
}

function countTotals(registry: Registry, sources: MetricsSources): void {
  for (const [key, [name, help]] of Object.entries(TOTALS)) {
    new Counter({
      name: PREFIX + name,
      help,
      labelNames: ['service'],
      registers: [registry],
      collect() {
        this.reset()
        for (const [service, totals] of sources.totals) {
          this.inc({ service }, totals[key as keyof ServiceTotals])
        }
      },
    })
  }
}

function tellReachability(registry: Registry, sources: MetricsSources): void {
  new Gauge({
    name: `${PREFIX}remote_reachable`,
    help: 'Whether the server of a remote service was reached when it was last tried.',
    labelNames: ['service'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [service, isReachable] of sources.reachability) {
        this.set({ service }, isReachable ? 1 : 0)
      }
    },
  })
}

function gauge(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    name: PREFIX + name,
    help,
    registers: [registry],
    collect() {
      this.set(read())
    },
  })
}

function createProcessGauges(registry: Registry): (entries: readonly ProcessEntry[]) => void {
  const registers = [registry]
  const processes = new Gauge({
    name: `${PREFIX}processes`,
    help: 'Processes of servers.',
    labelNames: ['service', 'state'],
    registers,
  })
  const labelNames = ['service'] as const
  const sessions = new Gauge({
    name: `${PREFIX}sessions`,
    help: 'Sessions that use them.',
    labelNames,
    registers,
  })
  const memory = new Gauge({
    name: `${PREFIX}memory_bytes`,
    help: 'Resident memory of them and of what they have started.',
    labelNames,
    registers,
  })
  return (entries) => {
    for (const one of [processes, sessions, memory]) one.reset()
    for (const { service, state, ...entry } of entries) {
      processes.inc({ service, state })
      sessions.inc({ service }, entry.sessions)
      memory.inc({ service }, entry.memory_bytes ?? 0)
    }
  }
}
