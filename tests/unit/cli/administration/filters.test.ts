import test from 'ava'
import { cell, count, few, minute, toPlace } from '../../../../cli/administration/cells.ts'
import {
  isOlder,
  isOneOf,
  matchesPattern,
  parseAge,
} from '../../../../cli/administration/filters.ts'
import { isNeedless } from '../../../../cli/commands/clients/reap.ts'
import { isMeant } from '../../../../cli/commands/users/list.ts'
import type { UserEntry } from '../../../../lib/oauth/administration.ts'
import { matchesAudit } from '../../../../lib/store/audit-record.ts'

for (const [text, milliseconds] of [
  ['90s', 90_000],
  ['15m', 900_000],
  ['12h', 43_200_000],
  ['30d', 2_592_000_000],
  ['8w', 4_838_400_000],
] as const) {
  test(`${text} is an age`, (t) => t.is(parseAge(text), milliseconds))
}

for (const text of ['', '30', 'd', '0d', '-1d', '1.5h', '30 d', '30D', '9999999d', '1y']) {
  test(`"${text}" is no age`, (t) => {
    t.throws(() => parseAge(text), { message: /a number and one of s m h d w/ })
  })
}

const NOW = Date.parse('2026-11-29T12:00:00Z')

test('older is what is older, and nothing without a time', (t) => {
  t.true(isOlder('2026-11-29T10:59:59Z', 3_600_000, NOW))
  t.false(isOlder('2026-11-29T11:00:00Z', 3_600_000, NOW))
  t.false(isOlder(null, 3_600_000, NOW))
  t.true(isOlder(null, undefined, NOW), 'no age was asked for')
})

for (const [pattern, name, matches] of [
  ['TEST *', 'Test one', true],
  ['TEST *', 'TEST ', true],
  ['TEST *', 'a test one', false],
  ['TEST *', 'TEST', false],
  ['*inspector*', 'MCP Inspector 2', true],
  ['a.c', 'abc', false],
  ['a.c', 'a.c', true],
  ['(a+)+*', '(a+)+!', true],
  ['*', null, true],
  ['x*', null, false],
  ['one*two', 'one\ntwo', true],
  [undefined, 'anything', true],
] as const) {
  test(`the pattern ${pattern} ${matches ? 'means' : 'does not mean'} ${JSON.stringify(name)}`, (t) => {
    t.is(matchesPattern(pattern, name), matches)
  })
}

test('one of several, or whatever there is', (t) => {
  t.true(isOneOf('echo', ['memory', 'echo']))
  t.false(isOneOf('echo', []))
  t.true(isOneOf(undefined, []))
})

test('only what nobody needs is reaped', (t) => {
  const entry = { kind: 'registered', approved: false, grants: 0 } as const
  t.true(isNeedless(entry, { withUnused: false }))
  t.false(isNeedless({ ...entry, approved: true }, { withUnused: false }))
  t.true(isNeedless({ ...entry, approved: true }, { withUnused: true }))
  t.false(isNeedless({ ...entry, approved: true, grants: 1 }, { withUnused: true }))
  t.false(isNeedless({ ...entry, kind: 'configured' }, { withUnused: true }))
})

const ALICE: UserEntry = {
  user: 'github:1',
  name: 'Alice',
  login: 'alice',
  emails: ['alice@acme.example'],
  last_login_at: '2026-11-01T00:00:00Z',
  grants: 1,
  clients: ['c'],
  services: ['echo'],
  disabled: null,
}

test('people are found by any of their names, by what they use, and by when they were here', (t) => {
  const means = (filter: Parameters<typeof isMeant>[1]) => isMeant(ALICE, filter, NOW)
  for (const name of ['github:1', 'alice', 'ALICE', '*@acme.example']) t.true(means({ name }))
  t.false(means({ name: '*@other.example' }))
  t.true(means({ client: 'c', service: 'echo', unseenFor: parseAge('28d') }))
  t.false(means({ unseenFor: parseAge('29d') }))
  t.false(means({ service: 'memory' }))
  t.false(means({ disabled: true }))
  const disabled = { ...ALICE, disabled: { at: '2026-11-02T00:00:00Z', by: 'root' } }
  t.true(isMeant(disabled, { disabled: true }, NOW))
})

test('cells hold no control characters, and say when there is nothing', (t) => {
  t.false(cell('\u001b[31mred\u0007').includes('\u001b'))
  t.deepEqual([cell(''), cell(null), cell(undefined), cell(0)], ['-', '-', '-', '0'])
  t.is(minute('2026-11-29T12:34:56.789Z'), '2026-11-29 12:34Z')
  t.deepEqual([few([]), few(['a', 'b']), few(['a', 'b', 'c', 'd'])], ['-', 'a b', 'a b +2'])
  t.deepEqual(
    [count(1, 'grant'), count(2, 'grant'), count(0, 'person', 'people')],
    ['1 grant', '2 grants', '0 people'],
  )
})

test('where answers go: a host whatever the port, or a scheme', (t) => {
  t.is(toPlace('http://127.0.0.1:53412/cb'), '127.0.0.1')
  t.is(toPlace('https://app.example/cb'), 'app.example')
  t.is(toPlace('cursor://anysphere.cursor-mcp/oauth'), 'anysphere.cursor-mcp')
  t.is(toPlace('com.example:/cb'), 'com.example:')
})

test('a tool of the audit log is one that was called, and no client or person of that name', (t) => {
  const matches = matchesAudit({ target: 'echo' })
  const record = { at: NOW, room: 'oauth-server', outcome: 'ok', target: 'echo' }
  t.true(matches({ ...record, room: 'mcp-bridge', action: 'tools/call' }))
  t.false(matches({ ...record, action: 'registration/create' }), 'a stranger has named it so')
  t.false(matches({ ...record, action: 'admin/users/disable' }))
})
