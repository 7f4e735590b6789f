/** What the doctor found, for a person: who gets through how far, then each fault once with its cure. */

import { toTable } from '../output.ts'
import type { Finding } from './finding.ts'
import { STAGES } from './model/check.ts'
import type { ClientProfile } from './model/client-profile.ts'

export interface Report {
  readonly url: string
  /** Whether it is this gateway. */
  readonly own: boolean
  readonly healthy: boolean
  readonly summary: Readonly<Record<Finding['status'], number>>
  readonly clients: readonly string[]
  readonly findings: readonly Finding[]
}

export function toReport(
  url: string,
  own: boolean,
  clients: readonly ClientProfile[],
  findings: readonly Finding[],
): Report {
  const count = (status: Finding['status']): number =>
    findings.filter((finding) => finding.status === status).length
  const summary = {
    passed: count('passed'),
    warning: count('warning'),
    failed: count('failed'),
    skipped: count('skipped'),
  }
  return {
    url,
    own,
    healthy: summary.failed === 0,
    summary,
    clients: clients.map(({ id }) => id),
    findings,
  }
}

const MARKS = { passed: '✓', warning: '!', failed: '✗', skipped: '–' } as const

export function renderReport(
  report: Report,
  clients: readonly ClientProfile[],
  isVerbose: boolean,
): string[] {
  const { url, own, findings } = report
  return [
    `${url} (${own ? 'of this gateway' : 'not of this gateway'})`,
    '',
    ...clientTable(findings, clients),
    ...(isVerbose ? ['', ...checkTable(findings)] : []),
    ...faultLines(findings, clients),
    ...skippedLines(findings),
    '',
    summaryLine(report),
  ]
}

/** A mark for each stage of each client, and a line for what is the same for all. */
function clientTable(findings: readonly Finding[], clients: readonly ClientProfile[]): string[] {
  const row = (name: string, id: string | null): string[] => {
    const own = findings.filter(({ client }) => client === id)
    return [name, ...STAGES.map((stage) => markOf(own.filter((one) => one.stage === stage)))]
  }
  const rows = [row('(every client)', null), ...clients.map(({ name, id }) => row(name, id))]
  return toTable([['CLIENT', ...STAGES.map((stage) => stage.toUpperCase())], ...rows])
}

/** The worst of them; what was not tried is never well. */
function markOf(findings: readonly Finding[]): string {
  if (findings.length === 0) return ''
  const worst = (['failed', 'skipped', 'warning', 'passed'] as const).find((status) =>
    findings.some((finding) => finding.status === status),
  )
  const failed = findings.filter(({ status }) => status === 'failed').length
  return MARKS[worst ?? 'passed'] + (failed > 1 ? ` ${failed}` : '')
}

function checkTable(findings: readonly Finding[]): string[] {
  return toTable(
    findings.map(({ status, client, title, detail }) => [
      MARKS[status],
      client ?? '',
      title,
      detail,
    ]),
  )
}

function faultLines(findings: readonly Finding[], clients: readonly ClientProfile[]): string[] {
  const faults = findings.filter(({ status }) => status === 'failed' || status === 'warning')
  const alike = Map.groupBy(faults, ({ check, fault, detail, status }) =>
    JSON.stringify([status, check, fault, withoutPorts(detail)]),
  )
  const groups = [...alike.values()].toSorted((one, other) => rank(one) - rank(other))
  return groups.flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    const { status, title, check, fault, detail, meaning, cure } = first
    return [
      '',
      `${MARKS[status]} ${title} [${check}.${fault}]${whose(group, clients)}`,
      `  ${detail}`,
      `  ${meaning}`,
      `  → ${cure}`,
    ]
  })
}

function rank([first]: readonly Finding[]): number {
  return first?.status === 'failed' ? 0 : 1
}

/** A client listens at another port each time. */
function withoutPorts(detail: string): string {
  return detail.replaceAll(/:\d{4,5}\b/g, '')
}

function whose(group: readonly Finding[], clients: readonly ClientProfile[]): string {
  const ids = new Set(group.map(({ client }) => client))
  if (ids.has(null)) return ''
  if (ids.size === clients.length && clients.length > 1) return ' of every client'
  return ` of ${clients
    .filter(({ id }) => ids.has(id))
    .map(({ name }) => name)
    .join(', ')}`
}

function skippedLines(findings: readonly Finding[]): string[] {
  const notTried = findings.filter(({ status }) => status === 'skipped')
  if (notTried.length === 0) return []
  const alike = Map.groupBy(notTried, ({ detail }) => detail)
  const lines = [...alike].map(([detail, group]) => {
    const titles = [...new Set(group.map(({ title }) => title))]
    return `– ${titles.join(', ')}: ${detail}`
  })
  return ['', ...lines]
}

function summaryLine({ summary: { passed, warning, failed, skipped } }: Report): string {
  return `${passed} passed, ${warning} with a warning, ${failed} failed, ${skipped} not tried.`
}
