/** What the bridge makes of messages and headers: lenient where clients differ, exact where they err. */

import test from 'ava'
import { fixture, startBridge } from '../support/bridge.ts'
import {
  allEvents,
  BOTH,
  initializeBody,
  json,
  note,
  open,
  type RpcBody,
  rpc,
  send,
} from '../support/mcp.ts'
import { rawOverSocket } from '../support/raw-over-socket.ts'
import { STATELESS, statelessBody } from '../support/stateless.ts'
import { verifies } from '../support/verifies.ts'

const bridge = await startBridge({ services: { fix: fixture('echoes.ts') } })
test.after.always(() => bridge.stop())

const REVISIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05']
/** Far above what reading takes, far below what backtracking does. */
const SLOW_MS = 1500

const post = (session: string | undefined, body: unknown, headers: Record<string, string> = {}) =>
  send(bridge, 'fix', body, { session, headers })

verifies('message-accepted', async (t) => {
  const { id } = await open(bridge, 'fix')
  for (const body of [
    note('notifications/initialized'),
    note('notifications/no/such', { a: 1 }),
    note('notifications/cancelled', { requestId: 'no-such-call' }),
    { jsonrpc: '2.0', id: 'never-asked', result: {} },
    { jsonrpc: '2.0', id: 'never-asked', error: { code: -1, message: 'no' } },
  ]) {
    const response = await post(id, body)
    t.is(response.status, 202)
    t.is(await response.text(), '')
  }
})

verifies('message-broken', async (t) => {
  const { id } = await open(bridge, 'fix')
  const deep = '['.repeat(100_000) + ']'.repeat(100_000)
  for (const [body, code] of [
    ['{"jsonrpc":', -32700],
    ['', -32700],
    ['nonsense', -32700],
    [Buffer.from([0x22, 0xff, 0x22]), -32700],
    ['[]', -32600],
    ['17', -32600],
    ['null', -32600],
    ['{}', -32600],
    [deep, -32600],
    [`{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":${deep}}}`, -32600],
    ['['.repeat(100_000), -32700],
    [{ jsonrpc: '1.0', id: 1, method: 'ping' }, -32600],
    [{ jsonrpc: '2.0', id: null, method: 'ping' }, -32600],
    [{ jsonrpc: '2.0', id: {}, method: 'ping' }, -32600],
    [{ jsonrpc: '2.0', id: 1, method: 5 }, -32600],
    [{ jsonrpc: '2.0', id: 1 }, -32600],
  ] as const) {
    const response = await post(id, body)
    const shown = String(typeof body === 'object' ? JSON.stringify(body) : body).slice(0, 60)
    t.is(response.status, 400, shown)
    t.like(await json(response), { jsonrpc: '2.0', error: { code } }, shown)
  }
  t.is((await json(post(id, rpc('echo', {}, 'after')))).id, 'after')
})

verifies('message-batches', async (t) => {
  const ids = Array.from({ length: 100 }, (_, n) => `n${n}`)
  for (const version of REVISIONS) {
    const { id } = await open(bridge, 'fix', { version })
    const batch = [...ids.slice(1).map((one) => rpc('echo', {}, one)), note('notifications/x')]
    const response = await post(id, batch)
    if (version !== '2025-03-26') {
      t.is(response.status, 400, version)
      t.is((await json(response)).error?.code, -32600)
      continue
    }
    const answers = (await response.json()) as RpcBody[]
    t.deepEqual(answers.map((one) => one.id).sort(), ids.slice(1).sort())
    const notes = await post(id, [note('notifications/x'), note('notifications/y')])
    t.is(notes.status, 202)
    const many = Array.from({ length: 10_000 }, (_, n) => rpc('echo', {}, n))
    for (const refused of [many, [initializeBody()], []]) {
      t.is((await post(id, refused)).status, 400)
    }
    t.is((await post(id, rpc('echo'))).status, 200)
  }
})

verifies('message-untouched', async (t) => {
  const { id } = await open(bridge, 'fix')
  const params = { a: [1, null, { b: 'ü\u2028\u0000' }], _meta: { 'x.example/y': true }, empty: {} }
  const { result } = await json(post(id, { ...rpc('no/such', params), 'x-extra': { kept: 1 } }))
  t.deepEqual(result?.['params'], params)
  t.is((await post(id, note('notifications/no/such', params))).status, 202)
  const asked = (await json(post(id, rpc('asked')))).result?.['asked'] as object[]
  t.like(asked[0], { method: 'no/such', 'x-extra': { kept: 1 } })
  const heard = (await json(post(id, rpc('heard')))).result?.['heard'] as object[]
  t.deepEqual(heard.at(-1), note('notifications/no/such', params))
  const [said] = await allEvents(await post(id, rpc('notify', { n: params })))
  t.deepEqual(said?.params, { n: params })
})

