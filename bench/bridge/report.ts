/** The benchmark's result, for people. */

import type { Spread } from '../edge/rounds.ts'
import type { Output, Table } from '../output.ts'
import type { Part } from './cells.ts'
import type { Verdict } from './goals.ts'
import { type Figures, OTHERS_MAX } from './rounds.ts'
import type { Settings } from './settings.ts'

/** What `--json` prints. */
export interface BridgeOutput extends Output {
  readonly settings: Settings
  readonly figures: readonly Figures[]
  readonly verdicts: readonly Verdict[]
}

type Column = readonly [title: string, width: number, quantity: string, digits: number]

const TITLES: Readonly<Record<Part, string>> = {
  calls: 'calls, by sessions that call at once',
  opening: 'new sessions',
  memory: 'memory, by open sessions',
  endings: 'processes left, of five sessions',
}

const COLUMNS: Readonly<Record<Part, readonly Column[]>> = {
  calls: [
    ['calls/s', 21, 'perSecond', 0],
    ['p50 ms', 8, 'p50Ms', 2],
    ['p99 ms', 22, 'p99Ms', 2],
    ['bridge us', 17, 'bridgeCpuUs', 0],
    ['server us', 9, 'serverCpuUs', 0],
    ['bridge MB', 9, 'residentMb', 0],
    ['others', 6, 'others', 2],
  ],
  opening: [
    ['p50 ms', 24, 'p50Ms', 1],
    ['p99 ms', 24, 'p99Ms', 1],
    ['sessions/s', 18, 'perSecond', 0],
    ['bridge us', 9, 'bridgeCpuUs', 0],
  ],
  memory: [
    ['bridge MB', 16, 'bridgeMb', 0],
    ['servers MB', 12, 'serversMb', 1],
    ['processes', 12, 'processes', 0],
  ],
  endings: [['left', 6, 'left', 0]],
}

const NAME_WIDTH = 15
const VARIANT_WIDTH = 18

export function isNoisy({ of }: Figures): boolean {
  return (of['others']?.max ?? 0) > OTHERS_MAX
}

/** A table for each part and server, its last column without a title. */
export function tablesOf(figures: readonly Figures[]): readonly Table[] {
  const groups = Map.groupBy(figures, titleOf)
  return [...groups].map(([title, rows]) => {
    const columns = COLUMNS[rows[0]?.part ?? 'calls']
    return {
      title,
      head: ['', 'of', ...columns.map(([name]) => name), ''],
      rows: inOrder(rows).map((row) => [
        row.contender,
        row.variant,
        ...columns.map(([, width, quantity, digits]) =>
          formatSpread(row.of[quantity], width, digits),
        ),
        isNoisy(row) ? 'noisy' : '',
      ]),
    }
  })
}

function titleOf({ part, server }: Figures): string {
  return `${TITLES[part]}; server: ${server}`
}

/** A table for each part and server. */
export function formatTables(figures: readonly Figures[]): readonly string[] {
  const groups = Map.groupBy(figures, titleOf)
  return [...groups].flatMap(([title, rows]) => {
    const columns = COLUMNS[rows[0]?.part ?? 'calls']
    const head = columns.map(([name, width]) => name.padStart(width)).join(' ')
    return [
      '',
      title,
      `  ${' '.repeat(NAME_WIDTH + VARIANT_WIDTH)} ${head}`,
      ...inOrder(rows).map((row) => formatRow(row, columns)),
    ]
  })
}

/** What is to be compared stands together. */
function inOrder(rows: readonly Figures[]): readonly Figures[] {
  return [...Map.groupBy(rows, ({ variant }) => variant).values()].flat()
}

function formatRow({ contender, variant, of }: Figures, columns: readonly Column[]): string {
  const cells = columns.map(([, width, quantity, digits]) =>
    formatSpread(of[quantity], width, digits).padStart(width),
  )
  return `  ${contender.padEnd(NAME_WIDTH)}${variant.padEnd(VARIANT_WIDTH)} ${cells.join(' ')}`
}

/** With the smallest and the largest where there is room. */
function formatSpread(spread: Spread | undefined, width: number, digits: number): string {
  if (spread === undefined) return '-'
  const [median, min, max] = [spread.median, spread.min, spread.max].map((one) =>
    one.toFixed(digits),
  )
  const whole = `${median} [${min}-${max}]`
  return whole.length <= width ? whole : (median ?? '')
}

const TITLE_WIDTH = 71

export function formatVerdicts(verdicts: readonly Verdict[]): readonly string[] {
  return verdicts.map(({ title, value, unit, wanted, isMet }) => {
    const told = wanted === undefined ? '' : `   ${wanted}: ${isMet ? 'met' : 'MISSED'}`
    return `  ${title.padEnd(TITLE_WIDTH)}${(value.toFixed(2) + unit).padStart(10)}${told}`
  })
}
