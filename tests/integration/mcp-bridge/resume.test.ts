import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { createLog } from '../../../lib/platform/log.ts'
import { digest } from '../../../lib/platform/seal.ts'
import { redisEvents } from '../../../mcp-bridge/store/events.ts'
import { type Bridge, fixture, startBridge } from '../../support/bridge.ts'
import { allEvents, frames, json, note, open, type RpcBody, rpc, send } from '../../support/mcp.ts'

const services = { slow: fixture('works-slowly.ts'), own: fixture('works-slowly.ts') }
const log = createLog('test', 'error')
const bridge = await startBridge({ services })
test.after.always(() => bridge.stop())

interface Left {
  readonly session: string
  /** Of the last event that was seen. */
  readonly lastEventId: string
}

interface Leaving {
  readonly on?: Bridge
  readonly version?: string
  readonly session?: string
  /** Steps that the work has done by then. */
  readonly steps?: number
}

interface Work {
  readonly name?: string
  readonly steps: number
  readonly bytes?: number
  readonly _meta?: object
}

/** A client that asks for work, sees what has been done of it until then, and leaves. */
async function leave(params: Work, how: Leaving = {}): Promise<Left> {
  const { on = bridge, steps = 0, version = '2025-11-25' } = how
  const session = how.session ?? (await open(on, 'slow', { version })).id
  const leaving = new AbortController()
  const gated = { gated: true, _meta: { progressToken: 'p' }, ...params }
  const asked = send(on, 'slow', rpc('work', gated, 'mine'), { session, signal: leaving.signal })
  for (let step = 0; step < steps; step += 1) await go(session, params.name, on)
  let lastEventId = ''
  for await (const { id, data } of frames(await asked)) {
    lastEventId = id ?? lastEventId
    if (id !== undefined && (steps === 0 || data?.includes(`"progress":${steps}`))) break
  }
  leaving.abort()
  return { session, lastEventId }
}

/** One more step; whatever came of it has reached the bridge afterwards. */
async function go(session: string, name?: string, on = bridge): Promise<void> {
  const ask = async (method: string) =>
    await json(send(on, 'slow', rpc(method, { name }), { session, accept: 'application/json' }))
  await ask('go')
  // By then the work has gone on, and what it said came before this answer.
  await ask('heard')
}

async function goOn(session: string, steps: number, name?: string): Promise<void> {
  for (let step = 0; step < steps; step += 1) await go(session, name)
}

const come = ({ session, lastEventId }: Left, more: { caller?: object; service?: string } = {}) =>
  send(bridge, more.service ?? 'slow', undefined, {
    session,
    headers: { 'last-event-id': lastEventId },
    ...more,
  })

const shown = (messages: readonly RpcBody[]) =>
  messages.map(({ id, params }) => params?.['progress'] ?? id)

const textOf = (messages: readonly RpcBody[]) => String(messages.at(-1)?.result?.['text'])

test('a client that left comes back for the rest of a call that still runs', async (t) => {
  const left = await leave({ steps: 5 }, { steps: 2 })
  await go(left.session)
  const back = await come(left)
  await goOn(left.session, 2)
  t.deepEqual(shown(await allEvents(back)), [3, 4, 5, 'mine'])
})

test('a client that left comes back for the answer of a call that has ended', async (t) => {
  const left = await leave({ steps: 3, bytes: 3_000_000 })
  await goOn(left.session, 3)
  for (let time = 0; time < 2; time += 1) {
    const got = await allEvents(await come(left))
    t.deepEqual(shown(got), [1, 2, 3, 'mine'])
    t.is(textOf(got).length, 3_000_000)
  }
})

test('a silent call is resumed from the place before its first event', async (t) => {
  const left = await leave({ steps: 1, _meta: {} })
  t.regex(left.lastEventId, /\.0$/)
  await go(left.session)
  t.deepEqual(shown(await allEvents(await come(left))), ['mine'])
})

test('a call shows its first byte long before its answer', async (t) => {
  for (const version of ['2025-11-25', '2025-03-26']) {
    const { id: session } = await open(bridge, 'slow', { version })
    const leaving = new AbortController()
    const started = Date.now()
    const body = rpc('work', { ms: 60_000 })
    const response = await send(bridge, 'slow', body, { session, signal: leaving.signal })
    const { value } = await (response.body?.getReader().read() ?? Promise.reject(new Error('none')))
    t.true((value?.length ?? 0) > 0)
    t.true(Date.now() - started < 20_000)
    leaving.abort()
  }
})

test('a client of an older revision comes back with the id of an event', async (t) => {
  const left = await leave({ steps: 3 }, { steps: 1, version: '2025-06-18' })
  await goOn(left.session, 2)
  t.deepEqual(shown(await allEvents(await come(left))), [2, 3, 'mine'])
})

