import test from 'ava'
import { RpcFault } from '../../../../mcp-bridge/json-rpc.ts'
import { LISTENERS_PER_CLIENT_MAX } from '../../../../mcp-bridge/limits.ts'
import { seen, standing } from '../../../support/standing.ts'

const CAN = { tools: { listChanged: true }, prompts: {}, resources: { subscribe: true } }
const UPDATED = 'notifications/resources/updated'

async function setUp(can: object = CAN) {
  const { client, server } = await standing({}, can as Record<string, unknown>)
  const { listeners } = client
  const listen = (notifications: unknown, id: string | number = 1) => {
    const exchange = seen()
    const params = { notifications }
    const request = { jsonrpc: '2.0' as const, id, method: 'subscriptions/listen', params }
    const listening = listeners.listen(request, exchange.answer)
    const withdraw = () =>
      listeners.withdraw(request, exchange.answer, new RpcFault(200, 'refused', 'revoked'))
    return Object.assign(exchange, { listening, withdraw, leave: exchange.leave })
  }
  const sent = (): unknown[] =>
    server.sent.map(({ method, params }) => [method, (params as { uri?: string }).uri])
  /** What a stream was told it will bring. */
  const filterOf = ({ told }: ReturnType<typeof listen>): unknown =>
    (told[0]?.params as { notifications: unknown } | undefined)?.notifications
  return { client, server, listeners, listen, sent, filterOf }
}

test('a server that can tell of nothing is asked nothing, and the stream stays open', async (t) => {
  const { listen, sent, filterOf, client } = await setUp({ tools: {} })
  const one = listen({ toolsListChanged: true, resourceSubscriptions: ['x:one'] })
  await one.listening
  t.deepEqual(filterOf(one), {})
  t.deepEqual(sent(), [])
  t.true(client.isBusy)
  t.is(one.settled, undefined)
})

test('nothing is said before the server has answered for each resource', async (t) => {
  const { listen, server, filterOf } = await setUp()
  const one = listen({ toolsListChanged: true, resourceSubscriptions: ['x:one', 'x:two'] })
  server.say({ method: 'notifications/tools/list_changed' })
  server.say({ id: server.sent[0]?.id, result: {} })
  t.deepEqual(one.told, [])
  server.say({ id: server.sent[1]?.id, error: { code: -1, message: 'no' } })
  await one.listening
  t.deepEqual(filterOf(one), { toolsListChanged: true, resourceSubscriptions: ['x:one'] })
  server.say({ method: UPDATED, params: { uri: 'x:two' } })
  server.say({ method: UPDATED, params: { uri: 'x:one', _meta: { own: 1 } } })
  t.deepEqual(one.told.at(-1)?.params, {
    uri: 'x:one',
    _meta: { own: 1, 'io.modelcontextprotocol/subscriptionId': 1 },
  })
  t.is(one.told.length, 2)
})

test('what a server refuses is asked for again the next time', async (t) => {
  const { listen, server, sent } = await setUp()
  const one = listen({ resourceSubscriptions: ['x:one'] })
  server.refuse()
  await one.listening
  const two = listen({ resourceSubscriptions: ['x:one'] })
  server.answer({})
  await two.listening
  one.leave()
  t.deepEqual(sent(), [
    ['resources/subscribe', 'x:one'],
    ['resources/subscribe', 'x:one'],
  ])
})

test('whoever leaves while the server is asked takes nothing with it that others want', async (t) => {
  const { listen, server, sent, filterOf } = await setUp()
  const one = listen({ resourceSubscriptions: ['x:one'] })
  one.leave()
  const two = listen({ resourceSubscriptions: ['x:one'] })
  for (const { id } of [...server.sent]) server.say({ id, result: {} })
  await Promise.all([one.listening, two.listening])
  t.deepEqual(filterOf(two), { resourceSubscriptions: ['x:one'] })
  t.false(sent().some((one_) => (one_ as string[])[0] === 'resources/unsubscribe'))
  two.leave()
  await Promise.resolve()
  t.deepEqual(sent().at(-1), ['resources/unsubscribe', 'x:one'])
})

test('a part of what was subscribed to is told, what only begins alike is not', async (t) => {
  const { listen, server } = await setUp()
  const one = listen({ resourceSubscriptions: ['file:///a', 'file:///b/'] })
  for (const { id } of [...server.sent]) server.say({ id, result: {} })
  await one.listening
  const uris = ['a', 'a/x', 'a?q', 'a#f', 'ab', 'b', 'b/x', 'c'].map((path) => `file:///${path}`)
  for (const uri of [...uris, 7, undefined]) server.say({ method: UPDATED, params: { uri } })
  t.deepEqual(
    one.told.slice(1).map(({ params }) => (params as { uri: string }).uri.slice(8)),
    ['a', 'a/x', 'a?q', 'a#f', 'b/x'],
  )
})

test('at the end each stream is answered; one that may listen no longer, with the reason', async (t) => {
  const { listen, listeners, client } = await setUp()
  const [one, two] = [listen({}, 'one'), listen({}, 'two')]
  await Promise.all([one.listening, two.listening])
  one.withdraw()
  t.like(one.settled, { id: 'one', error: { message: 'revoked' } })
  t.is(two.settled, undefined)
  client.end()
  t.like(two.settled, {
    id: 'two',
    result: {
      resultType: 'complete',
      _meta: { 'io.modelcontextprotocol/subscriptionId': 'two' },
    },
  })
  t.true(listeners.isEmpty)
})

test('so many streams at most, and only for what can be listened for', async (t) => {
  const { listen } = await setUp()
  for (const wrong of [undefined, [], 'all', { resourceSubscriptions: 'x:one' }]) {
    await t.throwsAsync(listen(wrong).listening, { instanceOf: RpcFault })
  }
  for (let count = 0; count < LISTENERS_PER_CLIENT_MAX; count += 1) await listen({}).listening
  await t.throwsAsync(listen({}).listening, { message: /end some/ })
})
