import test from 'ava'
import { fixture, startBridge } from '../../support/bridge.ts'
import { BOTH, initializeBody, json, note, open, rpc, send } from '../../support/mcp.ts'
import { socketFetch } from '../../support/socket-fetch.ts'

const bridge = await startBridge({
  services: { fix: fixture('echoes.ts'), own: fixture('echoes.ts', { isolation: 'user' }) },
})
test.after.always(() => bridge.stop())

const URL = 'http://gateway/fix/mcp'
const LEGACY = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05']
const SERVED = ['2026-07-28', ...LEGACY]

test('answers healthz to anybody on the socket', async (t) => {
  t.is((await socketFetch(bridge.socket)('http://gateway/healthz')).status, 200)
})

const headers = bridge.headers()
const without = (...names: string[]) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)))

for (const [title, given] of [
  ['no edge secret', without('x-gateway-edge')],
  ['a near miss of the edge secret', { ...headers, 'x-gateway-edge': 'edge-secret-of-the-test' }],
  ['no user', without('x-user-id')],
  ['no client', without('x-auth-client')],
  ['an identity that is not percent-encoded', { ...headers, 'x-user-id': '%E0%A4%A' }],
] as const) {
  test(`refuses ${title} with 403`, async (t) => {
    const fetch = socketFetch(bridge.socket, given)
    const response = await fetch(URL, { method: 'POST', body: JSON.stringify(initializeBody()) })
    t.is(response.status, 403)
    t.is(response.headers.get('mcp-session-id'), null)
  })
}

for (const method of ['PUT', 'HEAD', 'OPTIONS', 'PATCH']) {
  test(`answers ${method} with 405 and what is allowed`, async (t) => {
    const response = await send(bridge, 'fix', undefined, { method })
    t.is(response.status, 405)
    t.is(response.headers.get('allow'), 'GET, POST, DELETE')
  })
}

test('tells what it refuses also to a client that reads streams alone', async (t) => {
  const { id } = await open(bridge, 'own')
  const refused = rpc('resources/subscribe', { uri: `x:${'x'.repeat(2000)}` }, 7)
  const asJson = await send(bridge, 'own', refused, { session: id })
  t.is(asJson.status, 400)
  const { error } = await json(asJson)
  t.true(error !== undefined)
  const asStream = await send(bridge, 'own', refused, { session: id, accept: 'text/event-stream' })
  t.is(asStream.headers.get('content-type'), 'text/event-stream')
  t.deepEqual(await json(asStream), { jsonrpc: '2.0', id: 7, error } as object)
})

test('knows no service that the catalogue does not have', async (t) => {
  t.is((await send(bridge, 'nothing', initializeBody())).status, 404)
})

for (const [title, body, status, code] of [
  ['broken JSON', '{"jsonrpc":', 400, -32700],
  ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 400, -32700],
  ['another protocol', { jsonrpc: '1.0', id: 1, method: 'ping' }, 400, -32600],
  ['a null id', { jsonrpc: '2.0', id: null, method: 'ping' }, 400, -32600],
  ['an empty batch', [], 400, -32600],
  ['a batch of 101', Array.from({ length: 101 }, () => rpc('ping')), 400, -32600],
  ['JSON 100,000 deep', '['.repeat(100_000) + ']'.repeat(100_000), 400, -32600],
  ['more values than are read at once', JSON.stringify(Array(300_001).fill(0)), 413, -32600],
  ['a body of 11 MB', JSON.stringify(rpc('ping', { x: 'x'.repeat(11_000_000) })), 413, -32600],
] as const) {
  test(`refuses ${title}`, async (t) => {
    const response = await send(bridge, 'fix', body)
    t.is(response.status, status)
    t.is((await json(response)).error?.code, code)
  })
}

test('refuses a request nested too deeply and stays alive', async (t) => {
  const { id } = await open(bridge, 'fix')
  const deep = '['.repeat(50_000) + ']'.repeat(50_000)
  const body = `{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":${deep}}}`
  const response = await send(bridge, 'fix', body, { session: id })
  t.is(response.status, 400)
  t.is((await send(bridge, 'fix', rpc('echo'), { session: id })).status, 200)
})

test('passes a body of 9 MB both ways', async (t) => {
  const { id } = await open(bridge, 'fix')
  const text = 'x'.repeat(9_000_000)
  const { result } = await json(send(bridge, 'fix', rpc('echo', { text }), { session: id }))
  t.is((result?.['params'] as { text: string } | undefined)?.text, text)
})

for (const [title, accept, type] of [
  ['both', BOTH, 'application/json'],
  ['anything', '*/*', 'application/json'],
  ['JSON only', 'application/json', 'application/json'],
  ['a stream only', 'text/event-stream', 'text/event-stream'],
  ['HTML', 'text/html', 'application/json'],
] as const) {
  test(`answers a client that accepts ${title} with ${type}`, async (t) => {
    const { id } = await open(bridge, 'fix')
    const response = await send(bridge, 'fix', rpc('echo'), { session: id, accept })
    t.is(response.status, 200)
    t.is(response.headers.get('content-type'), type)
    t.regex(await response.text(), /"method":"echo"/)
  })
}

