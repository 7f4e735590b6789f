/** The analysis for people: sections of tables, which a terminal and Markdown draw each in its way. */

import { toTable } from '../../output.ts'
import { escapeControls } from '../terminal-line.ts'
import type { Analysis } from './analysis.ts'
import type { Ranked } from './ranking.ts'

interface Section {
  readonly title: string
  /** The first row is the head. */
  readonly rows: readonly (readonly string[])[]
}

export function toTerminalReport(analysis: Analysis): string[] {
  return [
    headline(analysis),
    ...sectionsOf(analysis).flatMap(({ title, rows }) => [
      '',
      title,
      ...toTable(rows).map((line) => `  ${line}`),
    ]),
    ...(analysis.hints.length === 0 ? [] : ['', 'What to do']),
    ...analysis.hints.map((hint) => `  → ${escapeControls(hint)}`),
  ]
}

export function toMarkdownReport(analysis: Analysis): string[] {
  return [
    '# What the log tells',
    '',
    headline(analysis),
    ...sectionsOf(analysis).flatMap(({ title, rows }) => [
      '',
      `## ${title}`,
      '',
      ...toMarkdownTable(rows),
    ]),
    ...(analysis.hints.length === 0 ? [] : ['', '## What to do', '']),
    ...analysis.hints.map((hint) => `- ${toMarkdownText(hint)}`),
  ]
}

function headline({ records, requests, from, to }: Analysis): string {
  return from === null
    ? 'No records.'
    : `${requests} requests, ${records} records, ${from} to ${to}`
}

/** Without what has nothing to tell. */
function sectionsOf(analysis: Analysis): Section[] {
  const { tools, refused } = analysis
  const sections = [
    ranking('Services', 'SERVICE', analysis.services),
    ranking('People', 'USER', analysis.users),
    ranking('Clients', 'CLIENT', analysis.clients),
    ranking('Methods', 'METHOD', analysis.methods),
    {
      title: 'Tools, the slowest first',
      rows: [
        ['TOOL', 'CALLS', 'P50', 'P95', 'MAX'],
        ...tools.map((one) => [
          `${one.service}/${one.tool}`,
          String(one.calls),
          ...[one.p50_ms, one.p95_ms, one.max_ms].map(toDuration),
        ]),
      ],
    },
    ranking('Answers', 'STATUS', analysis.by_status),
    ranking('Refusals', 'REASON', analysis.refusals),
    {
      title: 'Who was refused',
      rows: [
        ['WHO', 'REASON', 'SERVICE', 'TIMES'],
        ...refused.map(({ who, reason, service, count }) => [who, reason, service, String(count)]),
      ],
    },
    ranking('Logins', 'WHAT', analysis.logins),
    ranking('Answers that failed', 'WHERE AND HOW', analysis.server_errors),
    ranking('Warnings and errors', 'CAUSE', analysis.errors),
  ]
  return sections
    .filter(({ rows }) => rows.length > 1)
    .map(({ title, rows }) => ({ title, rows: rows.map((row) => row.map(escapeControls)) }))
}

function ranking(title: string, head: string, ranked: readonly Ranked[]): Section {
  return {
    title,
    rows: [[head, 'TIMES'], ...ranked.map(({ name, count }) => [name, String(count)])],
  }
}

function toDuration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}

function toMarkdownTable(rows: Section['rows']): string[] {
  const [head = [], ...others] = rows.map((row) => `| ${row.map(toMarkdownText).join(' | ')} |`)
  const rule = `|${(rows[0] ?? []).map(() => ' --- |').join('')}`
  return [String(head), rule, ...others]
}

/** Names come from clients and servers: none of them may become a table, a link or a tag. */
function toMarkdownText(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]<>|#]/g, (sign) => `\\${sign}`)
}
