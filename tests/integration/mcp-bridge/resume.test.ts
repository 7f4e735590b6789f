import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { digest } from '../../../lib/platform/seal.ts'
import { fixture, startBridge } from '../../support/bridge.ts'
import { allEvents, frames, json, note, open, type RpcBody, rpc, send } from '../../support/mcp.ts'

const services = { slow: fixture('works-slowly.ts'), own: fixture('works-slowly.ts') }
const bridge = await startBridge({ services })
test.after.always(() => bridge.stop())

interface Left {
  readonly session: string
  /** Of the last event that was seen. */
  readonly lastEventId: string
}

/** A client that asks for something and leaves when it has seen so many events. */
async function leaveAfter(
  events: number,
  params: object,
  options: { version?: string; session?: string } = {},
): Promise<Left> {
  const session = options.session ?? (await open(bridge, 'slow', options)).id
  const leave = new AbortController()
  const body = rpc('work', { _meta: { progressToken: 'p' }, ...params }, 'mine')
  const response = await send(bridge, 'slow', body, { session, signal: leave.signal })
  let lastEventId = ''
  let seen = 0
  for await (const { id } of frames(response)) {
    lastEventId = id ?? lastEventId
    seen += 1
    if (seen === events) break
  }
  leave.abort()
  return { session, lastEventId }
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
  const left = await leaveAfter(3, { steps: 6, ms: 100 })
  t.deepEqual(shown(await allEvents(await come(left))), [3, 4, 5, 6, 'mine'])
})

test('a client that left comes back for the answer of a call that has ended', async (t) => {
  const left = await leaveAfter(1, { steps: 3, ms: 80, bytes: 3_000_000 })
  await sleep(600)
  for (let time = 0; time < 2; time += 1) {
    const got = await allEvents(await come(left))
    t.deepEqual(shown(got), [1, 2, 3, 'mine'])
    t.is(textOf(got).length, 3_000_000)
  }
})

test('a silent call is resumed from the place before its first event', async (t) => {
  const left = await leaveAfter(1, { steps: 1, ms: 500, _meta: {} })
  t.regex(left.lastEventId, /\.0$/)
  t.deepEqual(shown(await allEvents(await come(left))), ['mine'])
})

test('a call shows its first byte long before its answer', async (t) => {
  for (const version of ['2025-11-25', '2025-03-26']) {
    const { id: session } = await open(bridge, 'slow', { version })
    const leave = new AbortController()
    const started = Date.now()
    const body = rpc('work', { ms: 60_000 })
    const response = await send(bridge, 'slow', body, { session, signal: leave.signal })
    const { value } = await (response.body?.getReader().read() ?? Promise.reject(new Error('none')))
    t.true((value?.length ?? 0) > 0)
    t.true(Date.now() - started < 20_000)
    leave.abort()
  }
})

test('a client of an older revision comes back with the id of an event', async (t) => {
  const left = await leaveAfter(2, { steps: 4, ms: 80 }, { version: '2025-06-18' })
  t.deepEqual(shown(await allEvents(await come(left))), [3, 4, 'mine'])
})

test('who comes back twice takes the stream over', async (t) => {
  const left = await leaveAfter(2, { steps: 5, ms: 150 })
  const first = await come(left)
  const second = await come(left)
  t.false(shown(await allEvents(first)).includes('mine'))
  t.deepEqual(shown(await allEvents(second)), [2, 3, 4, 5, 'mine'])
})

test('who has everything is told not to come back', async (t) => {
  const { id: session } = await open(bridge, 'slow')
  const answer = await send(bridge, 'slow', rpc('work', { ms: 200 }), { session })
  let lastEventId = ''
  for await (const { id } of frames(answer)) lastEventId = id ?? lastEventId
  const again = await come({ session, lastEventId })
  t.is(again.status, 204)
  t.is((await send(bridge, 'slow', rpc('heard'), { session })).status, 200)
})

test('streams are not mixed up', async (t) => {
  const { id: session } = await open(bridge, 'slow')
  const lefts: Left[] = []
  for (const bytes of [1, 2, 3]) {
    lefts.push(await leaveAfter(1, { steps: 2, ms: 60, bytes }, { session }))
  }
  await sleep(400)
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
  await sleep(50)
  await say(session, 2)
  const next = await listenFor(t, await send(bridge, 'slow', undefined, { session }), 2)
  t.deepEqual(next.numbers, [0, 1], 'nothing comes twice by itself')
  const lastEventId = next.lastEventId.replace(/\d+$/, '3')
  const resumed = await come({ session, lastEventId })
  await say(session, 1)
  t.deepEqual((await listenFor(t, resumed, 4)).numbers, [3, 0, 1, 0])
})

