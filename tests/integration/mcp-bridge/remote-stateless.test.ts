/** Servers elsewhere that know no sessions (MCP 2026-07-28), asked by clients that know none either. */

import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { startBridge } from '../../support/bridge.ts'
import { allEvents, events, json, open, type RpcBody, rpc, send } from '../../support/mcp.ts'
import { aborted, serveFirst, serveSecond } from '../../support/remote-servers.ts'

const both = await serveSecond()
const modern = await serveSecond('reject')
const old = await serveFirst()
const bridge = await startBridge({
  services: {
    both: { url: both.url, isolation: 'shared' },
    modern: { url: modern.url },
    forgotten: { url: modern.url, isolation: 'shared' },
    old: { url: old.url },
  },
})
test.after.always(async () => {
  await bridge.stop()
  await Promise.all([both, modern, old].map((server) => server.stop()))
})

const REVISION = '2026-07-28'
const PREFIX = 'io.modelcontextprotocol/'

interface Asked {
  readonly headers?: Readonly<Record<string, string>>
  readonly meta?: object
  readonly signal?: AbortSignal
}

/** As a client of that revision sends it. */
function ask(service: string, method: string, params: object = {}, asked: Asked = {}) {
  const _meta = {
    [`${PREFIX}protocolVersion`]: REVISION,
    [`${PREFIX}clientInfo`]: { name: 'raw', version: '1' },
    [`${PREFIX}clientCapabilities`]: {},
    ...asked.meta,
  }
  const { name } = params as { name?: string }
  return send(bridge, service, rpc(method, { ...params, _meta }), {
    headers: {
      'mcp-protocol-version': REVISION,
      'mcp-method': method,
      ...(name !== undefined && { 'mcp-name': name }),
      ...asked.headers,
    },
    ...(asked.signal && { signal: asked.signal }),
  })
}

const textOf = ({ result }: RpcBody): unknown =>
  (result?.['content'] as { text: string }[] | undefined)?.[0]?.text

async function until(t: ExecutionContext, what: string, holds: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 200 && !holds(); attempt += 1) await sleep(50)
  t.true(holds(), what)
}

for (const [service, server] of [
  ['both', both],
  ['modern', modern],
] as const) {
  test(`${service}: a call is one request, its headers mirror its body`, async (t) => {
    const params = { name: 'echo', arguments: { message: 'hi' } }
    t.is(textOf(await json(ask(service, 'tools/call', params))), 'hi')
    const sent = server.seen.findLast(({ headers }) => headers['mcp-name'] === 'echo')
    t.like(sent?.headers, { 'mcp-method': 'tools/call', 'mcp-protocol-version': REVISION })
    t.is(sent?.headers['mcp-session-id'], undefined)
  })

  test(`${service}: progress comes with its call, under the client’s token`, async (t) => {
    const params = { name: 'count', arguments: { to: 2, ms: 20 } }
    const asked = { meta: { progressToken: 'mine' } }
    const found = await allEvents(await ask(service, 'tools/call', params, asked))
    t.deepEqual(
      found.map(({ params: told }) => told?.['progressToken']),
      ['mine', 'mine', undefined],
    )
  })
}

test('a client that leaves has its call given up there', async (t) => {
  const before = aborted.second
  const left = new AbortController()
  const params = { name: 'count', arguments: { to: 1000, ms: 20 } }
  const asked = { meta: { progressToken: 1 }, signal: left.signal }
  const stream = events(await ask('both', 'tools/call', params, asked))
  await stream.next()
  left.abort()
  await stream.next().catch(() => {})
  await until(t, 'the server has heard of it', () => aborted.second > before)
})

test('what a tool wants to see in headers is derived from its list', async (t) => {
  const { result } = await json(ask('modern', 'tools/list'))
  t.true(JSON.stringify(result).includes('x-mcp-header'))
  const params = { name: 'in-region', arguments: { region: 'zürich', query: 'q' } }
  const headers = { 'mcp-param-region': '=?base64?esO8cmljaA==?=' }
  t.is(textOf(await json(ask('modern', 'tools/call', params, { headers }))), 'q in zürich')
  const sent = modern.seen.map(({ headers: own }) => own['mcp-param-region'])
  t.true(sent.includes(headers['mcp-param-region']))
})

test('a tool whose list nobody has asked for is looked up when the server wants headers', async (t) => {
  const before = modern.seen.length
  const params = { name: 'in-region', arguments: { region: 'north', query: 'q' } }
  const answers = [
    await json(ask('forgotten', 'tools/call', params)),
    await json(ask('forgotten', 'tools/call', params)),
  ]
  t.deepEqual(answers.map(textOf), ['q in north', 'q in north'])
  const methods = modern.seen
    .slice(before)
    .filter(
      ({ headers }) =>
        headers['mcp-name'] === 'in-region' || headers['mcp-method'] === 'tools/list',
    )
    .map(({ headers }) => headers['mcp-method'])
  t.true(methods.filter((method) => method === 'tools/list').length >= 1)
})

test('what a listener waits for reaches it, as long as it listens', async (t) => {
  const left = new AbortController()
  const params = { notifications: { toolsListChanged: true } }
  const stream = events(await ask('both', 'subscriptions/listen', params, { signal: left.signal }))
  const { value: first } = await stream.next()
  t.is(first?.method, 'notifications/subscriptions/acknowledged')
  both.handler.notify.toolsChanged()
  const { value: second } = await stream.next()
  t.is(second?.method, 'notifications/tools/list_changed')
  left.abort()
})

test('an error of the server arrives as it is, with the status that belongs to it', async (t) => {
  const unknown = await ask('modern', 'no/such')
  // A slow machine has begun a stream by then.
  const isStream = unknown.headers.get('content-type') === 'text/event-stream'
  t.is(unknown.status, isStream ? 200 : 404)
  t.is((await json(unknown)).error?.code, -32601)
})

test('a server that knows sessions alone is spoken to in sessions', async (t) => {
  const params = { name: 'echo', arguments: { message: 'hi' } }
  t.is(textOf(await json(ask('old', 'tools/call', params))), 'hi')
  t.true(old.seen.some(({ headers }) => headers['mcp-session-id'] !== undefined))
})

test('a client with sessions uses a server that knows none', async (t) => {
  const { id, answer } = await open(bridge, 'modern')
  t.is(answer.result?.['protocolVersion'], '2025-11-25')
  const params = { name: 'in-region', arguments: { region: 'south', query: 'q' } }
  const called = await json(send(bridge, 'modern', rpc('tools/call', params), { session: id }))
  t.is(textOf(called), 'q in south')
})

test('what is too long for a header is refused, not sent', async (t) => {
  const uri = `file:///${'x'.repeat(9000)}`
  const asked = { headers: { 'mcp-name': uri } }
  const { error } = await json(ask('modern', 'resources/read', { uri }, asked))
  t.regex(error?.message ?? '', /too long for a header/)
})
