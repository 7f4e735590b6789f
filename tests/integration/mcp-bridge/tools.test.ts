/** Rules about tools, attacked; and what is kept of each call. */

import test, { type ExecutionContext } from 'ava'
import { type AuditRecord, lastAudit } from '../../../lib/store/audit-record.ts'
import { fixture, startBridge } from '../../support/bridge.ts'
import { until } from '../../support/gateway-process.ts'
import {
  allEvents,
  initializeBody,
  json,
  note,
  open,
  type RawOptions,
  rpc,
  send,
} from '../../support/mcp.ts'

const WAIT_MS = 15_000
const scopes = { write: 'Change notes.', admin: 'Drop notes.' }
const RULES = {
  allow: ['read', 'write', 'note_*', 'fails', 'errs', 'dies'],
  deny: ['note_secret'],
  scopes: { write: ['write'], 'note_*': ['ruled:write'], note_drop: ['admin'] },
}
const ECHO_RULES = {
  allow: ['echo', 'wait', 'whoami'],
  deny: ['whoami'],
  scopes: { wait: ['slow'] },
}
const bridge = await startBridge({
  services: {
    ruled: fixture('offers-tools.ts', { tools: RULES, scopes }),
    all: fixture('offers-tools.ts', {
      tools: { deny: RULES.deny, scopes: { '*': ['write'] }, listed: 'all' },
      scopes,
    }),
    free: fixture('offers-tools.ts', { isolation: 'user' }),
    kept: fixture('offers-tools.ts', { audit: 'arguments' }),
    echo: { tools: ECHO_RULES, scopes: { slow: 'Wait.' } },
  },
})
const store = await bridge.valkey.connect()
test.after.always(() => bridge.stop())

const call = (name: unknown, more: object = {}, id: unknown = 1): object =>
  rpc('tools/call', { name, arguments: {}, ...more }, id)

/** What the server was asked to do, as it says itself. */
async function called(service: string, options: RawOptions): Promise<unknown> {
  return (await json(send(bridge, service, rpc('called'), options))).result?.['called']
}

async function seat(service: string, options: RawOptions & { version?: string } = {}) {
  return { ...options, session: (await open(bridge, service, options)).id }
}

let users = 0
const somebody = (...more: string[]) => {
  users += 1
  return { user: `dev:user-${users}`, scopes: ['mcp', ...more] }
}

async function recordsOf(user: string, count: number): Promise<AuditRecord[]> {
  const find = async (): Promise<AuditRecord[]> =>
    (await lastAudit(store, 1000, (one) => one.user === user)).map(({ record }) => record)
  await until(async () => (await find()).length >= count, WAIT_MS)
  return await find()
}

const namesIn = (result: Record<string, unknown> | undefined): unknown =>
  (result?.['tools'] as { name: string }[] | undefined)?.map(({ name }) => name)

for (const [service, held, first, second] of [
  ['ruled', [], ['read'], ['fails', 'errs', 'dies']],
  ['ruled', ['ruled:write'], ['read', 'write', 'note_add'], ['fails', 'errs', 'dies']],
  [
    'all',
    [],
    ['read', 'write', 'note_add', 'note_drop'],
    ['danger', 'Read', 'fails', 'errs', 'dies'],
  ],
] as const) {
  test(`${service}: the pages of the list for who has ${held.join() || 'the base scope'}`, async (t) => {
    const options = await seat(service, { caller: somebody(...held) })
    const one = await json(send(bridge, service, rpc('tools/list'), options))
    t.deepEqual(namesIn(one.result), [...first])
    t.is(one.result?.['nextCursor'], 'two')
    const two = await json(send(bridge, service, rpc('tools/list', { cursor: 'two' }), options))
    t.deepEqual(namesIn(two.result), [...second])
    t.false('nextCursor' in (two.result ?? {}))
  })
}

