/** Revocations and outages, for people. */

import type { OutageSummary, TrialSummary, Verdict } from './summary.ts'

const show = (milliseconds: number): string => milliseconds.toFixed(2)
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

export function formatTrials(
  trials: Readonly<Record<string, TrialSummary>>,
  others: number,
): readonly string[] {
  const rows = Object.entries(trials)
  const [, { trials: count } = { trials: 0 }] = rows[0] ?? []
  const columns: readonly [string, (summary: TrialSummary) => string][] = [
    ['first refusal p50', ({ refusedP50 }) => show(refusedP50)],
    ['p99', ({ refusedP99 }) => show(refusedP99)],
    ['max', ({ refusedMax }) => show(refusedMax)],
    ['within 50 ms', ({ refusedWithin50 }) => percent(refusedWithin50)],
    ['let through since', ({ allowedAfter }) => String(allowedAfter)],
    ['the last began at', ({ lastAllowedAt }) => show(lastAllowedAt)],
    ['acknowledged in', ({ acknowledgedInP50 }) => show(acknowledgedInP50)],
  ]
  const format = (name: string, cells: readonly string[]): string =>
    `  ${name.padEnd(10)}${cells.map((cell, index) => cell.padStart((columns[index]?.[0].length ?? 0) + 3)).join('')}`
  return [
    '',
    `${count} revocations of one token each, in milliseconds after the acknowledgement (others: ${others.toFixed(2)} cores)`,
    format(
      '',
      columns.map(([title]) => title),
    ),
    ...rows.map(([name, summary]) =>
      format(
        name,
        columns.map(([, cell]) => cell(summary)),
      ),
    ),
  ]
}

export function formatOutages(outages: OutageSummary): readonly string[] {
  const { lastMomentOutages, lastMomentUntil } = outages
  const lines: readonly [string, string][] = [
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
  return [
    '',
    `the store killed under load ${outages.outages} times, in milliseconds after the kill`,
    ...lines.map(([title, value]) => `  ${title.padEnd(52)}${value}`),
  ]
}

export function formatVerdicts(verdicts: readonly Verdict[]): readonly string[] {
  return verdicts.map(({ title, isMet }) => `  ${title.padEnd(52)}${isMet ? 'met' : 'MISSED'}`)
}