test('a listening stream never brings an answer', async (t) => {
  const left = await leaveAfter(1, { steps: 1, ms: 200 })
  const listening = await send(bridge, 'slow', undefined, { session: left.session })
  await sleep(400)
  await say(left.session, 1)
  t.deepEqual((await listenFor(t, listening, 1)).numbers, [0])
  t.deepEqual(shown(await allEvents(await come(left))), [1, 'mine'])
})

test('an id of another session is refused and shows nothing', async (t) => {
  const mine = await leaveAfter(2, { steps: 2, ms: 50 })
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
    const left = await leaveAfter(2, { steps: 2, ms: 50 })
    const refused = await come(left, more)
    t.is(refused.status, 404)
    t.is((await json(refused)).error?.code, -32001)
  })
}

test('a cancelled call has no answer to come back for', async (t) => {
  const left = await leaveAfter(2, { steps: 8, ms: 100 })
  const cancel = note('notifications/cancelled', { requestId: 'mine' })
  t.is((await send(bridge, 'slow', cancel, { session: left.session })).status, 202)
  const got = shown(await allEvents(await come(left)))
  t.false(got.includes('mine'))
  t.is((await come({ ...left, lastEventId: left.lastEventId.replace(/\d+$/, '99') })).status, 204)
})

test('what was dropped is told as an error to the call that waits for it', async (t) => {
  const left = await leaveAfter(1, { steps: 1, ms: 150, bytes: 2_000_000 })
  await sleep(300)
  await leaveAfter(1, { steps: 1, ms: 150, bytes: 2_000_000 }, { session: left.session })
  await sleep(300)
  const [progress, answer] = await allEvents(await come(left))
  t.is(progress?.params?.['progress'], 1)
  t.is(answer?.id, 'mine')
  t.regex(answer?.error?.message ?? '', /ask again/)
})

for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
  test.serial(`what was missed outlives a bridge that ends by ${signal}`, async (t) => {
    const first = await startBridge({ services })
    t.teardown(() => first.stop())
    const { id: session } = await open(first, 'slow')
    const ask = async (params: object) => {
      const leave = new AbortController()
      const body = rpc('work', { _meta: { progressToken: 'p' }, ...params }, 'mine')
      const response = await send(first, 'slow', body, { session, signal: leave.signal })
      const { value } = await frames(response).next()
      leave.abort()
      return (value as { id: string }).id
    }
    const answered = await ask({ steps: 2, ms: 80, bytes: 10 })
    const running = await ask({ steps: 100, ms: 100 })
    await sleep(500)
    await first.end(signal)
    const second = await first.again()
    t.teardown(() => second.end('SIGTERM'))
    const back = (lastEventId: string, caller = {}) =>
      send(second, 'slow', undefined, {
        session,
        headers: { 'last-event-id': lastEventId },
        caller,
      })
    t.is((await back(answered, { user: 'dev:bob' })).status, 404)
    t.is((await back(answered, { client: 'client-2' })).status, 404)
    t.is((await back('abcdefgh.1.0')).status, 404)
    t.deepEqual(shown(await allEvents(await back(answered))), [1, 2, 'mine'])
    const cut = await allEvents(await back(running))
    t.is(cut[0]?.params?.['progress'], 1)
    // A bridge that is told to end tells those who wait that their server has ended.
    t.is(cut.at(-1)?.error?.code, signal === 'SIGTERM' ? -32603 : undefined)
    t.is((await send(second, 'slow', rpc('heard'), { session })).status, 404)
    t.is((await send(second, 'slow', undefined, { session })).status, 404)
  })
}

test('what a session has sent is gone from the store when its client ends it', async (t) => {
  const left = await leaveAfter(2, { steps: 1, ms: 50 })
  const redis = await bridge.valkey.connect()
  const key = `events:${digest(left.session)}`
  await sleep(200)
  const ttl = await redis.ttl(key)
  t.true(ttl > 3000 && ttl <= 3600)
  t.false((await redis.lrange(key, 0, -1)).join().includes('progress'))
  await send(bridge, 'slow', undefined, { session: left.session, method: 'DELETE' })
  await sleep(200)
  t.is(await redis.exists(key), 0)
  t.is((await come(left)).status, 404)
})

test('the error of a server that died is there for a client that was away', async (t) => {
  const left = await leaveAfter(2, { steps: 50, ms: 50 })
  await json(send(bridge, 'slow', rpc('die', { ms: 100 }), { session: left.session }))
  await sleep(500)
  t.is((await send(bridge, 'slow', rpc('heard'), { session: left.session })).status, 404)
  const got = await allEvents(await come(left))
  t.is(got.at(-1)?.id, 'mine')
  t.regex(got.at(-1)?.error?.message ?? '', /ended before it answered/)
})
