/** The benchmark's result, for people. */

import type { Algorithm } from '../options.ts'
import type { Output, Table } from '../output.ts'
import type { Operation } from './operations.ts'
import { type Figures, OTHERS_MAX, type Pair } from './rounds.ts'
import type { Settings } from './settings.ts'
import type { Floor } from './signing-floor.ts'

export interface Row extends Pair {
  readonly algorithm: Algorithm
  readonly operation: Operation
}

/** What `--json` prints. */
export interface AuthorizationServerOutput extends Output {
  readonly settings: Settings
  readonly floors: readonly Floor[]
  readonly results: readonly OperationResult[]
}

export interface OperationResult extends Pair {
  readonly operation: string
  readonly note: string | undefined
  readonly algorithm: Algorithm
  readonly verdict: Verdict | undefined
}

export interface Verdict {
  /** Requests per second, ours to theirs. */
  readonly ratio: number
  readonly target: number | undefined
  readonly isMet: boolean
  readonly isTailMet: boolean
}

/** Undefined while one of them is missing. */
export function judge({ operation, algorithm, ours, theirs }: Row): Verdict | undefined {
  if (ours === undefined || theirs === undefined) return undefined
  const ratio = ours.perSecond / theirs.perSecond
  const target = operation.target(algorithm)
  // What was answered wrongly was not measured.
  const isSound = ours.errors === 0 && theirs.errors === 0
  return {
    ratio,
    target,
    isMet: isSound && (target === undefined || ratio >= target),
    isTailMet: isSound && ours.p99Ms <= theirs.p99Ms,
  }
}

const COLUMNS = [
  ['', 12],
  ['req/s', 8],
  ['p50 ms', 8],
  ['p99 ms', 8],
  ['CPU us/req', 12],
  ['store us/req', 14],
  ['others', 8],
  ['errors', 8],
] as const

export function formatRow(row: Row): readonly string[] {
  const { operation, algorithm, ours, theirs } = row
  const note = operation.note === undefined ? '' : `  (${operation.note})`
  return [
    '',
    `${operation.name}${operation.signs ? `, ${algorithm}` : ''}${note}`,
    formatCells(COLUMNS.map(([title]) => title)),
    formatFigures('  ours', ours),
    formatFigures(operation.theirs === undefined ? '  theirs' : `  (${operation.theirs})`, theirs),
    formatVerdict(row),
  ]
}

function formatCells(cells: readonly string[]): string {
  return cells
    .map((cell, index) => {
      const width = COLUMNS[index]?.[1] ?? 0
      return index === 0 ? cell.padEnd(width) : cell.padStart(width)
    })
    .join('')
}

function formatFigures(name: string, figures: Figures | undefined): string {
  if (figures === undefined) return `${name.padEnd(COLUMNS[0][1])}   not offered, not measured`
  const cells = formatCells([name, ...cellsOf(figures)])
  return figures.errors === 0 ? cells : `${cells}  BAD: ${figures.sample}`
}

function cellsOf(figures: Figures): readonly string[] {
  return [
    figures.perSecond.toFixed(0),
    figures.p50Ms.toFixed(2),
    figures.p99Ms.toFixed(2),
    figures.serverCpuUs.toFixed(0),
    figures.valkeyCpuUs.toFixed(0),
    `${(figures.disturbance * 100).toFixed(0)} %`,
    String(figures.errors),
  ]
}

export function isNoisy({ disturbance }: Figures): boolean {
  return disturbance > OTHERS_MAX
}

/** One table for each algorithm. */
export function tablesOf(results: readonly OperationResult[]): readonly Table[] {
  return [...Map.groupBy(results, ({ algorithm }) => algorithm)].map(([algorithm, rows]) => ({
    title: `keys of ${algorithm}`,
    head: ['operation', 'server', ...COLUMNS.slice(1).map(([title]) => title), ''],
    rows: rows.flatMap(({ operation, ours, theirs }) => [
      ...toTableRow([operation, 'ours'], ours),
      ...toTableRow([operation, 'oidc-provider'], theirs),
    ]),
  }))
}

function toTableRow(names: readonly string[], figures: Figures | undefined): string[][] {
  if (figures === undefined) return []
  const marks = [isNoisy(figures) ? 'noisy' : '', figures.errors === 0 ? '' : 'BAD']
  return [[...names, ...cellsOf(figures), marks.filter((mark) => mark !== '').join(', ')]]
}

function formatVerdict(row: Row): string {
  const verdict = judge(row)
  if (verdict === undefined) return '  no ratio'
  const { ratio, target, isMet, isTailMet } = verdict
  const cpu = row.ours && row.theirs ? row.theirs.serverCpuUs / row.ours.serverCpuUs : Number.NaN
  const wanted =
    target === undefined ? 'no target' : `target ${target}: ${isMet ? 'met' : 'MISSED'}`
  const tail = isTailMet ? 'p99 not above theirs' : 'p99 ABOVE theirs'
  return `  ratio ${ratio.toFixed(2)} (${wanted}), by CPU ${cpu.toFixed(2)}, ${tail}`
}

export function formatFloor({ algorithm, crypto, jose }: Floor): string {
  const show = (perSecond: number): string =>
    `${perSecond.toFixed(0)}/s (${(1_000_000 / perSecond).toFixed(0)} us)`
  return `  ${algorithm}: node:crypto ${show(crypto)}, jose ${show(jose)}`
}
