/** The edge beside Envoy's own check of tokens and the service one would write. */

import { type EdgeOutput, isHeld, tablesOf } from '../../../bench/edge/report.ts'
import { type Figures, OTHERS_MAX } from '../../../bench/edge/rounds.ts'
import { type Load, nameOfLoad, ROWS, type RowName } from '../../../bench/edge/rows.ts'
import { judge } from '../../../bench/edge/targets.ts'
import {
  type Comparison,
  describeNoise,
  type Other,
  type Quantity,
  type Section,
  type Value,
} from './section.ts'

type Result = EdgeOutput['results'][number]

export function edgeSection({ results, settings }: EdgeOutput): Section {
  const figures = results.flatMap((result) => result.figures)
  return {
    title: 'Edge',
    peers: ROWS.map(({ name, title }) => `\`${name}\`: ${title}`),
    goals: results.flatMap(({ algorithm, figures: all }) =>
      judge(all).map(({ title, wanted, value, unit, isMet }) => ({
        title: `${title}, ${algorithm}`,
        wanted,
        reached: `${value.toFixed(2)}${unit}`,
        isMet,
      })),
    ),
    comparisons: results.flatMap(toComparisons),
    tables: results.flatMap(({ algorithm, figures: all }) =>
      tablesOf(all).map((table) => ({ ...table, title: `${algorithm}, ${table.title}` })),
    ),
    noise: describeNoise(
      figures.map((one) => ({ others: one.of.others.max, isNoisy: one.noisyRounds > 0 })),
      { limit: OTHERS_MAX, unit: 'cores', format: (others) => others.toFixed(2) },
    ),
    faults: [...results.flatMap(toFaults), ...missingOf(settings.rows, figures)],
  }
}

type Name = keyof Figures['of']

type Row = Quantity<(name: Name) => number>

const WORK: readonly Row[] = [
  {
    title: 'CPU of Envoy, service and store, µs',
    better: 'less',
    digits: 0,
    pick: (of) => of('envoyCpuUs') + of('serviceCpuUs') + of('storeCpuUs'),
  },
]
const QUANTITIES: Readonly<Record<Load['kind'], readonly Row[]>> = {
  closed: [
    { title: 'requests per second', better: 'more', digits: 0, pick: (of) => of('perSecond') },
    { title: 'p99, ms', better: 'less', digits: 2, pick: (of) => of('p99Us') / 1000 },
    ...WORK,
  ],
  open: [
    { title: 'p50, ms', better: 'less', digits: 2, pick: (of) => of('p50Us') / 1000 },
    { title: 'p99, ms', better: 'less', digits: 2, pick: (of) => of('p99Us') / 1000 },
    { title: 'p99.9, ms', better: 'less', digits: 2, pick: (of) => of('p999Us') / 1000 },
    ...WORK,
  ],
}

/** What lets tokens in, of ours and of the others. */
const OURS: readonly RowName[] = ['warm', 'new']
const YARDSTICK: RowName = 'floor'
const OTHERS: readonly RowName[] = [YARDSTICK, 'jwt', 'jwt-cached', 'textbook']

function toComparisons({ algorithm, figures }: Result): Comparison[] {
  const loads = new Map(figures.map(({ load }) => [nameOfLoad(load), load]))
  return [...loads].flatMap(([name, load]) => {
    const find = (row: RowName): Figures | undefined =>
      figures.find((one) => one.row === row && nameOfLoad(one.load) === name)
    return OURS.flatMap((row) => {
      const ours = find(row)
      if (ours === undefined) return []
      return QUANTITIES[load.kind].map(({ title, better, digits, pick }) => ({
        what: `${row}, ${algorithm}, ${name}: ${title}`,
        better,
        digits,
        ours: toValue(ours, pick),
        others: OTHERS.flatMap((other): Other[] => {
          const theirs = find(other)
          if (theirs === undefined) return []
          return [{ name: other, isYardstick: other === YARDSTICK, ...toValue(theirs, pick) }]
        }),
      }))
    })
  })
}

/** A latency of what does not keep up is that of its queue: it counts as none. */
function toValue(figures: Figures, pick: Row['pick']): Value {
  const value = isHeld(figures) ? pick((name) => figures.of[name].median) : Number.NaN
  return { value, isNoisy: figures.noisyRounds > 0 }
}

function toFaults({ algorithm, figures }: Result): string[] {
  return figures
    .filter((one) => one.errors > 0)
    .map(({ row, load, errors, sample }) => {
      return `${row}, ${algorithm}, ${nameOfLoad(load)}: ${errors} wrong answers: ${sample}`
    })
}

function missingOf(wanted: readonly string[], figures: readonly Figures[]): string[] {
  return wanted
    .filter((name) => !figures.some(({ row }) => row === name))
    .map((name) => `${name}: not measured`)
}
