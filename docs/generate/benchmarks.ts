/** docs/benchmarks.md: what `npm run bench` measured, from bench/results.json alone. */

import type { Table } from '../../bench/output.ts'
import type { Entry, Results } from '../../bench/results.ts'
import { authorizationServerSection } from './benchmarks/authorization-server.ts'
import { bridgeSection } from './benchmarks/bridge.ts'
import { edgeSection } from './benchmarks/edge.ts'
import { notBetter } from './benchmarks/not-better.ts'
import { revocationSection } from './benchmarks/revocation.ts'
import { machines, summary, warnings } from './benchmarks/runs.ts'
import { type Comparison, type Section, show, showAdvantage } from './benchmarks/section.ts'
import { code, page, plain, table } from './markdown.ts'

export function benchmarksPage(results: Results): string {
  const sections = sectionsOf(results)
  return page(
    MADE,
    '# Benchmarks',
    `What \`npm run bench\` measured here last; [how each benchmark works](../bench/README.md), and how to run it yourself.
Figures of different machines cannot be compared: ratios of one run can.`,
    summary(results),
    ...warnings(results),
    '## Machine and versions',
    ...machines(results),
    '## What was not better or missed its target',
    sections.length === 0 ? 'Nothing is known.' : notBetter(sections),
    ...sections.flatMap(toParts),
  )
}

const MADE = `<!-- Made by \`npm run docs\` from bench/results.json, which \`npm run bench\` writes. Do not edit this page. -->`

function sectionsOf(results: Results): readonly Section[] {
  return [
    ...sectionOf(results['authorization-server'], authorizationServerSection),
    ...sectionOf(results.edge, edgeSection),
    ...sectionOf(results.revocation, revocationSection),
    ...sectionOf(results.bridge, bridgeSection),
  ]
}

function sectionOf<T>(entry: Entry<T> | undefined, make: (output: T) => Section): Section[] {
  return entry?.measured === undefined ? [] : [make(entry.measured.output)]
}

function toParts({ title, peers, goals, comparisons, tables, noise }: Section): readonly string[] {
  return [
    `## ${title}`,
    noise,
    peers.map((peer) => `- ${peer}`).join('\n'),
    '### Targets',
    table(
      ['target', 'wanted', 'reached', ''],
      goals.map((goal) => [
        goal.title,
        goal.wanted,
        goal.reached,
        goal.isMet ? 'met' : '**missed**',
      ]),
    ),
    '### Beside the others',
    'In brackets how many times better ours is: below 1 it is worse. `~`: a noisy row.',
    beside(comparisons),
    '### All figures',
    ...tables.flatMap(toFigures),
  ]
}

function beside(comparisons: readonly Comparison[]): string {
  const names = [...new Set(comparisons.flatMap(({ others }) => others.map(({ name }) => name)))]
  const rows = comparisons.map((comparison) => {
    const { what, digits, ours, others } = comparison
    const cells = names.map((name) => {
      const other = others.find((one) => one.name === name)
      if (other === undefined) return '–'
      const times = showAdvantage(comparison, other)
      return `${show(other.value, digits)} (${times})${other.isNoisy ? ' ~' : ''}`
    })
    return [what, `${show(ours.value, digits)}${ours.isNoisy ? ' ~' : ''}`, ...cells]
  })
  return table(['', 'ours', ...names.map(code)], rows)
}

function toFigures({ title, head, rows }: Table): readonly string[] {
  return [
    `**${title}**`,
    table(
      head,
      rows.map((cells) => cells.map(plain)),
    ),
  ]
}
