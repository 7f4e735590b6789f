/** docs/services.md says of each service what its definition and its pins say. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { parse } from 'yaml'
import { gatewayFile } from '../../lib/catalogue/gateway-file.ts'
import { serviceDefinition } from '../../lib/catalogue/service-definition.ts'

const ROOT = join(import.meta.dirname, '../..')
const PAGE = readFileSync(join(ROOT, 'docs/services.md'), 'utf8')
const read = (...path: string[]): string => readFileSync(join(ROOT, ...path), 'utf8')

const NAMES = readdirSync(join(ROOT, 'services')).filter((name) =>
  existsSync(join(ROOT, 'services', name, 'service.yaml')),
)

/** Cells of the rows in the table under a heading, by the words in code marks of their first cell. */
function rowsUnder(heading: string): Map<string, readonly string[]> {
  const [, section = ''] = PAGE.split(`## ${heading}\n`)
  const [table = ''] = section.split('\n## ')
  const rows = [...table.matchAll(/^\|(.+)\|$/gm)].map(([, row = '']) =>
    row.split('|').map((cell) => cell.trim()),
  )
  return new Map(
    rows.flatMap((row) =>
      [...(row[0] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => [name, row] as const),
    ),
  )
}

const ROWS = rowsUnder('Which there are')
const PROMISES = rowsUnder('What is promised about people')

const BOUNDS = rowsUnder('What bounds each')

const A_PROCESS_FOR = { shared: 'everybody', user: 'each person', session: 'each session' }

test('the page has a row for every service, and for no other', (t) => {
  t.deepEqual([...ROWS.keys()].sort(), NAMES.toSorted())
  t.deepEqual([...BOUNDS.keys()].sort(), NAMES.toSorted())
  t.deepEqual([...PROMISES.keys()].sort(), NAMES.toSorted())
})

for (const name of NAMES) {
  const definition = serviceDefinition.parse(parse(read('services', name, 'service.yaml')))
  const { native, isolation = 'session', pypi, npm, roots, calls, idle = 60 } = definition

  if (native === undefined) {
    test(`${name}: what bounds it`, (t) => {
      const [, rootsCell, most = '', outlives] = BOUNDS.get(name) ?? []
      t.is(rootsCell, roots === 'deny' ? 'denied' : 'pass')
      t.is(most.includes('one call at a time'), calls === 'serial')
      t.is(outlives, isolation === 'session' ? '' : `${idle} s`)
      const { processesPerUser = 64 } = definition
      if (isolation === 'session') t.is(most, `${processesPerUser} processes`)
    })
  }

  test(`${name}: whether it is on, who shares a process, and which version is pinned`, (t) => {
    const [, state, packaged = '', process] = ROWS.get(name) ?? []
    t.is(state, definition.enabled === false ? 'off' : 'on')
    t.is(process, A_PROCESS_FOR[native === undefined ? isolation : 'shared'])
    if (pypi !== undefined) t.is(packaged, `PyPI \`${pypi}\` ${pinnedVersion(name, pypi)}`)
    if (npm !== undefined) t.is(packaged, `npm \`${npm}\` ${dependencyVersion(name, npm)}`)
  })
}

test('each configuration that the page shows is one', (t) => {
  const examples = [...PAGE.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, yaml = '']) => yaml)
  t.true(examples.length >= 3)
  for (const yaml of examples) t.notThrows(() => gatewayFile.parse(parse(yaml)), yaml)
})

function pinnedVersion(service: string, name: string): string | undefined {
  const pins = read('services', service, 'requirements.txt')
  return new RegExp(`^${name}==(\\S+)`, 'm').exec(pins)?.[1]
}

/** Of the service's own pins, or of the project's. */
function dependencyVersion(service: string, name: string): string | undefined {
  const own = join('services', service, 'package.json')
  const manifest = existsSync(join(ROOT, own)) ? own : 'package.json'
  const { dependencies = {} } = JSON.parse(read(manifest)) as {
    dependencies?: Record<string, string>
  }
  return dependencies[name]
}
