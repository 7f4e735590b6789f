import { glob, readFile } from 'node:fs/promises'
import test from 'ava'
import { REQUIREMENTS, type Requirement } from '../conformance/requirements.ts'

const cited = new Set<string>()
for await (const file of glob('tests/{conformance,e2e,long}/**/*.test.ts')) {
  const source = await readFile(file, 'utf8')
  for (const [, id = ''] of source.matchAll(/verifies(?:Alone)?\(\s*'([^']+)'/g)) cited.add(id)
}
const all: [string, Requirement][] = Object.entries(REQUIREMENTS)

test('every requirement is proved by a test or says why not', (t) => {
  const unproved = all.filter(([id, { deferred }]) => !cited.has(id) && deferred === undefined)
  t.deepEqual(unproved, [])
})

test('no requirement is both deferred and proved', (t) => {
  t.deepEqual(
    all.filter(([id, { deferred }]) => cited.has(id) && deferred !== undefined),
    [],
  )
})
