import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { fixture, startBridge } from '../../support/bridge.ts'
import { allEvents, events, fixtureInfo, json, note, open, rpc, send } from '../../support/mcp.ts'

const bridge = await startBridge({
  services: {
    fix: fixture('echoes.ts'),
    strict: fixture('echoes.ts', { roots: 'deny' }),
    mine: fixture('echoes.ts', { isolation: 'user' }),
  },
})
test.after.always(() => bridge.stop())

test('gives each of many equal ids in one session its own answer', async (t) => {
  const { id } = await open(bridge, 'fix')
  const asked = Array.from({ length: 40 }, (_, n) => ({ n, ms: (40 - n) * 5 }))
  const answers = await Promise.all(
    asked.map((params) => json(send(bridge, 'fix', rpc('later', params, 7), { session: id }))),
  )
  t.deepEqual(
    answers.map(({ id: answered, result }) => ({ answered, params: result?.['params'] })),
    asked.map((params) => ({ answered: 7, params })),
  )
})

test('keeps the kind of an id', async (t) => {
  const { id } = await open(bridge, 'fix')
  for (const given of ['1', 1, 'x y', 0, -5, 1.5]) {
    t.is((await json(send(bridge, 'fix', rpc('echo', {}, given), { session: id }))).id, given)
  }
})