test('answers notifications with 202 and nothing', async (t) => {
  const { id } = await open(bridge, 'fix')
  const response = await send(bridge, 'fix', note('notifications/x'), { session: id })
  t.is(response.status, 202)
  t.is(await response.text(), '')
})

for (const version of LEGACY) {
  test(`settles on ${version} when asked for it`, async (t) => {
    const { answer } = await open(bridge, 'fix', { version })
    t.is(answer.result?.['protocolVersion'], version)
  })
}

test('answers an initialize for 2026-07-28 with 2025-11-25', async (t) => {
  const { answer } = await open(bridge, 'fix', { version: '2026-07-28' })
  t.is(answer.result?.['protocolVersion'], '2025-11-25')
})

test('ignores the revision header on initialize', async (t) => {
  const response = await send(bridge, 'fix', initializeBody(), {
    headers: { 'mcp-protocol-version': '1900-01-01' },
  })
  t.is(response.status, 200)
})

for (const [version, status] of [
  ['1900-01-01', 400],
  ['2025-11-26', 400],
  ['2025-11-25', 200],
  ['2026-07-28', 200],
  [undefined, 200],
] as const) {
  test(`answers a request with revision header ${version} with ${status}`, async (t) => {
    const { id } = await open(bridge, 'fix')
    const response = await send(bridge, 'fix', rpc('echo'), {
      session: id,
      headers: version === undefined ? {} : { 'mcp-protocol-version': version },
    })
    t.is(response.status, status)
    if (status === 400) t.deepEqual((await json(response)).error?.data?.['supported'], SERVED)
  })
}

test('a session may name the revision that its server has settled on, whatever that is', async (t) => {
  const version = '2024-10-07'
  const { id, answer } = await open(bridge, 'fix', { version })
  t.is(answer.result?.['protocolVersion'], version)
  const headers = { 'mcp-protocol-version': version }
  t.is((await send(bridge, 'fix', rpc('echo'), { session: id, headers })).status, 200)
  const stream = await send(bridge, 'fix', undefined, { session: id, headers })
  t.is(stream.status, 200)
  await stream.body?.cancel()
  const other = await open(bridge, 'fix')
  t.is((await send(bridge, 'fix', rpc('echo'), { session: other.id, headers })).status, 400)
})

const envelope = { _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } }
for (const [title, body] of [
  ['server/discover', rpc('server/discover', envelope)],
  ['server/discover without an envelope', rpc('server/discover')],
  ['tools/list with half an envelope', rpc('tools/list', envelope)],
] as const) {
  test(`says what ${title} lacks, and no session’s server sees it`, async (t) => {
    const { id } = await open(bridge, 'fix')
    const response = await send(bridge, 'fix', body, { session: id })
    const answer = await json(response)
    t.is(response.status, 400)
    t.is(answer.id, 1)
    t.is(answer.error?.code, -32602)
    t.regex(answer.error?.message ?? '', /_meta: .*clientCapabilities must be an object/)
  })
}

test('takes batches in 2025-03-26 and answers each request once', async (t) => {
  const { id } = await open(bridge, 'fix', { version: '2025-03-26' })
  const batch = [rpc('echo', {}, 'a'), note('notifications/x'), rpc('echo', {}, 'b')]
  const response = await send(bridge, 'fix', batch, { session: id, accept: 'application/json' })
  const answers = (await response.json()) as { id: string }[]
  t.deepEqual(answers.map((one) => one.id).sort(), ['a', 'b'])
})

for (const version of ['2025-06-18', '2025-11-25', '2024-11-05']) {
  test(`refuses batches in ${version}`, async (t) => {
    const { id } = await open(bridge, 'fix', { version })
    const response = await send(bridge, 'fix', [rpc('echo')], { session: id })
    t.is(response.status, 400)
    t.is((await json(response)).error?.code, -32600)
  })
}

test('logs a request without its body', async (t) => {
  const { id } = await open(bridge, 'fix', { caller: { user: 'dev:logged', client: 'c9' } })
  const caller = { user: 'dev:logged', client: 'c9' }
  const body = rpc('echo', { secret: 'canary-in-body' })
  await (await send(bridge, 'fix', body, { session: id, caller })).text()
  await new Promise((resolve) => setTimeout(resolve, 50))
  const line = bridge.log.find((one) => one['user'] === 'dev:logged' && one['method'] === 'echo')
  t.like(line, {
    client_id: 'c9',
    service: 'fix',
    status: 200,
    request_id: 'request-of-the-test',
  })
  t.false(JSON.stringify(bridge.log).includes('canary-in-body'))
})
