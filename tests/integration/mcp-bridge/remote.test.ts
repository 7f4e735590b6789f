/** Servers elsewhere, of every kind that the official SDKs and packages make. */

import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { startBridge } from '../../support/bridge.ts'
import {
  allEvents,
  events,
  initializeBody,
  json,
  note,
  open,
  type RpcBody,
  rpc,
  send,
} from '../../support/mcp.ts'
import {
  aborted,
  serveEverything,
  serveFirst,
  serveSecond,
  serveSse,
} from '../../support/remote-servers.ts'

const servers = {
  everything: await serveEverything('streamableHttp'),
  oldest: await serveEverything('sse'),
  first: await serveFirst(),
  answering: await serveFirst({ json: true }),
  quiet: await serveFirst(),
  brief: await serveFirst({ json: true }),
  resumable: await serveFirst({ resumable: true }),
  sse: await serveSse(),
  both: await serveSecond(),
}
type Name = keyof typeof servers
const all = Object.keys(servers) as Name[]
/** The others are one test’s own. */
const names = all.filter((name) => name !== 'quiet' && name !== 'brief')
const services = Object.fromEntries(all.map((name) => [name, { url: servers[name].url }]))
const bridge = await startBridge({
  services: {
    ...services,
    shared: { url: servers.first.url, isolation: 'shared' },
    personal: { url: servers.sse.url, isolation: 'user', type: 'sse' },
  },
})
test.after.always(async () => {
  await bridge.stop()
  await Promise.all(Object.values(servers).map((server) => server.stop()))
})

const textOf = ({ result }: RpcBody): unknown =>
  (result?.['content'] as { text: string }[] | undefined)?.[0]?.text

const call = (service: string, session: string, name: string, args = {}, more = {}) =>
  send(bridge, service, rpc('tools/call', { name, arguments: args, ...more }), { session })

async function until(t: ExecutionContext, what: string, holds: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 200 && !holds(); attempt += 1) await sleep(50)
  t.true(holds(), what)
}

for (const name of [...names, 'shared', 'personal']) {
  test(`${name}: a session, its tools and a call`, async (t) => {
    const { id, answer } = await open(bridge, name)
    t.regex(String(answer.result?.['protocolVersion']), /^202\d-\d\d-\d\d$/)
    const { result } = await json(send(bridge, name, rpc('tools/list'), { session: id }))
    t.true(JSON.stringify(result?.['tools']).includes('"echo"'))
    t.regex(String(textOf(await json(call(name, id, 'echo', { message: 'hé\u2028' })))), /hé\u2028/)
  })
}

for (const name of ['first', 'resumable', 'sse', 'both']) {
  test(`${name}: progress comes with its call, under the client’s token`, async (t) => {
    const { id } = await open(bridge, name)
    const more = { _meta: { progressToken: 'mine' } }
    const found = await allEvents(await call(name, id, 'count', { to: 3, ms: 20 }, more))
    const tokens = found.map(({ params }) => params?.['progressToken'])
    t.deepEqual(tokens, ['mine', 'mine', 'mine', undefined])
    t.is(textOf(found.at(-1) ?? {}), 'counted')
  })
}

for (const name of ['first', 'resumable', 'sse']) {
  test(`${name}: the server asks its client in the middle of a call`, async (t) => {
    const { id } = await open(bridge, name, { capabilities: { elicitation: {} } })
    const stream = events(await call(name, id, 'ask'))
    const { value: asked } = await stream.next()
    t.is(asked?.method, 'elicitation/create')
    const result = { action: 'accept', content: { name: 'Ann' } }
    const answer = { jsonrpc: '2.0', id: asked?.id, result }
    t.is((await send(bridge, name, answer, { session: id })).status, 202)
    t.is(textOf((await stream.next()).value ?? {}), 'hello Ann')
  })
}

test('what nobody asked for reaches the listening stream', async (t) => {
  const before = servers.quiet.seen.length
  const { id } = await open(bridge, 'quiet')
  const options = { session: id, accept: 'text/event-stream' }
  const listening = await send(bridge, 'quiet', undefined, options)
  await until(t, 'the bridge listens itself', () =>
    servers.quiet.seen.slice(before).some(({ method }) => method === 'GET'),
  )
  await json(call('quiet', id, 'grow'))
  for await (const { method } of events(listening)) {
    t.is(method, 'notifications/tools/list_changed')
    break
  }
})

