/** What the bridge wants to reach, for the most part as ratios of the same run, so that it holds on any machine. */

import type { Part, ServerName } from './cells.ts'
import type { Figures } from './rounds.ts'

export interface Verdict {
  readonly title: string
  readonly value: number
  readonly unit: string
  /** Undefined for what is only told. */
  readonly wanted: string | undefined
  readonly isMet: boolean
}

interface Goal {
  readonly title: string
  readonly unit?: string
  readonly bound?: 'at least' | 'at most'
  readonly limit?: number
  /** Undefined while a row that it needs was not measured. */
  readonly value: (find: Find) => number | undefined
}

interface Place {
  readonly part: Part
  readonly server?: ServerName
  readonly contender: string
  readonly variant: string
}

/** The median of a quantity. */
type Find = (place: Place, quantity: string) => number | undefined

const PEERS = ['seed', 'supergateway', 'mcp-proxy'] as const
const CPU_LESS = { seed: 3, supergateway: 2.5, 'mcp-proxy': 6 }
const RATE_MORE = { seed: 3, supergateway: 2, 'mcp-proxy': 6 }

const callsOf = (contender: string, variant: string, server: ServerName = 'tiny'): Place => ({
  part: 'calls',
  server,
  contender,
  variant,
})

const divide = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined || other === undefined ? undefined : one / other

/** Of the peers that were measured. */
function bestOfPeers(find: Find, variant: string, quantity: string): number | undefined {
  const found = PEERS.flatMap((peer) => find(callsOf(peer, variant), quantity) ?? [])
  return found.length === 0 ? undefined : Math.min(...found)
}

const GOALS: readonly Goal[] = [
  ...PEERS.map(
    (peer): Goal => ({
      title: `${peer} / ours, CPU of the bridge for a call, 16 sessions`,
      bound: 'at least',
      limit: CPU_LESS[peer],
      value: (find) =>
        divide(
          find(callsOf(peer, '16'), 'bridgeCpuUs'),
          find(callsOf('ours', '16'), 'bridgeCpuUs'),
        ),
    }),
  ),
  ...['16', '64'].flatMap((variant) =>
    PEERS.map(
      (peer): Goal => ({
        title: `ours / ${peer}, calls a second, ${variant} sessions`,
        bound: 'at least',
        limit: RATE_MORE[peer],
        value: (find) =>
          divide(
            find(callsOf('ours', variant), 'perSecond'),
            find(callsOf(peer, variant), 'perSecond'),
          ),
      }),
    ),
  ),
  {
    title: 'ours / the best of them, p50, 1 session',
    bound: 'at most',
    limit: 0.5,
    value: (find) => divide(find(callsOf('ours', '1'), 'p50Ms'), bestOfPeers(find, '1', 'p50Ms')),
  },
  {
    title: 'ours / the best of them, p99, 64 sessions',
    bound: 'at most',
    limit: 1 / 3,
    value: (find) => divide(find(callsOf('ours', '64'), 'p99Ms'), bestOfPeers(find, '64', 'p99Ms')),
  },
  {
    title: 'ours, a new session with a spare, server in Node',
    unit: ' ms',
    bound: 'at most',
    limit: 3.5,
    value: (find) => find(openingWithSpare('everything'), 'p50Ms'),
  },
  {
    title: 'ours, a new session with a spare, server in Python',
    unit: ' ms',
    bound: 'at most',
    limit: 30,
    value: (find) => find(openingWithSpare('time'), 'p50Ms'),
  },
  {
    title: 'ours, memory of the bridge with 100 sessions',
    unit: ' MB',
    bound: 'at most',
    limit: 90,
    value: (find) =>
      find({ part: 'memory', contender: 'ours, session', variant: '100' }, 'bridgeMb'),
  },
  ...['DELETE', 'SIGTERM', 'SIGKILL'].flatMap((way) =>
    ['', ', stubborn'].map(
      (manner): Goal => ({
        title: `ours, processes left after ${way}${manner}`,
        bound: 'at most',
        limit: 0,
        value: (find) =>
          find({ part: 'endings', contender: 'ours', variant: way + manner }, 'left'),
      }),
    ),
  ),
  ...(['tiny', 'everything'] as const).map(
    (server): Goal => ({
      title: `ours / a bare pipe, CPU of the bridge for a call, ${server}, 16 sessions`,
      value: (find) =>
        divide(
          find(callsOf('ours', '16', server), 'bridgeCpuUs'),
          find(callsOf('pipe', '16', server), 'bridgeCpuUs'),
        ),
    }),
  ),
]

function openingWithSpare(server: ServerName): Place {
  return { part: 'opening', server, contender: 'ours', variant: 'with a spare' }
}

/** Those whose rows were measured. */
export function judge(figures: readonly Figures[]): readonly Verdict[] {
  const find: Find = ({ part, server = 'tiny', contender, variant }, quantity) =>
    figures.find(
      (one) =>
        one.part === part &&
        one.server === server &&
        one.contender === contender &&
        one.variant === variant,
    )?.of[quantity]?.median
  return GOALS.flatMap(({ title, unit = '', bound, limit, value: toValue }): Verdict[] => {
    const value = toValue(find)
    if (value === undefined) return []
    if (bound === undefined || limit === undefined) {
      return [{ title, value, unit, wanted: undefined, isMet: true }]
    }
    const isMet = bound === 'at least' ? value >= limit : value <= limit
    return [{ title, value, unit, wanted: `${bound} ${Number(limit.toFixed(2))}${unit}`, isMet }]
  })
}