test('who comes back twice takes the stream over', async (t) => {
  const left = await leave({ steps: 3 }, { steps: 1 })
  const first = await come(left)
  const second = await come(left)
  await goOn(left.session, 2)
  t.deepEqual(shown(await allEvents(first)), [])
  t.deepEqual(shown(await allEvents(second)), [2, 3, 'mine'])
})

test('who has everything is told not to come back', async (t) => {
  const { id: session } = await open(bridge, 'slow')
  const answer = await send(bridge, 'slow', rpc('work'), { session, accept: 'text/event-stream' })
  let lastEventId = ''
  for await (const { id } of frames(answer)) lastEventId = id ?? lastEventId
  t.is((await come({ session, lastEventId })).status, 204)
  t.is((await send(bridge, 'slow', rpc('heard'), { session })).status, 200)
})

test('streams are not mixed up', async (t) => {
  const { id: session } = await open(bridge, 'slow')
  const lefts: Left[] = []
  for (const bytes of [1, 2, 3]) {
    lefts.push(await leave({ name: `${bytes}`, steps: 2, bytes }, { session }))
  }
  for (const name of ['1', '3', '2', '3', '2', '1']) await go(session, name)
  for (const [index, left] of lefts.entries()) {
    const got = await allEvents(await come(left))
    t.deepEqual(shown(got), [1, 2, 'mine'])
    t.is(textOf(got).length, index + 1)
  }
})

/** The numbers a listening stream brings, until there are so many; and the id to come back with. */
async function listenFor(t: ExecutionContext, response: Response, count: number) {
  const numbers: unknown[] = []
  let lastEventId = ''
  for await (const { id, data } of frames(response)) {
    lastEventId = id ?? lastEventId
    if (data) numbers.push((JSON.parse(data) as RpcBody).params?.['n'])
    if (numbers.length === count) break
  }
  t.is(response.headers.get('content-type'), 'text/event-stream')
  return { numbers, lastEventId }
}

const say = (session: string, times: number) =>
  json(send(bridge, 'slow', rpc('say', { times }), { session, accept: 'application/json' }))

test('a listening stream goes on where its client was, or where the last one stopped', async (t) => {
  const { id: session } = await open(bridge, 'slow')
  await say(session, 4)
  const { numbers } = await listenFor(t, await send(bridge, 'slow', undefined, { session }), 4)
  t.deepEqual(numbers, [0, 1, 2, 3])
  await say(session, 2)
  const next = await listenFor(t, await send(bridge, 'slow', undefined, { session }), 2)
  t.deepEqual(next.numbers, [0, 1], 'nothing comes twice by itself')
  const lastEventId = next.lastEventId.replace(/\d+$/, '3')
  const resumed = await come({ session, lastEventId })
  await say(session, 1)
  t.deepEqual((await listenFor(t, resumed, 4)).numbers, [3, 0, 1, 0])
})

test('a listening stream never brings an answer', async (t) => {
  const left = await leave({ steps: 1 })
  const listening = await send(bridge, 'slow', undefined, { session: left.session })
  await go(left.session)
  await say(left.session, 1)
  t.deepEqual((await listenFor(t, listening, 1)).numbers, [0])
  t.deepEqual(shown(await allEvents(await come(left))), [1, 'mine'])
})

test('an id of another session is refused and shows nothing', async (t) => {
  const mine = await leave({ steps: 2 }, { steps: 1 })
  const { id: session } = await open(bridge, 'slow')
  await say(session, 1)
  const answer = await come({ session, lastEventId: mine.lastEventId })
  t.is(answer.status, 400)
  t.regex((await json(answer)).error?.message ?? '', /Last-Event-ID is not of this session/)
})

for (const [title, more] of [
  ['another user', { caller: { user: 'dev:bob' } }],
  ['another client', { caller: { client: 'client-2' } }],
  ['another service', { service: 'own' }],
] as const) {
  test(`${title} cannot come back for it`, async (t) => {
    const left = await leave({ steps: 1 })
    await go(left.session)
    const refused = await come(left, more)
    t.is(refused.status, 404)
    t.is((await json(refused)).error?.code, -32001)
    t.is((await come(left)).status, 200)
  })
}

test('a cancelled call has no answer to come back for', async (t) => {
  const left = await leave({ steps: 3 }, { steps: 1 })
  const back = await come(left)
  const cancel = note('notifications/cancelled', { requestId: 'mine' })
  t.is((await send(bridge, 'slow', cancel, { session: left.session })).status, 202)
  t.deepEqual(shown(await allEvents(back)), [])
  await goOn(left.session, 2)
  t.is((await come(left)).status, 204)
})

test('what was dropped is told as an error to the call that waits for it', async (t) => {
  const { id: session } = await open(bridge, 'slow')
  const lefts: Left[] = []
  for (const name of ['one', 'two']) {
    lefts.push(await leave({ name, steps: 1, bytes: 2_000_000 }, { session }))
    await go(session, name)
  }
  const [first, second] = await Promise.all(lefts.map(async (left) => allEvents(await come(left))))
  t.deepEqual(shown(first ?? []), [1, 'mine'])
  t.regex(first?.at(-1)?.error?.message ?? '', /ask again/)
  t.is(textOf(second ?? []).length, 2_000_000)
})