test('a stream that the server closes in the middle of a call is taken up again', async (t) => {
  const { id } = await open(bridge, 'resumable')
  t.is(textOf(await json(call('resumable', id, 'leave'))), 'stayed')
  const again = servers.resumable.seen.filter(({ headers }) => headers['last-event-id'])
  t.true(again.some(({ headers }) => headers['accept'] === 'text/event-stream'))
})

test('a cancelled call is cancelled there', async (t) => {
  const { id } = await open(bridge, 'first')
  const before = aborted.first
  const more = { _meta: { progressToken: 1 } }
  const stream = events(await call('first', id, 'count', { to: 1000, ms: 20 }, more))
  await stream.next()
  await send(bridge, 'first', note('notifications/cancelled', { requestId: 1 }), { session: id })
  await until(t, 'it is told', () => aborted.first > before)
  t.truthy(await json(call('first', id, 'echo', { message: 'x' })))
})

test('the session there begins, is named on each request, and ends with ours', async (t) => {
  const before = servers.brief.seen.length
  const { id } = await open(bridge, 'brief')
  await json(call('brief', id, 'echo', { message: 'x' }))
  await send(bridge, 'brief', undefined, { session: id, method: 'DELETE' })
  const own = () => servers.brief.seen.slice(before)
  await until(t, 'the end is told', () => own().some(({ method }) => method === 'DELETE'))
  const session = own().at(-1)?.headers['mcp-session-id']
  t.truthy(session)
  const [first, second] = own().filter(({ method }) => method === 'POST')
  t.is(first?.headers['mcp-session-id'], undefined)
  t.is(first?.headers['mcp-protocol-version'], undefined)
  t.is(second?.headers['mcp-session-id'], session)
  t.is(second?.headers['mcp-protocol-version'], '2025-11-25')
  t.is(second?.headers['accept'], 'application/json, text/event-stream')
})

test('a session that the server has forgotten ends here too, and another can begin', async (t) => {
  const forgetful = await serveFirst()
  t.teardown(() => forgetful.stop())
  const own = await startBridge({ services: { forgetful: { url: forgetful.url } } })
  t.teardown(() => own.stop())
  const { id } = await open(own, 'forgetful')
  await until(t, 'the bridge listens', () => forgetful.seen.some(({ method }) => method === 'GET'))
  forgetful.restart?.()
  const answer = await json(send(own, 'forgetful', rpc('tools/list'), { session: id }))
  t.regex(answer.error?.message ?? '', /service forgetful: /)
  t.is((await send(own, 'forgetful', rpc('tools/list'), { session: id })).status, 404)
  t.truthy((await open(own, 'forgetful')).id)
})

test('nothing of the caller travels', async (t) => {
  const before = servers.first.seen.length
  const headers = {
    authorization: 'Bearer of the caller',
    cookie: 'a=b',
    origin: 'http://localhost:8642',
    'x-user-email': 'ann@example.com',
    'x-forwarded-for': '1.2.3.4',
  }
  const { id } = await open(bridge, 'first', { headers })
  await json(send(bridge, 'first', rpc('tools/list'), { session: id, headers }))
  const own = servers.first.seen.slice(before)
  t.true(own.length >= 3)
  const allowed =
    /^(?:accept|accept-encoding|connection|content-length|content-type|host|mcp-protocol-version|mcp-session-id|user-agent)$/
  for (const one of own) {
    const more = Object.keys(one.headers).filter((name) => !allowed.test(name))
    t.deepEqual(more, [])
    t.is(one.headers['user-agent'], 'mcp-oauth-gateway')
  }
})

test('people who share a server share its session, and hear nothing of each other', async (t) => {
  const before = servers.first.seen.filter(({ method }) => method === 'POST').length
  const [ann, ben] = await Promise.all([
    open(bridge, 'shared', { caller: { user: 'dev:ann' } }),
    open(bridge, 'shared', { caller: { user: 'dev:ben' } }),
  ])
  t.not(ann.id, ben.id)
  const echo = await json(
    send(bridge, 'shared', rpc('tools/call', { name: 'echo', arguments: { message: 'b' } }), {
      session: ben.id,
      caller: { user: 'dev:ben' },
    }),
  )
  t.is(textOf(echo), 'b')
  t.true(servers.first.seen.filter(({ method }) => method === 'POST').length > before)
})

test('an unknown method is the server’s to refuse', async (t) => {
  const { id } = await open(bridge, 'first')
  const { error } = await json(send(bridge, 'first', rpc('no/such'), { session: id }))
  t.is(error?.code, -32601)
  t.is((await send(bridge, 'first', initializeBody(), { session: id })).status, 400)
})
