/** Calls through the bridge in every way a client can make them, each message told to whom it belongs. */

import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { type Caller, fixture, PATIENT_LEASE_MS, startBridge } from '../support/bridge.ts'
import {
  allEvents,
  events,
  frames,
  json,
  note,
  open,
  type RpcBody,
  rpc,
  send,
} from '../support/mcp.ts'
import { verifies, verifiesAlone } from '../support/verifies.ts'

const bridge = await startBridge({
  services: {
    fix: fixture('echoes.ts'),
    slow: fixture('works-slowly.ts'),
    later: fixture('speaks-later.ts'),
    all: fixture('works-slowly.ts', { isolation: 'shared' }),
    shared: fixture('echoes.ts', { isolation: 'shared' }),
  },
  environment: { MCP_BRIDGE_LEASE_MS: PATIENT_LEASE_MS },
})
test.after.always(() => bridge.stop())

const work = (id: unknown, token: unknown, params: object) =>
  rpc('work', { _meta: { progressToken: token }, ...params }, id)

/** The numbers of progress, then the id of the answer. */
const shown = (messages: readonly RpcBody[]) =>
  messages.map(({ id, params }) => params?.['progress'] ?? id)

const tokensIn = (messages: readonly RpcBody[]) => [
  ...new Set(messages.flatMap(({ params }) => params?.['progressToken'] ?? [])),
]

/** What the server has heard beside requests. */
const heardIn = (result: RpcBody['result']) => (result?.['heard'] ?? []) as RpcBody[]

verifies('call-outlives-client', async (t) => {
  const { id: session } = await open(bridge, 'slow')
  const leave = new AbortController()
  const body = work('mine', 'p', { steps: 5, ms: 100, bytes: 100_000 })
  const response = await send(bridge, 'slow', body, { session, signal: leave.signal })
  let lastEventId = ''
  for await (const { id, data } of frames(response)) {
    lastEventId = id ?? lastEventId
    if (data?.includes('"progress":2')) break
  }
  leave.abort()
  const come = () =>
    send(bridge, 'slow', undefined, { session, headers: { 'last-event-id': lastEventId } })
  // At once, while it still runs; then again, when it has ended.
  for (const _ of [1, 2]) {
    const got = await allEvents(await come())
    t.deepEqual(shown(got), [3, 4, 5, 'mine'])
    t.is(String(got.at(-1)?.result?.['text']).length, 100_000)
  }
  const { result } = await json(send(bridge, 'slow', rpc('heard'), { session }))
  t.notRegex(JSON.stringify(result), /cancelled/)
})

verifies('call-cancelled', async (t) => {
  const { id: session } = await open(bridge, 'fix')
  const answers = ['one', 'two'].map((id) =>
    send(bridge, 'fix', rpc('never', { id }, id), { session }),
  )
  const asked = async () =>
    (await json(send(bridge, 'fix', rpc('asked'), { session }))).result?.['asked'] as {
      id: number
      params: { id: string }
    }[]
  let known: number | undefined
  while (known === undefined) known = (await asked()).find(({ params }) => params.id === 'two')?.id
  for (const requestId of ['two', 'no-such-call']) {
    const cancel = note('notifications/cancelled', { requestId, reason: 'enough' })
    t.is((await send(bridge, 'fix', cancel, { session })).status, 202)
  }
  t.deepEqual(await allEvents((await answers[1]) ?? t.fail()), [])
  const { result } = await json(send(bridge, 'fix', rpc('heard'), { session }))
  const cancels = heardIn(result).filter(({ method }) => method === 'notifications/cancelled')
  t.deepEqual(
    cancels.map(({ params }) => params),
    [{ requestId: known, reason: 'enough' }],
    'and nothing of a call that does not exist',
  )
  await (await answers[0])?.body?.cancel()
})

verifiesAlone('call-progress', async (t) => {
  const { id: session } = await open(bridge, 'slow')
  const startedAt = performance.now()
  const response = await send(bridge, 'slow', work(1, 'p', { steps: 5, ms: 700 }), { session })
  const times: number[] = []
  const got: RpcBody[] = []
  for await (const event of events(response)) {
    got.push(event)
    times.push(performance.now() - startedAt)
  }
  t.deepEqual(shown(got), [1, 2, 3, 4, 5, 1])
  t.deepEqual(tokensIn(got), ['p'])
  t.true((times.at(-1) ?? 0) - (times[0] ?? 0) > 400, 'each when it came')
  const atOnce = await send(bridge, 'slow', work(2, 7, { steps: 50, ms: 0 }), { session })
  const all = await allEvents(atOnce)
  t.deepEqual(
    shown(all),
    [...Array.from({ length: 50 }, (_, n) => n + 1), 2],
    'none is lost before the answer',
  )
})