test('numbers that no double holds stay what they are: of a request, its progress, and its cancelling', async (t) => {
  const { id } = await open(bridge, 'fix')
  const post = (body: string, accept?: string) =>
    send(bridge, 'fix', body, { session: id, ...(accept && { accept }) })
  const large = '9007199254740993'
  const echoed = await post(`{"jsonrpc":"2.0","id":${large},"method":"echo"}`)
  t.regex(await echoed.text(), new RegExp(`"id":${large}`))
  const ticking = await post(
    `{"jsonrpc":"2.0","id":1,"method":"tick","params":{"_meta":{"progressToken":${large}}}}`,
  )
  t.regex(await ticking.text(), new RegExp(`"progressToken":${large}`))
  const waiting = post(
    `{"jsonrpc":"2.0","id":${large},"method":"later","params":{"ms":60000}}`,
    'application/json',
  )
  const cancel = (requestId: string) =>
    post(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${requestId}}}`)
  await sleep(200)
  // One that is the same as a double.
  await cancel('9007199254740992')
  const early = await Promise.race([waiting.then(() => 'ended'), sleep(300, 'waits')])
  t.is(early, 'waits')
  await cancel(large)
  t.regex(await (await waiting).text(), new RegExp(`"id":${large}.*cancelled`))
})

test('passes what it does not know untouched', async (t) => {
  const { id } = await open(bridge, 'fix')
  const params = { a: [1, null, { b: 'ü\u2028' }], _meta: { 'x.example/y': true }, empty: {} }
  const { result } = await json(send(bridge, 'fix', rpc('no/such', params), { session: id }))
  t.like(result, { method: 'no/such' })
  t.deepEqual(result?.['params'], params)
})

test('streams progress to the call it belongs to, under the token of the client', async (t) => {
  const { id } = await open(bridge, 'fix')
  const tick = (token: unknown, n: number) =>
    send(bridge, 'fix', rpc('tick', { _meta: { progressToken: token } }, n), { session: id })
  const streams = await Promise.all([tick('same', 1), tick('same', 2), tick(3, 3)])
  for (const [index, response] of streams.entries()) {
    t.is(response.headers.get('content-type'), 'text/event-stream')
    t.is(response.headers.get('x-accel-buffering'), 'no')
    t.is(response.headers.get('cache-control'), 'no-cache, no-transform')
    const got = await allEvents(response)
    t.deepEqual(
      got.map(({ params, id: answered }) => params?.['progress'] ?? answered),
      [1, 2, 3, index + 1],
    )
    t.true(
      got.slice(0, 3).every(({ params }) => params?.['progressToken'] === (index < 2 ? 'same' : 3)),
    )
  }
})

test('answers a client that reads no stream with the response alone', async (t) => {
  const { id } = await open(bridge, 'fix')
  const body = rpc('tick', { _meta: { progressToken: 1 } })
  const response = await send(bridge, 'fix', body, { session: id, accept: 'application/json' })
  t.is((await json(response)).id, 1)
})

test('streams what the server says in the only open call', async (t) => {
  const { id } = await open(bridge, 'fix')
  const got = await allEvents(await send(bridge, 'fix', rpc('notify', { n: 5 }), { session: id }))
  t.deepEqual(
    got.map(({ method }) => method),
    ['notifications/message', undefined],
  )
})

test('keeps what the server says until somebody listens', async (t) => {
  const { id } = await open(bridge, 'fix')
  for (const n of [1, 2]) {
    const options = { session: id, accept: 'application/json' }
    await json(send(bridge, 'fix', rpc('notify', { n }), options))
  }
  const stream = await send(bridge, 'fix', undefined, { session: id })
  const got: unknown[] = []
  for await (const { params } of events(stream)) {
    got.push(params?.['n'])
    if (got.length === 2) break
  }
  t.deepEqual(got, [1, 2])
})

test('a new listening stream ends the one before', async (t) => {
  const { id } = await open(bridge, 'fix')
  const first = await send(bridge, 'fix', undefined, { session: id })
  const second = await send(bridge, 'fix', undefined, { session: id })
  t.deepEqual(await allEvents(first), [])
  t.is(second.status, 200)
  await second.body?.cancel()
})

for (const accept of ['application/json', 'text/html']) {
  test(`refuses a listening stream for a client that accepts ${accept}`, async (t) => {
    const { id } = await open(bridge, 'fix')
    t.is((await send(bridge, 'fix', undefined, { session: id, accept })).status, 406)
  })
}

test("brings the client's answer to the server, and none that was not asked for", async (t) => {
  const { id } = await open(bridge, 'fix', { capabilities: { sampling: {} } })
  const stream = await send(bridge, 'fix', rpc('ask', { what: 'sampling/createMessage' }), {
    session: id,
  })
  const [asked] = await allEvents(stream)
  t.like(asked, { id: 'asked-by-server', method: 'sampling/createMessage' })
  const answer = { jsonrpc: '2.0', id: 'asked-by-server', result: { content: 'yes' } }
  for (const body of [{ ...answer, id: 'never-asked' }, answer, answer]) {
    t.is((await send(bridge, 'fix', body, { session: id })).status, 202)
  }
  const { result } = await json(send(bridge, 'fix', rpc('heard'), { session: id }))
  const heard = result?.['heard'] as { id?: string }[]
  t.deepEqual(
    heard.filter((one) => one.id !== undefined),
    [answer],
  )
})

test('cancels with the id the server knows and ends the POST', async (t) => {
  const { id } = await open(bridge, 'fix')
  await json(send(bridge, 'fix', rpc('echo', {}, 'first'), { session: id }))
  const waiting = send(bridge, 'fix', rpc('never', {}, 'mine'), { session: id })
  await sleep(50)
  const cancel = note('notifications/cancelled', { requestId: 'mine', reason: 'enough' })
  t.is((await send(bridge, 'fix', cancel, { session: id })).status, 202)
  t.deepEqual(await allEvents(await waiting), [])
  const { result } = await json(send(bridge, 'fix', rpc('heard'), { session: id }))
  const heard = result?.['heard'] as { params: object }[]
  t.deepEqual(heard.at(-1)?.params, { requestId: 3, reason: 'enough' })
})

test('a client that leaves does not end the session, and its call goes on', async (t) => {
  const { id } = await open(bridge, 'fix')
  const leave = new AbortController()
  const body = rpc('later', { ms: 150 })
  const asking = send(bridge, 'fix', body, { session: id, signal: leave.signal })
  const gone = asking.then((response) => response.text())
  await sleep(50)
  leave.abort()
  await t.throwsAsync(gone)
  await sleep(200)
  t.is((await send(bridge, 'fix', rpc('echo'), { session: id })).status, 200)
  const { result } = await json(send(bridge, 'fix', rpc('heard'), { session: id }))
  t.false(JSON.stringify(result).includes('cancelled'))
})

test('refuses more than 128 requests that wait in one session', async (t) => {
  const { id } = await open(bridge, 'fix')
  const leave = new AbortController()
  const options = { session: id, signal: leave.signal }
  for (let n = 0; n < 128; n += 1) {
    send(bridge, 'fix', rpc('never', {}, n), options).catch(() => {})
  }
  await sleep(300)
  const response = await send(bridge, 'fix', rpc('echo'), { session: id })
  leave.abort()
  t.is(response.status, 429)
  t.regex((await json(response)).error?.message ?? '', /wait for/)
})

test('a server that must not know roots never does', async (t) => {
  const { id, answer } = await open(bridge, 'strict', { capabilities: { roots: {}, sampling: {} } })
  t.deepEqual(fixtureInfo(answer).saw, { sampling: {} })
  await send(bridge, 'strict', note('notifications/roots/list_changed'), { session: id })
  const got = await json(
    send(bridge, 'strict', rpc('ask', { what: 'roots/list' }), { session: id }),
  )
  t.is(got.id, 1)
  const { result } = await json(send(bridge, 'strict', rpc('heard'), { session: id }))
  const heard = result?.['heard'] as { method?: string; error?: { code: number } }[]
  t.deepEqual(
    heard.map((one) => one.method ?? one.error?.code),
    ['notifications/initialized', -32601],
  )
})

test('a server that may know roots does', async (t) => {
  const { id, answer } = await open(bridge, 'fix', { capabilities: { roots: {} } })
  t.deepEqual(fixtureInfo(answer).saw, { roots: {} })
  await send(bridge, 'fix', note('notifications/roots/list_changed'), { session: id })
  const { result } = await json(send(bridge, 'fix', rpc('heard'), { session: id }))
  t.regex(JSON.stringify(result), /roots\/list_changed/)
})

test('a process of several sessions is initialized once, without capabilities', async (t) => {
  const [one, two] = await Promise.all([
    open(bridge, 'mine', { capabilities: { sampling: {}, roots: {} }, version: '2025-06-18' }),
    open(bridge, 'mine'),
  ])
  t.deepEqual(fixtureInfo(one.answer), fixtureInfo(two.answer))
  t.deepEqual(fixtureInfo(one.answer).saw, {})
  t.is(one.answer.result?.['protocolVersion'], '2025-06-18')
  t.is(two.answer.result?.['protocolVersion'], '2025-11-25')
  const ask = rpc('ask', { what: 'roots/list' })
  t.is((await json(send(bridge, 'mine', ask, { session: one.id }))).id, 1)
  const { result } = await json(send(bridge, 'mine', rpc('heard'), { session: two.id }))
  const heard = result?.['heard'] as { method?: string; error?: { code: number } }[]
  t.deepEqual(
    heard.map((one) => one.method ?? one.error?.code),
    ['notifications/initialized', -32601],
  )
})