test('a tool that is not for anybody is unknown, and never called', async (t) => {
  const caller = somebody('ruled:write', 'ruled:admin')
  const options = await seat('ruled', { caller })
  for (const name of ['danger', 'note_secret', 'Read', 'read ', 'nothing', 'rea\u0064\u0301']) {
    const response = await send(bridge, 'ruled', call(name), options)
    t.is(response.status, 200)
    t.deepEqual(await response.json(), {
      jsonrpc: '2.0',
      id: 1,
      error: { code: -32602, message: `Unknown tool: ${name}` },
    })
  }
  for (const name of [undefined, 1, null, ['read'], { name: 'read' }]) {
    const { error } = await json(send(bridge, 'ruled', call(name), options))
    t.deepEqual(error, { code: -32602, message: 'the call names no tool' })
  }
  t.deepEqual(await called('ruled', options), [])
  const records = await recordsOf(caller.user, 11)
  t.deepEqual(records.map(({ outcome, target }) => [outcome, target]).slice(0, 2), [
    ['denied', 'danger'],
    ['denied', 'note_secret'],
  ])
})

test('a scope that is missing is asked for, beside what was granted', async (t) => {
  const caller = somebody('openid')
  const options = await seat('ruled', { caller })
  const response = await send(bridge, 'ruled', call('note_drop'), options)
  t.is(response.status, 403)
  t.is(
    response.headers.get('www-authenticate'),
    'Bearer resource_metadata="http://localhost:8642/.well-known/oauth-protected-resource/ruled/mcp", ' +
      'scope="mcp openid ruled:write ruled:admin", error="insufficient_scope", ' +
      'error_description="this tool needs a further scope"',
  )
  const { id, error } = await json(response)
  t.is(id, 1)
  t.deepEqual(error, {
    code: -32000,
    message: 'this tool needs a further scope: ruled:write ruled:admin',
    data: { error: 'insufficient_scope', scope: 'ruled:write ruled:admin' },
  })
  t.deepEqual(await called('ruled', options), [])
  // The same session, with a token that has it.
  const more = { ...options, caller: { ...caller, scopes: ['mcp', 'ruled:write', 'ruled:admin'] } }
  t.truthy((await json(send(bridge, 'ruled', call('note_drop'), more))).result)
  t.deepEqual(await called('ruled', options), ['note_drop'])
})

test('of a batch with one that must not be called nothing is done', async (t) => {
  const caller = somebody()
  const options = await seat('ruled', { caller, version: '2025-03-26' })
  const mixed = (name: string): object[] => [
    call('read', {}, 1),
    call(name, {}, 2),
    rpc('ping', {}, 3),
  ]
  const unknown = await send(bridge, 'ruled', mixed('danger'), options)
  t.is(unknown.status, 400)
  t.like(await unknown.json(), { id: 2, error: { code: -32602 } })
  const scope = await send(bridge, 'ruled', mixed('write'), options)
  t.is(scope.status, 403)
  t.regex(scope.headers.get('www-authenticate') ?? '', /scope="mcp ruled:write"/)
  t.deepEqual(await called('ruled', options), [])
  const fine = (await (await send(bridge, 'ruled', mixed('read'), options)).json()) as unknown[]
  t.is(fine.length, 3)
  t.deepEqual(await called('ruled', options), ['read', 'read'])
  const records = await recordsOf(caller.user, 6)
  t.deepEqual(
    records.map(({ outcome }) => outcome),
    ['denied', 'denied', 'denied', 'denied', 'ok', 'ok'],
  )
  t.true(records.every(({ details }) => Number(details?.['request_bytes']) < 120))
})

const PING = '"jsonrpc":"2.0","id":1,"method":"ping"'
for (const [what, body, status] of [
  [
    'a member that some take for the method',
    `{${PING},"Method":"tools/call","params":{"name":"danger"}}`,
    400,
  ],
  [
    'a name that some take for the name',
    `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read","NAME":"danger"}}`,
    400,
  ],
  [
    'a method in other letters',
    '{"jsonrpc":"2.0","id":1,"method":"Tools/call","params":{"name":"danger"}}',
    400,
  ],
  [
    'a call without an id',
    '{"jsonrpc":"2.0","method":"tools/call","params":{"name":"danger"}}',
    400,
  ],
  [
    'a method said twice',
    '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"name":"danger"},"method":"tools/call"}',
    200,
  ],
  [
    'a name said twice',
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read","name":"danger"}}',
    200,
  ],
  [
    'an escaped name',
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"dang\\u0065r"}}',
    200,
  ],
  [
    'a task',
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"danger","task":{"ttl":1000}}}',
    200,
  ],
  [
    'an oversized body',
    `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"danger","a":"${'x'.repeat(11_000_000)}"}}`,
    413,
  ],
] as const) {
  test(`no way around the rules: ${what}`, async (t) => {
    const options = await seat('ruled', { caller: somebody() })
    const response = await send(bridge, 'ruled', body, options)
    t.is(response.status, status)
    t.truthy((await json(response)).error)
    t.deepEqual(await called('ruled', options), [])
  })
}

