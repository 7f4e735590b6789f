/** The bridge beside what people use to put a stdio server behind HTTP. */

import type { Part } from '../../../bench/bridge/cells.ts'
import { judge } from '../../../bench/bridge/goals.ts'
import { type BridgeOutput, isNoisy, tablesOf } from '../../../bench/bridge/report.ts'
import { type Figures, OTHERS_MAX } from '../../../bench/bridge/rounds.ts'
import { type Comparison, describeNoise, type Other, type Section } from './section.ts'

const YARDSTICKS: readonly string[] = ['pipe', 'pipe-tcp']
const PEERS: readonly string[] = ['seed', 'supergateway', 'mcp-proxy']
/** Beside those that start a server for each session: the same work. */
const OURS: readonly string[] = ['ours', 'ours, session']

export function bridgeSection({ figures, settings, versions }: BridgeOutput): Section {
  const timed = figures.filter(({ of }) => of['others'] !== undefined)
  return {
    title: 'Bridge',
    peers: [
      '`pipe`, `pipe-tcp`: a bare pipe of 70 lines without a check, on a unix socket and on loopback',
      ...PEERS.filter((name) => name in versions).map((name) => `\`${name}\`: ${versions[name]}`),
    ],
    goals: judge(figures).flatMap(({ title, wanted, value, unit, isMet }) =>
      wanted === undefined ? [] : [{ title, wanted, reached: `${value.toFixed(2)}${unit}`, isMet }],
    ),
    comparisons: toComparisons(figures),
    tables: tablesOf(figures),
    noise: describeNoise(
      timed.map((one) => ({ others: one.of['others']?.max ?? 0, isNoisy: isNoisy(one) })),
      { limit: OTHERS_MAX, unit: 'cores', format: (others) => others.toFixed(2) },
    ),
    faults: settings.contenders
      .filter((name) => !figures.some(({ contender }) => contender.split(',')[0] === name))
      .map((name) => `${name}: not measured, as it could not be installed`),
  }
}

type Quantity = Pick<Comparison, 'better' | 'digits'> & {
  readonly title: string
  readonly name: string
}

const QUANTITIES: Readonly<Record<Part, readonly Quantity[]>> = {
  calls: [
    { title: 'calls per second', name: 'perSecond', better: 'more', digits: 0 },
    { title: 'p50 of a call, ms', name: 'p50Ms', better: 'less', digits: 2 },
    { title: 'p99 of a call, ms', name: 'p99Ms', better: 'less', digits: 2 },
    { title: 'CPU of the bridge for a call, µs', name: 'bridgeCpuUs', better: 'less', digits: 0 },
  ],
  opening: [
    { title: 'p50 of a new session, ms', name: 'p50Ms', better: 'less', digits: 1 },
    { title: 'p99 of a new session, ms', name: 'p99Ms', better: 'less', digits: 1 },
    { title: 'new sessions per second', name: 'perSecond', better: 'more', digits: 0 },
    {
      title: 'CPU of the bridge for a new session, µs',
      name: 'bridgeCpuUs',
      better: 'less',
      digits: 0,
    },
  ],
  memory: [
    { title: 'memory of the bridge, MB', name: 'bridgeMb', better: 'less', digits: 0 },
    { title: 'memory of the servers, MB', name: 'serversMb', better: 'less', digits: 1 },
    { title: 'processes', name: 'processes', better: 'less', digits: 0 },
  ],
  endings: [{ title: 'processes left', name: 'left', better: 'less', digits: 0 }],
}

const VARIANTS: Readonly<Record<Part, string>> = {
  calls: 'sessions',
  opening: '',
  memory: 'open sessions',
  endings: '',
}

function toComparisons(figures: readonly Figures[]): Comparison[] {
  return figures
    .filter(({ contender }) => OURS.includes(contender))
    .flatMap((ours) => {
      const others = figures.filter(
        (one) =>
          one.part === ours.part &&
          one.server === ours.server &&
          one.variant === ours.variant &&
          (YARDSTICKS.includes(one.contender) || PEERS.includes(one.contender)),
      )
      return others.length === 0 ? [] : compare(ours, others)
    })
}

function compare(ours: Figures, others: readonly Figures[]): Comparison[] {
  const place = `${ours.server}, ${ours.variant} ${VARIANTS[ours.part]}`.trim()
  return QUANTITIES[ours.part].flatMap(({ title, name, better, digits }) => {
    const mine = ours.of[name]
    if (mine === undefined) return []
    const beside = others.flatMap(({ contender, of }): Other[] => {
      const theirs = of[name]
      if (theirs === undefined) return []
      const isYardstick = YARDSTICKS.includes(contender)
      const isOneNoisy = isNoisy({ ...ours, of })
      return [{ name: contender, value: theirs.median, isNoisy: isOneNoisy, isYardstick }]
    })
    return [
      {
        what: `${place}: ${title}`,
        better,
        digits,
        ours: { value: mine.median, isNoisy: isNoisy(ours) },
        others: beside,
      },
    ]
  })
}
