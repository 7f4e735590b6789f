import test from 'ava'
import { startsAlike } from '../../../../lib/catalogue/changes.ts'
import { parseYaml } from '../../../../lib/catalogue/gateway-file.ts'
import { type Service, toService } from '../../../../lib/catalogue/service.ts'
import {
  type ServiceDefinition,
  serviceDefinition,
} from '../../../../lib/catalogue/service-definition.ts'

const read = (definition: ServiceDefinition) =>
  toService('notes', { command: 'run', scopes: { write: 'Change notes.' }, ...definition }, '/f')

const served = (definition: ServiceDefinition): Service => {
  const reading = read(definition)
  if ('service' in reading) return reading.service
  throw new Error(reading.faults.join())
}

const faultsOf = (definition: ServiceDefinition): readonly string[] => {
  const reading = read(definition)
  return 'faults' in reading ? reading.faults : []
}

test('without rules there is nothing to judge by, and calls are kept without their arguments', (t) => {
  for (const tools of [undefined, {}, { deny: [], scopes: {}, listed: 'all' as const }]) {
    t.is(served(tools === undefined ? {} : { tools }).tools, undefined)
  }
  t.is(served({}).audit, 'calls')
  t.false(served({}).sse)
})

test('scopes of a tool may be written with their service or without', (t) => {
  const scopes = { save: ['write', 'mcp'], 'drop*': ['notes:write'] }
  t.deepEqual(served({ tools: { allow: [], scopes } }).tools, {
    allow: [],
    deny: [],
    scopes: [
      { tools: 'save', scopes: ['notes:write', 'mcp'] },
      { tools: 'drop*', scopes: ['notes:write'] },
    ],
    listed: 'granted',
  })
})

test('every scope that there is not is a fault', (t) => {
  const scopes = { save: ['wirte'], drop: ['write', 'other:write', 'mcp:write'] }
  const only = 'is not one of its scopes, only mcp, notes:write'
  t.deepEqual(faultsOf({ tools: { scopes } }), [
    `notes: tools.scopes.save: "wirte" ${only}`,
    `notes: tools.scopes.drop: "other:write" ${only}`,
    `notes: tools.scopes.drop: "mcp:write" ${only}`,
  ])
})

for (const [what, text, place] of [
  ['an empty name', 'tools: { allow: [""] }', 'tools.allow.0'],
  ['a blank name', 'tools: { deny: [" "] }', 'tools.deny.0'],
  ['an empty pattern of a scope', 'tools: { scopes: { "": [mcp] } }', 'tools.scopes'],
  ['no scope at all', 'tools: { scopes: { save: [] } }', 'tools.scopes.save'],
  ['a word that means nothing', 'tools: { permit: [save] }', 'tools'],
  ['another way to list', 'tools: { listed: some }', 'tools.listed'],
  ['another audit', 'audit: results', 'audit'],
] as const) {
  test(`${what} is a fault`, (t) => {
    const { faults } = parseYaml(text, 'f', serviceDefinition)
    t.is(faults.length, 1)
    t.true(faults[0]?.startsWith(`f: ${place}`), faults[0])
  })
}

test('other rules end no process', (t) => {
  const other = served({ tools: { deny: ['drop'] }, audit: 'arguments', sse: true })
  t.true(startsAlike(served({}), other))
  t.false(startsAlike(served({}), served({ args: ['more'] })))
})
