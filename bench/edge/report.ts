/** The benchmark's result, for people. */

import type { Algorithm } from '../options.ts'
import type { Output, Table } from '../output.ts'
import type { Figures, Spread } from './rounds.ts'
import { type Load, nameOfLoad, ROWS } from './rows.ts'
import type { Settings } from './settings.ts'
import type { Verdict } from './targets.ts'

/** What `--json` prints. */
export interface EdgeOutput extends Output {
  readonly settings: Settings
  readonly results: readonly {
    readonly algorithm: Algorithm
    readonly figures: readonly Figures[]
    readonly verdicts: readonly Verdict[]
  }[]
}

type Column = readonly [title: string, width: number, show: (figures: Figures) => string]

const whole = (value: number): string => value.toFixed(0)
const milliseconds = (microseconds: number): string => (microseconds / 1000).toFixed(2)
const range = ({ median, min, max }: Spread, show: (value: number) => string): string =>
  `${show(median)} [${show(min)}-${show(max)}]`

const NAME: Column = ['', 11, ({ row }) => row]
const COSTS: readonly Column[] = [
  ['Envoy us', 15, ({ of }) => range(of.envoyCpuUs, whole)],
  ['service us', 15, ({ of }) => range(of.serviceCpuUs, whole)],
  ['store us', 9, ({ of }) => of.storeCpuUs.median.toFixed(1)],
  ['others', 7, ({ of }) => of.others.max.toFixed(2)],
]
const COLUMNS: Readonly<Record<Load['kind'], readonly Column[]>> = {
  closed: [
    NAME,
    ['req/s', 23, ({ of }) => range(of.perSecond, whole)],
    ['p50 ms', 8, ({ of }) => milliseconds(of.p50Us.median)],
    ['p99 ms', 21, ({ of }) => range(of.p99Us, milliseconds)],
    ...COSTS,
    ['Envoy MB', 9, ({ of }) => whole(of.envoyMb.max)],
    ['service MB', 11, ({ of }) => whole(of.serviceMb.max)],
    ['growth', 7, ({ of }) => of.serviceGrowthMb.max.toFixed(1)],
  ],
  open: [
    NAME,
    ['held', 8, ({ of }) => whole(of.perSecond.median)],
    ['p50 ms', 8, ({ of }) => milliseconds(of.p50Us.median)],
    ['p99 ms', 23, ({ of }) => range(of.p99Us, milliseconds)],
    ['p99.9 ms', 23, ({ of }) => range(of.p999Us, milliseconds)],
    ...COSTS,
  ],
}

export function formatLegend(): readonly string[] {
  return ROWS.map(({ name, title }) => `  ${name.padEnd(NAME[1])} ${title}`)
}

/** One table for each load, its last column without a title. */
export function tablesOf(figures: readonly Figures[]): readonly Table[] {
  return byLoad(figures).map(({ load, title, rows }) => ({
    title,
    head: [...COLUMNS[load.kind].map(([name]) => name), ''],
    rows: rows.map((row) => [
      ...COLUMNS[load.kind].map(([, , show]) => show(row)),
      marksOf(row).join(', '),
    ]),
  }))
}

export function formatTables(figures: readonly Figures[]): readonly string[] {
  return byLoad(figures).flatMap(({ load, title, rows }) => {
    const columns = COLUMNS[load.kind]
    const marks = (row: Figures): string =>
      marksOf(row)
        .map((mark) => `  ${mark}`)
        .join('')
    return [
      '',
      title,
      formatCells(columns, ([name]) => name),
      ...rows.map((row) => formatCells(columns, ([, , show]) => show(row)) + marks(row)),
    ]
  })
}

function byLoad(figures: readonly Figures[]) {
  const loads = new Map(figures.map(({ load }) => [nameOfLoad(load), load]))
  return [...loads].map(([name, load]) => ({
    load,
    title: `${load.kind === 'closed' ? 'closed loop' : 'open loop'}, ${name}`,
    rows: figures.filter((one) => nameOfLoad(one.load) === name),
  }))
}

function formatCells(columns: readonly Column[], show: (column: Column) => string): string {
  return columns
    .map((column, index) =>
      index === 0 ? `  ${show(column).padEnd(column[1])}` : ` ${show(column).padStart(column[1])}`,
    )
    .join('')
}

/** Below this share of the rate the edge has not kept up: its latencies are those of a queue that grows. */
const HELD_MIN = 0.98

function marksOf(figures: Figures): readonly string[] {
  const { errors, sample, rounds, noisyRounds } = figures
  return [
    isHeld(figures) ? '' : 'not held',
    noisyRounds === 0 ? '' : `noisy ${noisyRounds}/${rounds}`,
    errors === 0 ? '' : `BAD: ${errors} errors, ${sample}`,
  ].filter((mark) => mark !== '')
}

export function isHeld({ load, of }: Figures): boolean {
  return load.kind === 'closed' || of.perSecond.median >= HELD_MIN * load.rate
}

export function formatVerdicts(verdicts: readonly Verdict[]): readonly string[] {
  return verdicts.map(({ title, wanted, value, unit, isMet, byCpu }) => {
    const shown = `${value.toFixed(2)}${unit}`
    const cpu = byCpu === undefined ? '' : `, by CPU ${byCpu.toFixed(2)}`
    return `  ${title.padEnd(47)}${shown.padStart(10)}   ${wanted}: ${isMet ? 'met' : 'MISSED'}${cpu}`
  })
}
