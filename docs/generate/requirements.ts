/** docs/requirements.md: every row of the checklists, every requirement, and the tests that prove them. */

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { REQUIREMENTS, type Requirement } from '../../tests/conformance/requirements.ts'
import type { Row } from '../../tests/conformance/rows/row.ts'
import { CHECKLISTS } from '../../tests/conformance/rows.ts'
import { GENERATED, page, table } from './markdown.ts'
import { mutationSection } from './mutations.ts'
import { ROOT } from './source.ts'

const PROVING = 'tests/{conformance,e2e,fuzz,long}/**/*.test.ts'

/** Requirement → the files whose tests cite it, by name. */
export function findProofs(): ReadonlyMap<string, readonly string[]> {
  const proofs = new Map<string, string[]>()
  for (const file of globSync(PROVING, { cwd: ROOT }).toSorted()) {
    const source = readFileSync(join(ROOT, file), 'utf8')
    for (const [, id = ''] of source.matchAll(
      /(?:verifies(?:Alone)?|fuzz|through)\(\s*'([^']+)'/g,
    )) {
      const files = proofs.get(id) ?? []
      if (!files.includes(file)) files.push(file)
      proofs.set(id, files)
    }
  }
  return proofs
}

export function requirementsPage(): string {
  return page(
    GENERATED,
    '# Requirements, and what proves them',
    introduction(),
    ...rowTables(),
    ...mutationSection(),
    '## Requirements',
    table(['requirement', 'what holds', 'source', 'tests'], requirementRows()),
  )
}

function introduction(): string {
  const rows = Object.values(CHECKLISTS).flatMap((checklist) => Object.values(checklist))
  const count = (state: State): number => rows.filter((row) => stateOf(row) === state).length
  const partly = count('partly')
  const open = partly === 0 ? '' : ` ${partly} partly: they say what no test tries yet,`
  return `${rows.length} rows of checklists: ${count('proved')} proved,${open}
${count('superseded')} overruled by another rule, ${count('deferred')} deferred with their reason. They are answered by ${Object.keys(REQUIREMENTS).length} requirements, each
with a test through real parts: real Envoy, a real store, real MCP servers. \`npm test -- FILE\` runs one file.

Rows begin with what they are of: AS authorization server, RS resource server, TR transport, O OAuth 2.1, D registration, M metadata
and resources, V revocation, introspection, devices and bearer tokens, R revisions, S stdio, C metadata documents of clients,
E settings of Envoy, N attacks, F faults of the system whose features these are,
Z what fuzzing has found here.`
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
    `## ${title}`,
    table(
      ['row', 'asks', 'state', 'requirements'],
      Object.entries(rows).map(([id, row]) => [id, row.asks, tellState(row), tellProofs(row)]),
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

function requirementRows(): string[][] {
  const proofs = findProofs()
  return Object.entries<Requirement>(REQUIREMENTS).map(([id, { behavior, source }]) => [
    `<a id="${id}"></a>${id}`,
    behavior,
    `<${source}>`,
    (proofs.get(id) ?? []).map((file) => `[${file}](../${file})`).join(', '),
  ])
}
