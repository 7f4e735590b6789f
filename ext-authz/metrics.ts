/** What is counted of the decisions, for Prometheus. Figures of the replica are read when somebody asks. */

import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Replica } from '../lib/store/replica.ts'
import type { DenyReason } from './decision.ts'
import type { VerifiedTokens } from './verified-tokens.ts'

export interface Metrics {
  count(outcome: 'allowed' | DenyReason, tookMs: number): void
  /** In Prometheus' text format. */
  render(): Promise<string>
}

export interface MetricsSources {
  readonly replica: Pick<Replica, 'staleness' | 'figures'>
  readonly verifiedTokens: Pick<VerifiedTokens, 'size'>
}

/** Seconds: from a hit in memory to the bound of Envoy's patience. */
const BUCKETS = [0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.001, 0.005, 0.025, 0.1, 0.5]

export function createMetrics({ replica, verifiedTokens }: MetricsSources): Metrics {
  const registry = new Registry()
  const registers = [registry]
  // Counted by hand: the library takes longer for a labelled count than a decision does.
  const counts = new Map<string, number>()
  const latency = new Histogram({
    name: 'ext_authz_decision_seconds',
    help: 'Time from reading the question to having the answer.',
    buckets: BUCKETS,
    registers,
  })
  new Counter({
    name: 'ext_authz_decisions_total',
    help: 'Decisions by reason; allowed is one of them.',
    labelNames: ['reason'],
    registers,
    collect() {
      this.reset()
      for (const [reason, count] of counts) this.inc({ reason }, count)
    },
  })
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read())
      },
    })
  }
  gauge(
    'ext_authz_revocations_staleness_seconds',
    'Age of the newest proof that memory lacks no revocation.',
    () => replica.staleness() / 1000,
  )
  gauge('ext_authz_revocations', 'Revocations in memory.', () => replica.figures().revocations)
  gauge(
    'ext_authz_replica_loads',
    'How often everything was loaded.',
    () => replica.figures().loads,
  )
  gauge('ext_authz_verified_tokens', 'Tokens in memory.', () => verifiedTokens.size)
  gauge('process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss())
  gauge('process_cpu_seconds', 'CPU time used, user and system.', cpuSeconds)
  return {
    count(outcome, tookMs) {
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
      latency.observe(tookMs / 1000)
    },
    render: () => registry.metrics(),
  }
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000_000
}