test('a session does not begin with what could be a call as well', async (t) => {
  const body = { ...initializeBody(), Method: 'tools/call', Params: { name: 'danger' } }
  const response = await send(bridge, 'ruled', body, { caller: somebody() })
  t.is(response.status, 400)
  t.regex((await json(response)).error?.message ?? '', /must be written so/)
})

test('headers change nothing', async (t) => {
  const options = await seat('ruled', { caller: somebody() })
  const headers = { 'mcp-method': 'tools/list', 'mcp-name': 'read', 'x-auth-scopes': 'mcp' }
  const { error } = await json(send(bridge, 'ruled', call('danger'), { ...options, headers }))
  t.is(error?.message, 'Unknown tool: danger')
  t.deepEqual(await called('ruled', options), [])
})

async function ask(t: ExecutionContext, service: string, bodies: readonly object[]) {
  const caller = somebody()
  const options = await seat(service, { caller })
  for (const body of bodies) await json(send(bridge, service, body, options)).catch(() => {})
  const records = await recordsOf(caller.user, bodies.length)
  t.is(records.length, bodies.length)
  return { records, caller, options }
}

test('each call is kept with what came of it, and nothing of what it was about', async (t) => {
  const secret = { arguments: { text: 'canary' } }
  const bodies = ['read', 'fails', 'errs', 'dies'].map((name) => call(name, secret))
  const { records, caller } = await ask(t, 'free', bodies)
  t.deepEqual(
    records.map(({ target, outcome }) => [target, outcome]),
    [
      ['read', 'ok'],
      ['fails', 'tool_error'],
      ['errs', 'error'],
      ['dies', 'lost'],
    ],
  )
  const [first, , error] = records
  t.like(first, {
    room: 'mcp-bridge',
    action: 'tools/call',
    user: caller.user,
    client_id: 'client-1',
    service: 'free',
    request_id: 'request-of-the-test',
  })
  t.true(Math.abs(Date.now() - (first?.at ?? 0)) < 60_000)
  t.is(first?.details?.['request_bytes'], JSON.stringify(bodies[0]).length)
  const answer = {
    jsonrpc: '2.0',
    id: 1,
    result: { content: [{ type: 'text', text: 'done' }], isError: false },
  }
  t.is(first?.details?.['answer_bytes'], JSON.stringify(answer).length)
  t.is(error?.details?.['code'], -32050)
  t.false(JSON.stringify(records).includes('canary'))
})

test('a call that is cancelled is kept as that, with the time it took', async (t) => {
  const caller = somebody()
  const options = await seat('free', { caller })
  const waiting = send(bridge, 'free', call('read', { arguments: { ms: 60_000 } }, 'c'), options)
  await until(async () => ((await called('free', options)) as unknown[]).length === 1, WAIT_MS)
  await send(bridge, 'free', note('notifications/cancelled', { requestId: 'c' }), options)
  await (await waiting).text()
  const [record] = await recordsOf(caller.user, 1)
  t.is(record?.outcome, 'cancelled')
  t.true((record?.duration_ms ?? -1) >= 0)
})

test('what is waited for when the session ends is lost; a call whose client has left is not', async (t) => {
  const caller = somebody()
  const options = await seat('free', { caller })
  const left = new AbortController()
  const leaving = send(bridge, 'free', call('read', { arguments: { ms: 2500 } }, 'l'), {
    ...options,
    accept: 'application/json',
    signal: left.signal,
  })
  const waiting = send(bridge, 'free', call('write', { arguments: { ms: 60_000 } }, 'w'), options)
  await until(async () => ((await called('free', options)) as unknown[]).length === 2, WAIT_MS)
  left.abort()
  await t.throwsAsync(leaving)
  const [done] = await recordsOf(caller.user, 1)
  t.like(done, { target: 'read', outcome: 'ok' })
  t.false('answer_bytes' in (done?.details ?? {}), 'nobody took it')
  t.true((done?.duration_ms ?? 0) >= 2400)
  await send(bridge, 'free', undefined, { ...options, method: 'DELETE' })
  await (await waiting).text()
  t.like((await recordsOf(caller.user, 2))[1], { target: 'write', outcome: 'lost' })
})

