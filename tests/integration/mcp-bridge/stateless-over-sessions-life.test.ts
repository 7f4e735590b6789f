/** How what serves clients without sessions begins and ends: streams, revocation, changes, other bridges. */

import test, { type ExecutionContext } from 'ava'
import type { Caller } from '../../support/bridge.ts'
import { fixture } from '../../support/bridge.ts'
import { until } from '../../support/gateway-process.ts'
import { events, json, type RpcBody } from '../../support/mcp.ts'
import { somebody, startRevocableBridge } from '../../support/revocable.ts'
import { ask, told } from '../../support/stateless.ts'

/** So long a term that whatever waits for its end is told from a machine that is slow. */
const environment = { MCP_BRIDGE_LEASE_MS: '120000' }
const services = {
  old: fixture('knows-sessions.ts'),
  changing: fixture('knows-sessions.ts'),
  mine: fixture('knows-sessions.ts', { isolation: 'user' }),
  silent: fixture('never-initializes.ts', { isolation: 'user' }),
}
const { bridge, revoke } = await startRevocableBridge({ services, environment })
const other = await bridge.beside('two')
test.after.always(async () => {
  await other.end('SIGTERM')
  await bridge.stop()
})

const ID = 'io.modelcontextprotocol/subscriptionId'
const LONG_MS = 20_000

type Params = Readonly<Record<string, unknown>>

interface Where {
  readonly caller?: Caller
  readonly service?: string
  readonly at?: typeof other
}

function clientOf({ caller = somebody(), service = 'old', at = bridge }: Where = {}) {
  const options = { caller, capabilities: { elicitation: {} } }
  const tool = (name: string, args: object = {}, more: Params = {}): Promise<RpcBody> => {
    const params = { name, arguments: args, ...more }
    return json(ask(at, service, 'tools/call', params, options))
  }
  const listen = async (notifications: object, id: string | number = 1) => {
    const leaving = new AbortController()
    const own = { ...options, id, signal: leaving.signal }
    const params = { notifications }
    const response = await ask(at, service, 'subscriptions/listen', params, own)
    const messages = events(response)
    const next = async (): Promise<RpcBody | undefined> => (await messages.next()).value
    return { response, next, leave: () => leaving.abort() }
  }
  const heard = async (method: string): Promise<RpcBody[]> =>
    (told(await tool('heard')) as RpcBody[]).filter((one) => one.method === method)
  const say = (method: string, params: object = {}) =>
    tool('say', { messages: [{ method, params }] })
  return { tool, listen, heard, say }
}

const until20 = (isDone: () => boolean | Promise<boolean>) => until(isDone, LONG_MS)

test('a stream says first what it will bring, and brings that alone, tagged', async (t) => {
  const { listen, say } = clientOf()
  const wanted = { toolsListChanged: true, promptsListChanged: true }
  const uris = ['x:whole', 'x:refused', 'x:whole']
  const { response, next, leave } = await listen({ ...wanted, resourceSubscriptions: uris }, 'mine')
  t.is(response.headers.get('content-type'), 'text/event-stream')
  t.like(await next(), {
    method: 'notifications/subscriptions/acknowledged',
    params: {
      notifications: { toolsListChanged: true, resourceSubscriptions: ['x:whole'] },
      _meta: { [ID]: 'mine' },
    },
  })
  const changed = 'notifications/resources/updated'
  await say('notifications/prompts/list_changed')
  await say('notifications/message', { level: 'info', data: 1 })
  await say(changed, { uri: 'x:other' })
  await say(changed, { uri: 'x:wholesome' })
  await say(changed, { uri: 'x:whole/part' })
  await say('notifications/tools/list_changed')
  t.like(await next(), {
    method: changed,
    params: { uri: 'x:whole/part', _meta: { [ID]: 'mine' } },
  })
  t.like(await next(), {
    method: 'notifications/tools/list_changed',
    params: { _meta: { [ID]: 'mine' } },
  })
  leave()
})

test('a server is asked once for what several listen for, and told off after the last', async (t) => {
  const caller = somebody()
  const { listen, heard } = clientOf({ caller })
  const filter = { resourceSubscriptions: ['x:one'] }
  const one = await listen(filter, 1)
  const two = await listen(filter, 2)
  for (const { next } of [one, two]) t.truthy((await next())?.params?.['notifications'])
  t.is((await heard('resources/subscribe')).length, 1)
  one.leave()
  // Each request is logged when it is over.
  await until20(() =>
    bridge.log.some(
      ({ user, method }) => user === caller.user && method === 'subscriptions/listen',
    ),
  )
  t.is((await heard('resources/unsubscribe')).length, 0)
  two.leave()
  await until20(async () => (await heard('resources/unsubscribe')).length === 1)
})