verifies('accept-leniently', async (t) => {
  for (const [accept, type] of [
    [BOTH, 'application/json'],
    ['text/event-stream, application/json', 'application/json'],
    ['application/json;q=0.5, text/event-stream;q=0.9', 'application/json'],
    ['*/*', 'application/json'],
    ['', 'application/json'],
    ['application/json', 'application/json'],
    ['APPLICATION/JSON', 'application/json'],
    ['application/*', 'application/json'],
    ['text/event-stream', 'text/event-stream'],
    ['text/html', 'application/json'],
  ] as const) {
    const { id } = await open(bridge, 'fix', { accept })
    const response = await send(bridge, 'fix', rpc('echo', {}, 'x'), { session: id, accept })
    t.is(response.status, 200, accept)
    t.is(response.headers.get('content-type'), type, accept)
    t.is((await json(response)).id, 'x')
  }
  const { id: session } = await open(bridge, 'fix')
  for (const accept of ['application/json', 'text/html']) {
    t.is((await send(bridge, 'fix', undefined, { session, accept })).status, 406)
  }
  const answer = await rawOverSocket(bridge, '/fix/mcp', rpc('echo'), { 'mcp-session-id': session })
  t.is(answer.status, 200, 'without the header at all, nor a content type')
})

verifies('accept-no-slow-parsing', async (t) => {
  const { id } = await open(bridge, 'fix')
  for (const evil of [
    `${'a/b;q=0.'.repeat(1700)}`,
    `a/b;q=${'0'.repeat(14_000)}x`,
    ';'.repeat(14_000),
    ' '.repeat(14_000),
    `application/json;${' '.repeat(13_000)}q=0${' '.repeat(900)}!`,
    `${'*/*,'.repeat(3500)}`,
  ]) {
    for (const name of ['accept', 'mcp-protocol-version', 'mcp-session-id', 'last-event-id']) {
      const startedAt = performance.now()
      const response = await send(bridge, 'fix', name === 'last-event-id' ? undefined : rpc('x'), {
        session: id,
        headers: { [name]: evil },
        ...(name === 'accept' ? { accept: evil } : {}),
      })
      await response.body?.cancel()
      const ms = performance.now() - startedAt
      t.true(ms < SLOW_MS, `${name} ${evil.slice(0, 20)}: ${ms} ms`)
      t.true(response.status < 500)
    }
  }
})

verifies('version-negotiated', async (t) => {
  for (const [version, settled] of [
    ...REVISIONS.map((one) => [one, one] as const),
    ['2026-07-28', '2025-11-25'],
    ['2099-01-01', '2025-11-25'],
  ] as const) {
    const { answer } = await open(bridge, 'fix', { version })
    t.is(answer.result?.['protocolVersion'], settled)
  }
})

verifies('version-header', async (t) => {
  const headers = (version: string) => ({ 'mcp-protocol-version': version })
  const begun = await post(undefined, initializeBody(), headers('1900-01-01'))
  t.is(begun.status, 200, 'initialize says in its body what it wants')
  const { id } = await open(bridge, 'fix', { version: '2025-06-18' })
  t.is((await post(id, rpc('echo'))).status, 200)
  for (const version of [...REVISIONS, '2026-07-28']) {
    t.is((await post(id, rpc('echo'), headers(version))).status, 200, version)
  }
  for (const version of ['1900-01-01', 'DRAFT', '2025-11-26']) {
    const response = await post(id, rpc('echo'), headers(version))
    t.is(response.status, 400, version)
    t.deepEqual((await json(response)).error?.data?.['supported'], [STATELESS, ...REVISIONS])
    t.is(
      (await send(bridge, 'fix', undefined, { session: id, headers: headers(version) })).status,
      400,
    )
  }
})

verifies('version-stateless', async (t) => {
  const { id } = await open(bridge, 'fix')
  const whole = (method: string) => ({
    'mcp-protocol-version': STATELESS,
    'mcp-method': method,
  })
  for (const [method, params, code] of [
    ['server/discover', {}, -32602],
    ['tools/list', { _meta: { 'io.modelcontextprotocol/protocolVersion': STATELESS } }, -32602],
  ] as const) {
    const response = await post(id, rpc(method, params), whole(method))
    t.is(response.status, 400)
    t.is((await json(response)).error?.code, code)
  }
  const response = await post(id, statelessBody('tools/list'), whole('tools/list'))
  t.is(response.headers.get('mcp-session-id'), null)
  await response.text()
  const { result } = await json(post(id, rpc('asked')))
  t.deepEqual(result?.['asked'], [], 'the server of the session has seen none of it')
})