test('a stream that somebody came back to ends with the token, and goes on with a new one', async (t) => {
  const left = await leave({ steps: 2 })
  // As long as the edge would still let it in, and a second more.
  const caller = { token: 'old', expiresAt: Math.floor(Date.now() / 1000) - 3 }
  t.deepEqual(shown(await allEvents(await come(left, { caller }))), [])
  const back = await come(left)
  await goOn(left.session, 2)
  t.deepEqual(shown(await allEvents(back)), [1, 2, 'mine'])
})

/** Until another bridge process would find so much. */
async function untilRecorded(on: Bridge, left: Left, count: number): Promise<void> {
  const redis = await on.valkey.connect()
  const records = redisEvents({ redis, lifetimeSeconds: 1, log })
  const owner = { user: 'dev:ann', client: 'client-1', service: 'slow' }
  for (let time = 0; time < 400; time += 1) {
    const found = await records.recover(left.session, owner, left.lastEventId)
    if ((found?.length ?? 0) >= count) return
    await sleep(50)
  }
  throw new Error('it was not written')
}

for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
  test.serial(`what was missed outlives a bridge that ends by ${signal}`, async (t) => {
    const first = await startBridge({ services })
    t.teardown(() => first.stop())
    const { id: session } = await open(first, 'slow')
    const answered = await leave({ name: 'a', steps: 1 }, { on: first, session })
    const running = await leave({ name: 'r', steps: 3 }, { on: first, session })
    for (const name of ['a', 'r']) await go(session, name, first)
    await untilRecorded(first, answered, 2)
    await untilRecorded(first, running, 1)
    await first.end(signal)
    const second = await first.again()
    t.teardown(() => second.end('SIGTERM'))
    const back = (lastEventId: string, caller = {}) =>
      send(second, 'slow', undefined, {
        session,
        headers: { 'last-event-id': lastEventId },
        caller,
      })
    t.is((await back(answered.lastEventId, { user: 'dev:bob' })).status, 404)
    t.is((await back(answered.lastEventId, { client: 'client-2' })).status, 404)
    t.is((await back('abcdefgh.1.0')).status, 404)
    t.deepEqual(shown(await allEvents(await back(answered.lastEventId))), [1, 'mine'])
    const cut = await allEvents(await back(running.lastEventId))
    t.is(cut[0]?.params?.['progress'], 1)
    // A bridge that is told to end tells those who wait that their server has ended.
    t.is(cut.at(-1)?.error?.code, signal === 'SIGTERM' ? -32603 : undefined)
    t.is((await send(second, 'slow', rpc('heard'), { session })).status, 404)
    t.is((await send(second, 'slow', undefined, { session })).status, 404)
  })
}

test('what a session has sent is gone from the store when its client ends it', async (t) => {
  const left = await leave({ steps: 1 })
  await go(left.session)
  await untilRecorded(bridge, left, 2)
  const redis = await bridge.valkey.connect()
  const key = `events:${digest(left.session)}`
  const ttl = await redis.ttl(key)
  t.true(ttl > 3000 && ttl <= 3600)
  await send(bridge, 'slow', undefined, { session: left.session, method: 'DELETE' })
  for (let time = 0; time < 200 && (await redis.exists(key)) === 1; time += 1) await sleep(50)
  t.is(await redis.exists(key), 0)
  t.is((await come(left)).status, 404)
})

test('the error of a server that died is there for a client that was away', async (t) => {
  const left = await leave({ steps: 1 })
  const accept = 'application/json'
  await json(send(bridge, 'slow', rpc('die'), { session: left.session, accept }))
  const ask = () => send(bridge, 'slow', rpc('heard'), { session: left.session, accept })
  for (let time = 0; time < 200 && (await ask()).status !== 404; time += 1) await sleep(50)
  const got = await allEvents(await come(left))
  t.is(got.at(-1)?.id, 'mine')
  t.regex(got.at(-1)?.error?.message ?? '', /ended before it answered/)
})

test.serial('through another bridge, while the first one is there and after its end', async (t) => {
  const first = await startBridge({ services })
  t.teardown(() => first.stop())
  const second = await first.beside('second')
  t.teardown(() => second.end('SIGTERM'))
  const left = await leave({ steps: 2 }, { on: first })
  await go(left.session, undefined, second)
  const back = () =>
    send(second, 'slow', undefined, {
      session: left.session,
      headers: { 'last-event-id': left.lastEventId },
    })
  const running = await back()
  await go(left.session, undefined, second)
  t.deepEqual(shown(await allEvents(running)), [1, 2, 'mine'])
  await untilRecorded(first, left, 3)
  await first.end('SIGKILL')
  t.deepEqual(shown(await allEvents(await back())), [1, 2, 'mine'])
})