verifiesAlone('call-first-byte', async (t) => {
  for (const version of ['2025-11-25', '2025-06-18', '2024-11-05']) {
    const { id: session } = await open(bridge, 'slow', { version })
    const startedAt = performance.now()
    const response = await send(bridge, 'slow', work(1, 'p', { steps: 1, ms: 20_000 }), { session })
    t.is(response.headers.get('content-type'), 'text/event-stream')
    t.is(response.headers.get('x-accel-buffering'), 'no')
    const reader = response.body?.getReader()
    t.true(((await reader?.read())?.value?.length ?? 0) > 0)
    t.true(performance.now() - startedAt < 15_000)
    await reader?.cancel()
  }
})

verifies('call-asks-client', async (t) => {
  const capabilities = { sampling: {}, elicitation: {}, roots: {} }
  const { id: session } = await open(bridge, 'fix', { capabilities })
  for (const what of ['sampling/createMessage', 'elicitation/create', 'roots/list', 'ping']) {
    const got = await allEvents(await send(bridge, 'fix', rpc('ask', { what }), { session }))
    t.like(got[0], { id: 'asked-by-server', method: what })
    const answer = { jsonrpc: '2.0', id: 'asked-by-server', result: { of: what } }
    // The second one is nobody's, as is the answer to what was never asked.
    for (const body of [answer, { ...answer, result: {} }, { ...answer, id: 'never-asked' }]) {
      t.is((await send(bridge, 'fix', body, { session })).status, 202)
    }
    const { result } = await json(send(bridge, 'fix', rpc('heard'), { session }))
    const heard = heardIn(result).filter(({ id }) => id !== undefined)
    t.deepEqual(heard.at(-1), answer)
    t.is(heard.filter(({ result }) => result?.['of'] === what).length, 1)
  }
})

verifies('call-asks-nobody', async (t) => {
  const { id: session } = await open(bridge, 'fix')
  for (const what of ['sampling/createMessage', 'elicitation/create', 'roots/list']) {
    const got = await allEvents(
      await send(bridge, 'fix', rpc('ask', { what }), { session, accept: 'text/event-stream' }),
    )
    t.is(got.length, 1, 'the client hears nothing of it')
    const { result } = await json(send(bridge, 'fix', rpc('heard'), { session }))
    const last = heardIn(result).at(-1)
    t.is(last?.id, 'asked-by-server')
    t.is(last?.error?.code, -32601)
  }
})

verifies('call-asks-nobody-shared', async (t) => {
  const capabilities = { sampling: {}, elicitation: {}, roots: {} }
  const { id: session } = await open(bridge, 'shared', { capabilities })
  for (const what of ['sampling/createMessage', 'elicitation/create', 'roots/list']) {
    const options = { session, accept: 'text/event-stream' }
    const got = await allEvents(await send(bridge, 'shared', rpc('ask', { what }), options))
    t.deepEqual(
      got.map(({ id, method }) => [id, method]),
      [[1, undefined]],
      'nobody knows on whose behalf it would ask',
    )
    const { result } = await json(send(bridge, 'shared', rpc('heard'), { session }))
    t.is(heardIn(result).at(-1)?.error?.code, -32601)
  }
})

verifiesAlone('call-large', async (t) => {
  const { id: session } = await open(bridge, 'fix')
  for (const bytes of [100_000, 10_000_000]) {
    const text = 'ü'.repeat(bytes / 2)
    const { result } = await json(send(bridge, 'fix', rpc('echo', { text }), { session }))
    t.is((result?.['params'] as { text: string } | undefined)?.text, text)
  }
  const { id: other } = await open(bridge, 'slow')
  const { result } = await json(
    send(bridge, 'slow', rpc('work', { bytes: 10_000_000 }), { session: other }),
  )
  t.is(String(result?.['text']).length, 10_000_000)
  const tooLarge = await send(bridge, 'fix', rpc('x', { text: 'x'.repeat(10 * 1024 * 1024) }), {
    session,
  })
  t.is(tooLarge.status, 413)
  t.is((await json(tooLarge)).error?.code, -32600)
})

verifiesAlone('call-parallel', async (t) => {
  const { id: session } = await open(bridge, 'fix')
  const leave = new AbortController()
  const slow = send(bridge, 'fix', rpc('never', {}, 'slow'), { session, signal: leave.signal })
  const ask = (id: string, ms: number) =>
    json(send(bridge, 'fix', rpc('later', { ms }, id), { session }))
  const order: unknown[] = []
  const calls = [ask('a', 3000), ask('b', 0)]
  for (const call of calls) void call.then(({ id }) => order.push(id))
  const answers = await Promise.all(calls)
  t.deepEqual(
    answers.map(({ id }) => id),
    ['a', 'b'],
  )
  t.deepEqual(order, ['b', 'a'], 'a quick one overtakes, and none waits for what has no end')
  leave.abort()
  await slow.catch(() => {})
})

