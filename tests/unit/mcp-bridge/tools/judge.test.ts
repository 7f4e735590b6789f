import test from 'ava'
import type { ToolRules } from '../../../../lib/catalogue/tool-rules.ts'
import { RpcFault, type RpcMessage } from '../../../../mcp-bridge/json-rpc.ts'
import { isListed, judge, matches } from '../../../../mcp-bridge/tools/judge.ts'
import { assertPlain } from '../../../../mcp-bridge/tools/plain-message.ts'
import { toVisibleList } from '../../../../mcp-bridge/tools/visible-list.ts'

const OPEN: ToolRules = { allow: undefined, deny: [], scopes: [], listed: 'granted' }
const call = (name: unknown, id: number | undefined = 1): RpcMessage => ({
  jsonrpc: '2.0',
  ...(id === undefined ? {} : { id }),
  method: 'tools/call',
  params: { name },
})

for (const [pattern, yes, no] of [
  ['read', ['read'], ['Read', 'read ', 'reads', '', 'rea\u0064\u0301']],
  ['*', ['', 'anything', '*'], []],
  ['note_*', ['note_', 'note_add'], ['note', 'a_note_add']],
  ['*_drop', ['_drop', 'note_drop'], ['note_dropped']],
  ['a*b*c', ['abc', 'aXbYc', 'abbcc'], ['acb', 'ab', 'aXc']],
  ['aa*aa', ['aaaa', 'aaXaa'], ['aaa', 'aa']],
  ['a.c', ['a.c'], ['abc']],
  ['__proto__', ['__proto__'], ['constructor']],
] as const) {
  test(`${pattern} matches ${yes.join(', ')} and not ${no.join(', ')}`, (t) => {
    for (const name of yes) t.true(matches(pattern, name), name)
    for (const name of no) t.false(matches(pattern, name), name)
  })
}

test('many stars take no longer', (t) => {
  const startedAt = performance.now()
  t.false(matches('*a'.repeat(500), `${'a'.repeat(100_000)}b`))
  t.true(performance.now() - startedAt < 2000)
})

test('what is denied is denied, whatever is allowed', (t) => {
  const rules = { ...OPEN, allow: ['note_*', 'read'], deny: ['*_drop'] }
  const kindOf = (name: unknown): string => judge(rules, ['mcp'], [call(name)]).kind
  t.is(kindOf('note_add'), 'pass')
  t.is(kindOf('read'), 'pass')
  for (const name of ['note_drop', 'write', 'Read', undefined, 1, ['read'], { read: 1 }, null]) {
    t.is(kindOf(name), 'unknown', String(name))
  }
})

test('every entry that matches counts, for all calls of a body', (t) => {
  const scopes = [
    { tools: 'note_*', scopes: ['n:write'] },
    { tools: '*_drop', scopes: ['n:admin', 'mcp'] },
  ]
  const rules = { ...OPEN, scopes }
  const missing = (held: readonly string[], ...names: string[]) => {
    const verdict = judge(
      rules,
      held,
      names.map((name) => call(name)),
    )
    return verdict.kind === 'scopes' ? verdict.missing : verdict.kind
  }
  t.is(missing(['mcp'], 'read'), 'pass')
  t.deepEqual(missing(['mcp'], 'note_add'), ['n:write'])
  t.deepEqual(missing(['mcp', 'n:write'], 'note_add', 'note_drop'), ['n:admin'])
  t.deepEqual(missing(['n:admin'], 'read', 'note_drop'), ['n:write', 'mcp'])
  t.is(missing(['mcp', 'n:write', 'n:admin'], 'note_drop'), 'pass')
  t.is(judge({ ...rules, deny: ['read'] }, [], [call('note_add'), call('read', 2)]).kind, 'unknown')
})

test('a list shows what its caller may call, in its order, and keeps the rest of the answer', (t) => {
  const rules = { ...OPEN, deny: ['b'], scopes: [{ tools: 'c', scopes: ['s:more'] }] }
  const tools = ['c', 'b', 'a'].map((name) => ({ name, title: name }))
  const answer = {
    jsonrpc: '2.0' as const,
    id: 1,
    result: { tools: [...tools, { name: 1 }, 'a', null], nextCursor: 'x', cacheScope: 'public' },
  }
  const seen = (more: Partial<ToolRules>, scopes: readonly string[]): unknown =>
    toVisibleList({ ...rules, ...more }, scopes, answer).result
  const rest = { nextCursor: 'x', cacheScope: 'private' }
  t.deepEqual(seen({}, ['mcp']), { tools: [tools[2]], ...rest })
  t.deepEqual(seen({}, ['mcp', 's:more']), { tools: [tools[0], tools[2]], ...rest })
  t.deepEqual(seen({ listed: 'all' }, []), { tools: [tools[0], tools[2]], ...rest })
  t.deepEqual(seen({ scopes: [], deny: ['a', 'c'] }, []), {
    tools: [tools[1]],
    nextCursor: 'x',
    cacheScope: 'public',
  })
  t.false(isListed(rules, ['mcp'], undefined))
})

test('an answer in which nothing is left out is the very same', (t) => {
  const list = { jsonrpc: '2.0' as const, id: 1, result: { tools: [{ name: 'a' }] } }
  const fault = { jsonrpc: '2.0' as const, id: 1, error: { code: 1, message: '' } }
  for (const answer of [list, fault]) t.is(toVisibleList(OPEN, [], answer), answer)
})

const refused = (text: string): string | undefined => {
  try {
    assertPlain(JSON.parse(text) as RpcMessage)
    return undefined
  } catch (error) {
    return error instanceof RpcFault ? `${error.status} ${error.message}` : 'thrown'
  }
}

for (const [text, message] of [
  ['{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call"}', 'the member "method"'],
  ['{"jsonrpc":"2.0","id":1,"method":"ping","PARAMS":{}}', 'the member "params"'],
  ['{"jsonrpc":"2.0","id":1,"method":"ping","param\\u017f":{}}', 'the member "params"'],
  ['{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","Name":"b"}}', '"name"'],
  [
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","tas\\u212a":{}}}',
    '"task"',
  ],
  ['{"jsonrpc":"2.0","method":"tools/call","params":{"name":"a"}}', 'needs an id'],
  ['{"jsonrpc":"2.0","id":1,"method":"Tools/Call","params":{"name":"a"}}', 'written so'],
  ['{"jsonrpc":"2.0","id":1,"method":" tools/call\\n","params":{"name":"a"}}', 'written so'],
] as const) {
  test(`${text} is refused`, (t) => {
    const fault = refused(text) ?? ''
    t.true(fault.startsWith('400 ') && fault.includes(message), fault)
  })
}

test('what nobody could take for something else passes', (t) => {
  for (const text of [
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"Name":"b"}}}',
    '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"Name":"b"},"extra":1,"__proto__":2}',
    '{"jsonrpc":"2.0","id":1,"result":{"Method":1}}',
    '{"jsonrpc":"2.0","method":"notifications/tools/call"}',
  ]) {
    t.is(refused(text), undefined, text)
  }
})
