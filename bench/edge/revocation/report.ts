/** Revocations and outages, for people. */

import type { Output, Table } from '../../output.ts'
import type { Settings } from './settings.ts'
import type { OutageSummary, TrialSummary, Verdict } from './summary.ts'

/** What `--json` prints; what was not asked for is not there. */
export interface RevocationOutput extends Output {
  readonly settings: Settings
  readonly trials?: Readonly<Record<'ours' | 'textbook', TrialSummary>>
  /** Cores that strangers used during the trials. */
  readonly others?: number
  readonly outages?: OutageSummary
  readonly verdicts: readonly Verdict[]
}

const show = (milliseconds: number): string => milliseconds.toFixed(2)
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

const COLUMNS: readonly [string, (summary: TrialSummary) => string][] = [
  ['first refusal p50', ({ refusedP50 }) => show(refusedP50)],
  ['p99', ({ refusedP99 }) => show(refusedP99)],
  ['max', ({ refusedMax }) => show(refusedMax)],
  ['within 50 ms', ({ refusedWithin50 }) => percent(refusedWithin50)],
  ['let through since', ({ allowedAfter }) => String(allowedAfter)],
  ['the last began at', ({ lastAllowedAt }) => show(lastAllowedAt)],
  ['acknowledged in', ({ acknowledgedInP50 }) => show(acknowledgedInP50)],
]

export function tableOfTrials(
  trials: Readonly<Record<string, TrialSummary>>,
  others: number,
): Table {
  const rows = Object.entries(trials)
  const [, { trials: count } = { trials: 0 }] = rows[0] ?? []
  return {
    title: `${count} revocations of one token each, in milliseconds after the acknowledgement (others: ${others.toFixed(2)} cores)`,
    head: ['', ...COLUMNS.map(([name]) => name)],
    rows: rows.map(([name, summary]) => [name, ...COLUMNS.map(([, cell]) => cell(summary))]),
  }
}

export function formatTrials(
  trials: Readonly<Record<string, TrialSummary>>,
  others: number,
): readonly string[] {
  const { title, head, rows } = tableOfTrials(trials, others)
  const format = ([name = '', ...cells]: readonly string[]): string =>
    `  ${name.padEnd(10)}${cells.map((cell, index) => cell.padStart((COLUMNS[index]?.[0].length ?? 0) + 3)).join('')}`
  return ['', title, format(head), ...rows.map(format)]
}

export function tableOfOutages(outages: OutageSummary): Table {
  const { lastMomentOutages, lastMomentUntil } = outages
  const rows: readonly [string, string][] = [
    ['first 503 p50', show(outages.unavailableP50)],
    ['first 503 max', show(outages.unavailableMax)],
    ['let through: tokens revoked long before', String(outages.revokedLetThrough)],
    [
      'let through: tokens revoked right before the kill',
      lastMomentOutages === 0 ? 'none' : `in ${lastMomentOutages}, until ${show(lastMomentUntil)}`,
    ],
    ['good tokens refused', String(outages.goodTokensRefused)],
    ['acknowledged revocations forgotten', String(outages.forgotten)],
    ['good again after the return, max', show(outages.recoveredInMax)],
  ]
  const title = `the store killed under load ${outages.outages} times, in milliseconds after the kill`
  return { title, head: ['', 'ours'], rows }
}

export function formatOutages(outages: OutageSummary): readonly string[] {
  const { title, rows } = tableOfOutages(outages)
  return ['', title, ...rows.map(([name = '', value = '']) => `  ${name.padEnd(52)}${value}`)]
}

export function formatVerdicts(verdicts: readonly Verdict[]): readonly string[] {
  return verdicts.map(({ title, isMet }) => `  ${title.padEnd(52)}${isMet ? 'met' : 'MISSED'}`)
}
