import test from 'ava'
import { changedServices, startsAlike } from '../../../../lib/catalogue/changes.ts'
import { beforeOthers, takeUp } from '../../../../lib/catalogue/take-up.ts'
import { readYaml } from '../../../support/configuration.ts'

const tool = (name: string, more = ''): string => `  ${name}: { command: tool, cwd: /${more} }\n`
const read = (services: string, rest = '') => readYaml(`mcpServers:\n${services}${rest}`)
const namesOf = ({ services }: { services: ReadonlyMap<string, unknown> }): string[] =>
  [...services.keys()].filter((name) => /^[a-d]$/.test(name)).sort()

test('services and rules are taken up, everything else stays as it was', (t) => {
  const started = read(tool('a'))
  const reading = read(
    tool('a') + tool('b'),
    'branding: { name: Acme }\nclients: { x: { redirect_uris: ["https://x.example/cb"] } }\n' +
      'access: { users: ["dev:alice"] }\n',
  )
  const now = takeUp(started, started, reading)
  t.deepEqual(namesOf(now), ['a', 'b'])
  t.deepEqual(now.access, reading.access)
  t.is(now.configurationText, reading.configurationText)
  t.is(now.branding, started.branding)
  t.is(now.clients, started.clients)
})

test('what has not changed is the same object', (t) => {
  const started = read(tool('a') + tool('b'))
  const same = takeUp(started, started, read(tool('a') + tool('b'), '# a remark\n'))
  t.is(same.services, started.services)
  t.is(same.access, started.access)
  const other = takeUp(started, started, read(tool('a') + tool('b', ', args: [x]')))
  t.is(other.services.get('a'), started.services.get('a'))
  t.not(other.services.get('b'), started.services.get('b'))
})

test('another order of the same services is another list', (t) => {
  const started = read(tool('a') + tool('b'))
  const turned = takeUp(started, started, read(tool('b') + tool('a')))
  t.deepEqual(
    [...turned.services.keys()].filter((name) => /^[ab]$/.test(name)),
    ['b', 'a'],
  )
})

test('a room knows what comes, and still what goes, with the rules of it', (t) => {
  const rules = (...names: string[]): string =>
    `access: { services: { ${names.map((name) => `${name}: { users: ["dev:x"] }`).join(', ')} } }\n`
  const held = read(tool('a') + tool('b'), rules('a', 'b'))
  const next = takeUp(held, held, read(tool('b') + tool('c'), rules('b', 'c')))
  const first = beforeOthers('room', held, next)
  t.deepEqual(namesOf(first), ['a', 'b', 'c'])
  t.deepEqual([...first.access.services.keys()].sort(), ['a', 'b', 'c'])
  t.is(first.services.get('a'), held.services.get('a'))
  t.deepEqual(namesOf(next), ['b', 'c'])
  t.deepEqual([...next.access.services.keys()].sort(), ['b', 'c'])
})

test('the edge leads no longer to what goes, and not yet to what comes', (t) => {
  const held = read(tool('a') + tool('b'))
  const next = takeUp(held, held, read(tool('b', ', args: [x]') + tool('c')))
  const first = beforeOthers('edge', held, next)
  t.deepEqual(namesOf(first), ['b'])
  t.is(first.services.get('b'), next.services.get('b'))
})

test('where nobody has to wait there is one step', (t) => {
  const held = read(tool('a') + tool('b'))
  const more = takeUp(held, held, read(tool('a') + tool('b') + tool('c')))
  t.is(beforeOthers('room', held, more), more)
  const fewer = takeUp(held, held, read(tool('a')))
  t.is(beforeOthers('edge', held, fewer), fewer)
})

test('a service is launched anew for what its process depends on, not for words', (t) => {
  const before = read(tool('a') + tool('b') + tool('c') + tool('d') + tool('e')).services
  const words = 'description: words, scopes: { read: words }, revocation: strict, requires: [node]'
  const after = read(
    tool('a', `, ${words}`) +
      tool('b', ', isolation: user') +
      tool('d', ', env: { A: b }') +
      tool('e', ', callTimeout: 5'),
  ).services
  t.deepEqual(changedServices(before, after), {
    added: [],
    removed: ['c'],
    relaunched: ['b', 'd', 'e'],
  })
  t.deepEqual(changedServices(after, before).added, ['c'])
  const [one, other] = [before.get('a'), after.get('a')]
  t.true(one !== undefined && other !== undefined && startsAlike(one, other))
})
