import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { SESSIONS_PER_USER_MAX } from '../../../mcp-bridge/limits.ts'
import { type Caller, fixture, startBridge } from '../../support/bridge.ts'
import { fixtureInfo, initializeBody, json, open, rpc, send } from '../../support/mcp.ts'

const services = {
  fix: fixture('echoes.ts'),
  twin: fixture('echoes.ts'),
  mine: fixture('echoes.ts', { isolation: 'user' }),
  all: fixture('echoes.ts', { isolation: 'shared' }),
}
const bridge = await startBridge({ services })
test.after.always(() => bridge.stop())

const ANN: Caller = {}

test('hands out an id of visible ASCII that nobody can guess', async (t) => {
  const ids = await Promise.all([open(bridge, 'fix'), open(bridge, 'fix')])
  for (const { id } of ids) t.regex(id, /^[\x21-\x7e]{43}$/)
  t.not(ids[0]?.id, ids[1]?.id)
})

for (const [title, service, caller] of [
  ['another user', 'fix', { user: 'dev:bob' }],
  ['another client of the same user', 'fix', { client: 'client-2' }],
  ['another service', 'twin', ANN],
  ['a user whose name begins alike', 'fix', { user: 'dev:an' }],
] as const) {
  for (const service_ of ['fix', 'echo']) {
    if (service_ === 'echo' && service === 'twin') continue
    const name = service === 'twin' ? 'twin' : service_
    for (const method of ['POST', 'GET', 'DELETE']) {
      test(`${method} with the session of ${service_} by ${title} is as unknown as any`, async (t) => {
        const { id } = await open(bridge, service_, { caller: ANN })
        const body = method === 'POST' ? rpc('ping') : undefined
        const ask = async (session: string) => {
          const response = await send(bridge, name, body, { session, caller, method })
          return { status: response.status, body: await json(response) }
        }
        const foreign = await ask(id)
        t.deepEqual(foreign, await ask('no-such-session'))
        t.is(foreign.status, 404)
        t.is(foreign.body.error?.code, -32001)
        t.is((await send(bridge, service_, rpc('ping'), { session: id })).status, 200)
      })
    }
  }
}

for (const method of ['POST', 'GET', 'DELETE']) {
  test(`${method} without a session id gets 400`, async (t) => {
    const body = method === 'POST' ? rpc('echo') : undefined
    t.is((await send(bridge, 'fix', body, { method })).status, 400)
  })
}

for (const service of ['fix', 'mine', 'all', 'echo']) {
  test(`DELETE ends a session of ${service}`, async (t) => {
    const { id } = await open(bridge, service)
    const ended = await send(bridge, service, undefined, { session: id, method: 'DELETE' })
    t.is(ended.status, 204)
    t.is((await send(bridge, service, rpc('ping'), { session: id })).status, 404)
    t.is((await send(bridge, service, undefined, { session: id, method: 'DELETE' })).status, 404)
  })
}

test('one process for each session, for each user, or for all', async (t) => {
  const pidOf = async (service: string, user: string) => {
    const { answer } = await open(bridge, service, { caller: { user } })
    return fixtureInfo(answer).pid
  }
  const pids = async (service: string) => {
    const users = ['dev:p', 'dev:p', 'dev:q', 'dev:q']
    return await Promise.all(users.map((user) => pidOf(service, user)))
  }
  t.is(new Set(await pids('fix')).size, 4)
  const [p1, p2, q1, q2] = await pids('mine')
  t.deepEqual([p1, q1], [p2, q2])
  t.not(p1, q1)
  t.is(new Set(await pids('all')).size, 1)
})

test('two users with equal ids on one process get their own answers', async (t) => {
  const users = ['dev:one', 'dev:two']
  const sessions = await Promise.all(
    users.map((user) => open(bridge, 'all', { caller: { user }, version: '2025-03-26' })),
  )
  const ask = async (index: number) => {
    const caller = { user: users[index] ?? '' }
    const wanted: number[] = []
    const got: unknown[] = []
    for (let start = 1; start <= 1000; start += 50) {
      const ids = Array.from({ length: 50 }, (_, offset) => start + offset)
      const batch = ids.map((id) => rpc('echo', { of: index, id }, id))
      const session = sessions[index]?.id
      const accept = 'application/json'
      const response = await send(bridge, 'all', batch, { session, caller, accept })
      const answers = (await response.json()) as { id: number; result: { params: object } }[]
      wanted.push(...ids)
      for (const { id, result } of answers) {
        t.deepEqual(result.params, { of: index, id })
        got.push(id)
      }
    }
    t.deepEqual(got, wanted)
  }
  await Promise.all([ask(0), ask(1)])
})

test('refuses a person the session after the last, and says what to do', async (t) => {
  const caller = { user: 'dev:many' }
  for (let n = 0; n < SESSIONS_PER_USER_MAX; n += 1) await open(bridge, 'mine', { caller })
  const refused = await send(bridge, 'mine', initializeBody(), { caller })
  t.is(refused.status, 429)
  t.regex((await json(refused)).error?.message ?? '', /DELETE/)
  t.is((await send(bridge, 'mine', initializeBody(), { caller: { user: 'dev:few' } })).status, 200)
})

test.serial('a restarted bridge knows no old session, and serves new ones', async (t) => {
  const first = await startBridge({ services })
  t.teardown(() => first.stop())
  const { id } = await open(first, 'fix')
  await first.end('SIGKILL')
  const second = await first.again()
  t.teardown(() => second.end('SIGTERM'))
  const response = await send(second, 'fix', rpc('echo'), { session: id })
  t.is(response.status, 404)
  t.is((await json(response)).error?.code, -32001)
  t.truthy((await open(second, 'fix')).id)
})

test.serial('sessions end when unused, not while a stream or a call is open', async (t) => {
  const short = await startBridge({ services, environment: { SESSION_TIMEOUT: '3' } })
  t.teardown(() => short.stop())
  const idle = await open(short, 'fix')
  const listening = await open(short, 'fix')
  const stream = await send(short, 'fix', undefined, { session: listening.id })
  const calling = await open(short, 'fix')
  const call = send(short, 'fix', rpc('later', { ms: 6500 }), { session: calling.id })
  await sleep(6000)
  const ask = async (session: string) => (await send(short, 'fix', rpc('echo'), { session })).status
  t.is(await ask(idle.id), 404)
  t.is(await ask(listening.id), 200)
  t.is((await call).status, 200)
  await stream.body?.cancel()
  await sleep(6000)
  t.is(await ask(listening.id), 404)
  t.deepEqual(await short.childrenAtLast(), [])
})

test.serial('without a store no session begins, and those that are go on', async (t) => {
  const alone = await startBridge({ services })
  t.teardown(() => alone.stop())
  const { id } = await open(alone, 'fix')
  await alone.stopStore()
  const refused = await send(alone, 'fix', initializeBody())
  t.is(refused.status, 503)
  t.truthy(refused.headers.get('retry-after'))
  t.is((await send(alone, 'fix', rpc('echo'), { session: id })).status, 200)
})
