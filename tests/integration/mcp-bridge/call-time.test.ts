import { type IncomingMessage, request } from 'node:http'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { fixture, startBridge } from '../../support/bridge.ts'
import {
  allEvents,
  BOTH,
  events,
  initializeBody,
  json,
  note,
  open,
  type RpcBody,
  rpc,
  send,
} from '../../support/mcp.ts'

const short = { callTimeout: 1, callCeiling: 4 }
const bridge = await startBridge({
  services: {
    fix: fixture('echoes.ts', short),
    slow: fixture('works-slowly.ts', short),
    asks: fixture('asks-first.ts', short),
    odd: fixture('answers-oddly.ts'),
    flood: fixture('floods.ts'),
    shared: fixture('echoes.ts', { ...short, isolation: 'shared' }),
    serial: fixture('echoes.ts', { ...short, callTimeout: 2, calls: 'serial' }),
  },
})
test.after.always(() => bridge.stop())

test('a silent call is answered with what to do, and its server is told', async (t) => {
  const { id } = await open(bridge, 'fix')
  const { error, id: answered } = await json(
    send(bridge, 'fix', rpc('never', {}, 'mine'), { session: id }),
  )
  t.is(answered, 'mine')
  t.is(error?.code, -32603)
  t.regex(error?.message ?? '', /service fix: was silent for 1 s: .*callTimeout/)
  const { result } = await json(send(bridge, 'fix', rpc('heard'), { session: id }))
  const heard = result?.['heard'] as RpcBody[]
  t.like(heard.at(-1), { method: 'notifications/cancelled', params: { requestId: 2 } })
})

test('progress keeps a call alive, up to the ceiling', async (t) => {
  const { id } = await open(bridge, 'slow')
  const work = (steps: number): Promise<RpcBody[]> => {
    const body = rpc('work', { steps, ms: 400, _meta: { progressToken: steps } }, steps)
    return send(bridge, 'slow', body, { session: id }).then(allEvents)
  }
  const [enough, tooMany] = await Promise.all([work(7), work(100)])
  t.is(enough.length, 8, 'it took nearly three seconds of the one it may be silent')
  t.truthy(enough.at(-1)?.result)
  t.regex(tooMany.at(-1)?.error?.message ?? '', /has not finished within 4 s/)
})

test('a person may think for longer than a server may be silent', async (t) => {
  const { id } = await open(bridge, 'asks', { capabilities: { elicitation: {} } })
  const stream = await send(bridge, 'asks', rpc('consult', {}, 'c'), { session: id })
  let question: unknown
  for await (const message of events(stream)) {
    if (message.method === undefined) {
      t.deepEqual(message, {
        jsonrpc: '2.0',
        id: 'c',
        result: { answer: { action: 'accept' } },
      } as object)
      break
    }
    t.is(message.method, 'elicitation/create')
    question = message.id
    await sleep(2500)
    const answer = { jsonrpc: '2.0', id: question, result: { action: 'accept' } }
    t.is((await send(bridge, 'asks', answer, { session: id })).status, 202)
  }
  t.truthy(question)
})

test('what a server takes back reaches the client under the id it was asked with', async (t) => {
  const { id } = await open(bridge, 'asks', { capabilities: { elicitation: {} } })
  const body = rpc('consult', { takesBack: true })
  const [asked, taken, answer] = await allEvents(await send(bridge, 'asks', body, { session: id }))
  t.is(asked?.method, 'elicitation/create')
  t.like(taken, { method: 'notifications/cancelled', params: { requestId: asked?.id } })
  t.deepEqual(answer?.result, { taken: 'back' })
})

test('a server that answers none of three calls ends, and its session with it', async (t) => {
  const { id } = await open(bridge, 'fix')
  const calls = [1, 2, 3].map((n) =>
    json(send(bridge, 'fix', rpc('never', {}, n), { session: id })),
  )
  for (const { error } of await Promise.all(calls)) t.is(error?.code, -32603)
  let status = 0
  for (let attempt = 0; attempt < 100 && status !== 404; attempt += 1) {
    status = (await send(bridge, 'fix', note('notifications/x'), { session: id })).status
    await sleep(50)
  }
  t.is(status, 404)
})