test('a filter that is none, or asks for too much, is refused', async (t) => {
  const { listen } = clientOf()
  const many = Array.from({ length: 257 }, (_, index) => `x:${index}`)
  for (const [filter, code] of [
    [['toolsListChanged'], -32602],
    [{ resourceSubscriptions: [7] }, -32602],
    [{ resourceSubscriptions: 'x:one' }, -32602],
    [{ resourceSubscriptions: ['x'.repeat(2000)] }, -32602],
    [{ resourceSubscriptions: many }, -32000],
  ] as const) {
    const { response } = await listen(filter)
    t.is((await json(response)).error?.code, code)
  }
  const options = { caller: somebody(), accept: 'application/json' }
  const response = await ask(bridge, 'old', 'subscriptions/listen', { notifications: {} }, options)
  t.is(response.status, 406)
})

test('a changed service ends streams with a word and calls by name; the next request begins anew', async (t) => {
  const { tool, listen } = clientOf({ service: 'changing' })
  const before = told(await tool('pid'))
  const stream = await listen({ toolsListChanged: true }, 5)
  t.truthy(await stream.next())
  const running = tool('never')
  const changed = fixture('knows-sessions.ts', { env: { CHANGED: 'yes' } })
  bridge.configure({ ...services, changing: changed })
  t.like(await stream.next(), { id: 5, result: { resultType: 'complete', _meta: { [ID]: 5 } } })
  t.is(await stream.next(), undefined)
  t.regex((await running).error?.message ?? '', /the service changing/)
  t.not(told(await tool('pid')), before)
})

test('whoever is revoked is told in calls and streams; a new login goes on', async (t) => {
  const caller = somebody()
  const { tool, listen } = clientOf({ caller })
  const stream = await listen({ toolsListChanged: true }, 'stream')
  t.truthy(await stream.next())
  const before = told(await tool('pid'))
  const running = tool('never')
  await revoke('token', caller)
  const reason = { error: { code: -32000, data: { reason: 'revoked token' } } }
  t.like(await running, reason)
  t.like(await stream.next(), { id: 'stream', ...reason })
  const again = clientOf({ caller: { ...caller, token: 'of the next' } })
  t.is(told(await again.tool('pid')), before, 'the process outlives the token')
  await revoke('grant', caller)
  await until20(() => !bridge.children().some((line) => line.startsWith(`${before} `)))
  const anew = clientOf({ caller: { ...caller, token: 'new', grant: '4000000000000-grant' } })
  t.not(told(await anew.tool('pid')), before)
})

test('a stream ends with the token that it was opened with', async (t) => {
  const expiresAt = Math.floor(Date.now() / 1000) - 3
  const { listen, tool } = clientOf({ caller: { ...somebody(), expiresAt } })
  const stream = await listen({ toolsListChanged: true })
  t.truthy((await stream.next())?.params)
  t.like(await stream.next(), { error: { data: { reason: 'expired' } } })
  t.truthy(told(await tool('pid')), 'what ends such calls is the edge')
})

test('whoever is revoked while their server starts is told', async (t) => {
  const caller = somebody()
  const waiting = clientOf({ caller, service: 'silent' }).tool('pid')
  await until20(() => bridge.children().some((line) => line.includes('never-initializes')))
  await revoke('user', caller)
  t.deepEqual((await waiting).error?.data, { reason: 'revoked user' })
})

test('requests reach the same process through whichever bridge, in every round', async (t) => {
  const caller = somebody()
  for (const service of ['old', 'mine']) {
    const [here, there] = [bridge, other].map((at) => clientOf({ caller, service, at }))
    const pids = [await here?.tool('pid'), await there?.tool('pid'), await here?.tool('pid')]
    t.is(new Set(pids.map((one) => told(one ?? {}))).size, 1, service)
  }
  const [here, there] = [bridge, other].map((at) => clientOf({ caller, at })) as [
    ReturnType<typeof clientOf>,
    ReturnType<typeof clientOf>,
  ]
  await acrossBridges(t, here, there)
  await acrossBridges(t, there, here)
})

async function acrossBridges(
  t: ExecutionContext,
  one: ReturnType<typeof clientOf>,
  two: ReturnType<typeof clientOf>,
): Promise<void> {
  const args = { rounds: [[['elicitation/create', { message: 'm' }]]] }
  const { result } = await one.tool('consult', args)
  t.is(result?.['resultType'], 'input_required')
  const [key = ''] = Object.keys(result?.['inputRequests'] as object)
  const inputResponses = { [key]: { action: 'decline' } }
  const back = { requestState: result?.['requestState'], inputResponses }
  t.deepEqual(told(await two.tool('consult', args, back)), [{ action: 'decline' }])
  t.is((await one.tool('consult', args, back)).error?.code, -32602, 'it was used')
}
