/** docs/requirements.md: every row of the checklists, every requirement, and the tests that prove them. */

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { REQUIREMENTS, type Requirement } from '../../tests/conformance/requirements.ts'
import type { Row } from '../../tests/conformance/rows/row.ts'
import { CHECKLISTS } from '../../tests/conformance/rows.ts'

const ROOT = join(import.meta.dirname, '../..')
const PROVING = 'tests/{conformance,e2e,long}/**/*.test.ts'

/** Requirement → the files whose tests cite it, by name. */
export function findProofs(): ReadonlyMap<string, readonly string[]> {
  const proofs = new Map<string, string[]>()
  for (const file of globSync(PROVING, { cwd: ROOT }).toSorted()) {
    const source = readFileSync(join(ROOT, file), 'utf8')
    for (const [, id = ''] of source.matchAll(/verifies(?:Alone)?\(\s*'([^']+)'/g)) {
      const files = proofs.get(id) ?? []
      if (!files.includes(file)) files.push(file)
      proofs.set(id, files)
    }
  }
  return proofs
}

export function requirementsPage(): string {
  return `${[...introduction(), ...rowTables(), ...requirementTable()].join('\n')}\n`
}

function introduction(): string[] {
  const rows = Object.values(CHECKLISTS).flatMap((checklist) => Object.values(checklist))
  const count = (state: State): number => rows.filter((row) => stateOf(row) === state).length
  return [
    '# Requirements, and what proves them',
    '',
    '<!-- made by `npm run docs` -->',
    '',
    `${rows.length} rows of checklists: ${count('proved')} proved, ${count('partly')} partly: they say what no test tries yet,`,
    `${count('superseded')} overruled by another rule, ${count('deferred')} deferred with their reason. They are answered by ${Object.keys(REQUIREMENTS).length} requirements, each`,
    'with a test through real parts: real Envoy, a real store, real MCP servers. `npm test -- FILE` runs one file.',
  ]
}

type State = 'proved' | 'partly' | 'superseded' | 'deferred'

/** What is missing comes first: a row that is overruled in part may have a rest that nothing tries. */
function stateOf({ missing, superseded, deferred }: Row): State {
  if (missing !== undefined) return 'partly'
  if (superseded !== undefined) return 'superseded'
  return deferred === undefined ? 'proved' : 'deferred'
}

function rowTables(): string[] {
  return Object.entries(CHECKLISTS).flatMap(([title, rows]) => [
    '',
    `## ${title}`,
    '',
    '| row | asks | state | requirements |',
    '|---|---|---|---|',
    ...Object.entries(rows).map(([id, row]) =>
      toRow([id, row.asks, tellState(row), tellProofs(row)]),
    ),
  ])
}

function tellState({ missing, superseded, deferred }: Row): string {
  const told = [
    missing === undefined ? undefined : `partly: no test tries ${missing}`,
    superseded === undefined ? undefined : `overruled: ${superseded}`,
    deferred === undefined ? undefined : `deferred: ${deferred}`,
  ].filter((text) => text !== undefined)
  return told.join('; ') || 'proved'
}

function tellProofs({ proved = [] }: Row): string {
  return proved.map((id) => `[${id}](#${id})`).join(', ')
}

function requirementTable(): string[] {
  const proofs = findProofs()
  const all = Object.entries<Requirement>(REQUIREMENTS)
  return [
    '',
    '## Requirements',
    '',
    '| requirement | what holds | source | tests |',
    '|---|---|---|---|',
    ...all.map(([id, { behavior, source }]) =>
      toRow([
        `<a id="${id}"></a>${id}`,
        behavior,
        `<${source}>`,
        (proofs.get(id) ?? []).map((file) => `[${file}](../${file})`).join(', '),
      ]),
    ),
  ]
}

function toRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}