test('one that others share goes on for them', async (t) => {
  const one = await open(bridge, 'shared')
  const two = await open(bridge, 'shared', { caller: { user: 'dev:bob' } })
  const calls = [1, 2, 3].map((n) =>
    json(send(bridge, 'shared', rpc('never', {}, n), { session: one.id })),
  )
  t.is((await Promise.all(calls)).length, 3)
  const options = { session: two.id, caller: { user: 'dev:bob' } }
  t.truthy((await json(send(bridge, 'shared', rpc('echo'), options))).result)
})

test('waiting for a turn is no silence', async (t) => {
  const { id } = await open(bridge, 'serial')
  const later = (n: number): Promise<RpcBody> =>
    json(send(bridge, 'serial', rpc('later', { ms: 900 }, n), { session: id }))
  // The last of them waits for longer than a call may be silent.
  for (const { result } of await Promise.all([1, 2, 3, 4].map(later))) t.truthy(result)
})

for (const [method, expected] of [
  ['twice', { result: { how: 'twice' } }],
  ['text', { result: { how: 'text' } }],
  ['null', { result: { how: 'null' } }],
  ['both', { error: { code: 5, message: 'both' } }],
  [
    'bare',
    { error: { code: -32603, message: 'the server answered with an error', reason: 'none' } },
  ],
  ['word', { error: { code: -32603, message: 'went wrong' } }],
] as const) {
  test(`an odd server (${method}) is understood, and its session goes on`, async (t) => {
    const { id } = await open(bridge, 'odd')
    const ask = (name: string, n: number): Promise<RpcBody> =>
      json(send(bridge, 'odd', rpc(name, {}, n), { session: id }))
    t.deepEqual(await ask(method, 1), { jsonrpc: '2.0', id: 1, ...expected } as object)
    t.deepEqual((await ask('next', 2)).result, { how: 'next' })
  })
}

test('a session begins once, and an id that is gone is no obstacle', async (t) => {
  const { id } = await open(bridge, 'fix')
  const again = await send(bridge, 'fix', initializeBody(), { session: id })
  t.is(again.status, 400)
  t.is(again.headers.get('mcp-session-id'), null)
  t.like(await json(again), { id: 0, error: { code: -32600 } })
  t.truthy((await json(send(bridge, 'fix', rpc('echo'), { session: id }))).result)
  const gone = await send(bridge, 'fix', initializeBody(), { session: 'gone' })
  t.is(gone.status, 200)
  const foreign = { session: id, caller: { user: 'dev:bob' } }
  t.is((await send(bridge, 'fix', initializeBody(), foreign)).status, 200)
})

/** Asks, and leaves the answer unread: a `Response` of the tests would take it all. */
async function askUnread(session: string, body: object): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const headers = { ...bridge.headers(), 'mcp-session-id': session, accept: BOTH }
  const place = { socketPath: bridge.socket, path: '/flood/mcp', method: 'POST' }
  request({ ...place, headers, agent: false }, resolve)
    .on('error', reject)
    .end(JSON.stringify(body))
  return await promise
}

/** How far the flooding server has come when it comes no further. */
async function whereItStops(): Promise<number> {
  const said = (): number =>
    Math.max(0, ...bridge.log.map(({ stderr }) => Number.parseInt(`${stderr}`, 10) || 0))
  for (let before = -1, now = 0; ; before = now, now = said()) {
    if (now > 0 && before === now) return now
    await sleep(1500)
  }
}

test('a client that reads slowly holds its server back and loses nothing', async (t) => {
  const { id } = await open(bridge, 'flood')
  // Four times of what may wait for a client before its stream is cut.
  const [count, bytes] = [650, 100_000]
  const answer = await askUnread(id, rpc('flood', { count, bytes }))
  const reached = await whereItStops()
  t.true(reached > 0 && reached < count / 4, `${reached}`)
  t.is((await send(bridge, 'flood', note('notifications/x'), { session: id })).status, 202)
  const response = new Response(Readable.toWeb(answer) as ReadableStream<Uint8Array>)
  const told = await allEvents(response)
  t.deepEqual(
    told.map(({ params }) => params?.['n']),
    [...Array.from({ length: count }, (_, n) => n), undefined],
  )
  t.deepEqual(told.at(-1)?.result, {})
})