test('arguments are kept where the operator says so: bounded, and without what is called a secret', async (t) => {
  const values = {
    path: '/a',
    password: 'canary',
    nested: [{ 'X-Api-Key': 'canary', accessToken: { is: 'canary' } }],
    long: 'x'.repeat(1000),
  }
  const many = Object.fromEntries(Array.from({ length: 2000 }, (_, count) => [`name ${count}`, 1]))
  const { records } = await ask(t, 'kept', [
    call('read', { arguments: values }),
    call('read', { arguments: many }),
    call('read', { arguments: { text: 'x'.repeat(100_000) } }),
    call('read'),
  ])
  const kept = records.map(({ details }) => String(details?.['arguments']))
  t.deepEqual(JSON.parse(kept[0] ?? ''), {
    path: '/a',
    password: '[redacted]',
    nested: [{ 'X-Api-Key': '[redacted]', accessToken: '[redacted]' }],
    long: `${'x'.repeat(256)}…`,
  })
  t.is(kept[1]?.length, 4097)
  t.regex(kept[2] ?? '', /^\(not kept: \d+ bytes\)$/)
  t.is(kept[3], '{}')
})

test('echo, whose answers pass through: its list is filtered as JSON and as a stream', async (t) => {
  const caller = somebody()
  for (const accept of [
    'application/json',
    'text/event-stream',
    'application/json, text/event-stream',
  ]) {
    const options = await seat('echo', { caller, accept })
    const { result } = await json(send(bridge, 'echo', rpc('tools/list'), options))
    t.deepEqual(namesIn(result), ['echo'], accept)
    const more = { ...options, caller: { ...caller, scopes: ['mcp', 'echo:slow'] } }
    const other = await json(send(bridge, 'echo', rpc('tools/list'), more))
    t.deepEqual(namesIn(other.result), ['echo', 'wait'], accept)
  }
})

test('echo: what is denied, or needs a scope, does not reach it; each call is kept', async (t) => {
  const caller = somebody()
  const options = await seat('echo', { caller })
  const doubled =
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami","name":"echo","arguments":{"message":"hü"}}}'
  t.is((await json(send(bridge, 'echo', call('whoami'), options))).error?.code, -32602)
  t.is((await send(bridge, 'echo', call('wait'), options)).status, 403)
  t.regex(JSON.stringify(await json(send(bridge, 'echo', doubled, options))), /hü/)
  const more = { ...options, caller: { ...caller, scopes: ['mcp', 'echo:slow'] } }
  const wait = call('wait', { arguments: { seconds: 0.2, steps: 2 }, _meta: { progressToken: 1 } })
  const told = await allEvents(await send(bridge, 'echo', wait, more))
  t.deepEqual(
    told.map(({ method }) => method),
    ['notifications/progress', 'notifications/progress', undefined],
  )
  await json(send(bridge, 'echo', call('wait', { arguments: { seconds: 'x' } }), more))
  const records = await recordsOf(caller.user, 5)
  t.deepEqual(
    records.map(({ target, outcome }) => [target, outcome]),
    [
      ['whoami', 'denied'],
      ['wait', 'denied'],
      ['echo', 'ok'],
      ['wait', 'ok'],
      ['wait', 'tool_error'],
    ],
  )
  t.true(Number(records[2]?.details?.['answer_bytes']) > 20)
})

test('the log of an exchange names the tool', async (t) => {
  const options = await seat('free', { caller: somebody() })
  await json(send(bridge, 'free', call('note_add'), options))
  const isIt = (line: Readonly<Record<string, unknown>>): boolean =>
    line['msg'] === 'request' && line['tool'] === 'note_add'
  await until(() => bridge.log.some(isIt), WAIT_MS)
  t.true(bridge.log.some(isIt))
})
