/** What is counted of the decisions, for Prometheus. Figures of the replica are read when somebody asks. */

import { createFigures } from '../lib/platform/figures.ts'
import { tellStore } from '../lib/store/redis.ts'
import { type Replica, tellReplica } from '../lib/store/replica.ts'
import type { DenyReason } from './decision.ts'
import type { OpenPorts } from './ports.ts'
import type { VerifiedTokens } from './verified-tokens.ts'

export interface Metrics {
  count(outcome: 'allowed' | DenyReason, tookMs: number): void
  /** In Prometheus' text format. */
  render(): Promise<string>
}

export interface MetricsSources extends Pick<OpenPorts, 'connections' | 'unanswered'> {
  readonly replica: Pick<Replica, 'staleness' | 'figures'>
  readonly verifiedTokens: Pick<VerifiedTokens, 'size'>
}

/** Seconds: from a hit in memory to the bound of Envoy's patience. */
const BUCKETS = [0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.001, 0.005, 0.025, 0.1, 0.5]

export function createMetrics(sources: MetricsSources): Metrics {
  const { replica, verifiedTokens, connections, unanswered } = sources
  const figures = createFigures()
  const decisions = figures.tally(
    'decisions_total',
    'Decisions of the edge by reason; allowed is one of them.',
    ['reason'],
  )
  const latency = figures.timing(
    'decision_duration_seconds',
    'Time from reading the question to having the answer.',
    BUCKETS,
  )
  tellReplica(figures, replica)
  tellStore(figures, connections, unanswered)
  figures.gauge('verified_tokens', 'Tokens whose signature is remembered.', () => {
    return verifiedTokens.size
  })
  return {
    count(outcome, tookMs) {
      decisions.add([outcome])
      latency.observe(tookMs / 1000)
    },
    render: () => figures.render(),
  }
}