verifies('ids-equal-in-a-session', async (t) => {
  const { id: session } = await open(bridge, 'fix')
  const asked = Array.from({ length: 40 }, (_, n) => ({ n, ms: (40 - n) * 5 }))
  const answers = await Promise.all(
    asked.map((params) => json(send(bridge, 'fix', rpc('later', params, 'same'), { session }))),
  )
  t.deepEqual(
    answers.map(({ id, result }) => ({ id, params: result?.['params'] })),
    asked.map((params) => ({ id: 'same', params })),
  )
})

const AT_ONCE = 100

/** So many calls with ids from 1 and tokens alike; each hears the progress and answer of its own. */
async function callsOf(session: string, calls: number, caller?: Caller) {
  const service = caller === undefined ? 'slow' : 'all'
  const answers: RpcBody[][] = []
  for (let first = 1; first <= calls; first += AT_ONCE) {
    const ids = Array.from({ length: Math.min(AT_ONCE, calls + 1 - first) }, (_, n) => first + n)
    const ask = async (id: number) =>
      await allEvents(
        await send(bridge, service, work(id, id, { steps: 1, ms: 1, bytes: id }), {
          session,
          caller,
          accept: 'text/event-stream',
        }),
      )
    answers.push(...(await Promise.all(ids.map(ask))))
  }
  return answers.map((got) => ({
    shown: shown(got),
    tokens: tokensIn(got),
    bytes: String(got.at(-1)?.result?.['text']).length,
  }))
}

const rightFor = (calls: number) =>
  Array.from({ length: calls }, (_, n) => ({ shown: [1, n + 1], tokens: [n + 1], bytes: n + 1 }))

verifiesAlone('ids-equal-in-sessions', async (t) => {
  const sessions = await Promise.all(Array.from({ length: 8 }, () => open(bridge, 'slow')))
  const got = await Promise.all(sessions.map(({ id }) => callsOf(id, 40)))
  for (const calls of got) t.deepEqual(calls, rightFor(40))
})

verifiesAlone('ids-equal-of-people', async (t) => {
  const callers = ['dev:one', 'dev:two'].map((user): Caller => ({ user, client: user }))
  const got = await Promise.all(
    callers.map(async (caller) => {
      const { id } = await open(bridge, 'all', { caller })
      return await callsOf(id, 1000, caller)
    }),
  )
  for (const calls of got) t.deepEqual(calls, rightFor(1000))
})

verifies('ids-equal-of-servers', async (t) => {
  const callers = ['dev:one', 'dev:two'].map((user): Caller => ({ user, client: user }))
  const people = await Promise.all(
    callers.map(async (caller) => {
      const { id } = await open(bridge, 'fix', { caller, capabilities: { sampling: {} } })
      return { caller, session: id, name: caller.user }
    }),
  )
  const what = 'sampling/createMessage'
  for (const person of people) {
    const got = await allEvents(await send(bridge, 'fix', rpc('ask', { what }), person))
    t.like(got[0], { id: 'asked-by-server', method: what })
  }
  const answerOf = (name?: string) => ({ jsonrpc: '2.0', id: 'asked-by-server', result: { name } })
  for (const [index, { name, caller }] of people.entries()) {
    const other = people[1 - index]?.session
    const stolen = await send(bridge, 'fix', answerOf(name), { caller, session: other })
    t.is(stolen.status, 404, 'nobody answers in the session of another')
  }
  for (const person of people.toReversed()) {
    t.is((await send(bridge, 'fix', answerOf(person.name), person)).status, 202)
  }
  for (const person of people) {
    const { result } = await json(send(bridge, 'fix', rpc('heard'), person))
    const answers = heardIn(result).filter(({ id }) => id === 'asked-by-server')
    t.deepEqual(answers, [answerOf(person.name)])
  }
})

verifies('listen-changes', async (t) => {
  const { id: session } = await open(bridge, 'later')
  const stream = await send(bridge, 'later', undefined, { session })
  t.is(stream.headers.get('content-type'), 'text/event-stream')
  const method = 'notifications/tools/list_changed'
  await json(send(bridge, 'later', rpc('speak', { method, times: 3, ms: 200 }), { session }))
  const got: unknown[] = []
  for await (const event of events(stream)) {
    got.push([event.method, event.params?.['n']])
    if (got.length === 3) break
  }
  t.deepEqual(
    got,
    [0, 1, 2].map((n) => [method, n]),
  )
})

verifies('listen-again', async (t) => {
  const { id: session } = await open(bridge, 'later')
  const first = await send(bridge, 'later', undefined, { session })
  const streams = [first]
  for (let n = 0; n < 20; n += 1) streams.push(await send(bridge, 'later', undefined, { session }))
  const ended = await Promise.all(streams.slice(0, -1).map((stream) => allEvents(stream)))
  t.deepEqual(ended.flat(), [])
  await sleep(50)
  await json(send(bridge, 'later', rpc('speak', { ms: 100 }), { session }))
  for await (const { params } of events(streams.at(-1) ?? t.fail())) {
    t.is(params?.['n'], 0)
    break
  }
})
