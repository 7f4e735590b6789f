/** Two bridges on one store: what belongs to one of them is reached through the other. */

import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { type Caller, fixture, startBridge } from '../../support/bridge.ts'
import { until } from '../../support/gateway-process.ts'
import {
  BOTH,
  events,
  fixtureInfo,
  initializeBody,
  json,
  note,
  open,
  rpc,
  send,
} from '../../support/mcp.ts'
import { rawOverSocket } from '../../support/raw-over-socket.ts'

const services = {
  fix: fixture('echoes.ts'),
  mine: fixture('echoes.ts', { isolation: 'user' }),
  all: fixture('echoes.ts', { isolation: 'shared' }),
  old: fixture('echoes.ts', { isolation: 'user', sse: true }),
}
/** So long a term that whatever waits for its end is told from a machine that is slow. */
const environment = { MCP_BRIDGE_LEASE_MS: '120000' }
const WITHIN_MS = 30_000
const one = await startBridge({ services, environment })
const two = await one.beside('two')
test.after.always(async () => {
  await two.end('SIGTERM')
  await one.stop()
})

const STRANGER: Caller = { user: 'dev:bob' }

for (const service of ['fix', 'mine', 'all', 'echo']) {
  test(`a session of ${service} is used through the other bridge`, async (t) => {
    const { id } = await open(one, service)
    const ask = (method: string) => {
      const body = method === 'POST' ? rpc('ping', { of: service }, 'an id') : undefined
      return send(two, service, body, { session: id, method })
    }
    const answer = await ask('POST')
    t.is(answer.status, 200)
    t.is((await json(answer)).id, 'an id')
    const stream = await ask('GET')
    t.is(stream.headers.get('content-type'), 'text/event-stream')
    await stream.body?.cancel()
    t.is((await send(two, service, note('notifications/x'), { session: id })).status, 202)
    t.is((await ask('DELETE')).status, 204)
    for (const bridge of [one, two]) {
      t.is((await send(bridge, service, rpc('ping'), { session: id })).status, 404)
    }
  })

  test(`somebody else’s session of ${service} is unknown through the other bridge too`, async (t) => {
    const { id } = await open(one, service)
    for (const method of ['POST', 'GET', 'DELETE']) {
      const body = method === 'POST' ? rpc('ping') : undefined
      const ask = async (session: string) => {
        const response = await send(two, service, body, { session, method, caller: STRANGER })
        return { status: response.status, body: await json(response) }
      }
      t.deepEqual(await ask(id), await ask('no-such-session'))
      t.is((await ask(id)).status, 404)
    }
    // Nor has it been forgotten for that: where it is not, only its record tells where it is.
    for (const bridge of [one, two]) {
      t.is((await send(bridge, service, rpc('ping'), { session: id })).status, 200)
    }
  })
}

for (const method of ['DELETE', 'GET']) {
  test(`a ${method} with a body is passed on without it, and takes nobody’s request`, async (t) => {
    const caller = { user: `dev:bodily-${method.toLowerCase()}` }
    const { id } = await open(one, 'fix', { caller })
    const other = await open(one, 'fix', { caller: STRANGER })
    const more = { ...two.headers(caller), 'mcp-session-id': id, accept: BOTH }
    const { status } = await rawOverSocket(two, '/fix/mcp', { x: 'x'.repeat(50_000) }, more, method)
    t.is(status, method === 'DELETE' ? 204 : 200)
    const signal = AbortSignal.timeout(WITHIN_MS)
    const seat = { session: other.id, caller: STRANGER, signal }
    for (const n of [1, 2]) t.is((await send(two, 'fix', rpc('echo', {}, n), seat)).status, 200)
  })
}

test('what a server says streams through, as it comes, and a client that leaves is told', async (t) => {
  const caller = { user: 'dev:leaver' }
  const seat = { session: (await open(one, 'fix', { caller })).id, caller }
  const leaving = new AbortController()
  const stream = await send(two, 'fix', undefined, { ...seat, signal: leaving.signal })
  const messages = events(stream)
  await send(one, 'fix', rpc('notify', { n: 7 }), { ...seat, accept: 'application/json' })
  const first = await messages.next()
  t.like(first.value, { method: 'notifications/message', params: { n: 7 } })
  leaving.abort()
  // Each request is logged when it is over.
  const isOver = () =>
    one.log.some(({ user, http_method: method }) => user === caller.user && method === 'GET')
  await until(isOver, 5000)
  t.pass()
})

test('progress of a call comes through before its answer', async (t) => {
  const { id } = await open(one, 'fix')
  const params = { _meta: { progressToken: 'mine' } }
  const response = await send(two, 'fix', rpc('tick', params), { session: id })
  const seen: unknown[] = []
  for await (const { params: told, result } of events(response)) {
    seen.push(result === undefined ? told?.['progress'] : 'answer')
  }
  t.deepEqual(seen, [1, 2, 3, 'answer'])
})

test('a person has one process, whichever bridge is asked, and in whatever order', async (t) => {
  const caller = { user: 'dev:everywhere' }
  const bridges = [one, two, two, one, two, one]
  const sessions = await Promise.all(bridges.map((bridge) => open(bridge, 'mine', { caller })))
  t.is(new Set(sessions.map(({ answer }) => fixtureInfo(answer).pid)).size, 1)
  t.is(new Set(sessions.map(({ id }) => id)).size, bridges.length)
  for (const [index, { id }] of sessions.entries()) {
    const bridge = bridges[(index + 1) % bridges.length] ?? one
    t.is((await send(bridge, 'mine', rpc('ping'), { session: id, caller })).status, 200)
  }
})

test('what all share is one process, whichever bridge is asked', async (t) => {
  const asking = [one, two, one, two].map((bridge, index) =>
    open(bridge, 'all', { caller: { user: `dev:sharer-${index}` } }),
  )
  const pids = (await Promise.all(asking)).map(({ answer }) => fixtureInfo(answer).pid)
  t.is(new Set(pids).size, 1)
})

test('what was passed on is not passed on again', async (t) => {
  const { id } = await open(one, 'mine')
  const headers = { 'x-gateway-hop': 'three' }
  for (const [body, session] of [
    [rpc('ping'), id],
    [initializeBody(), undefined],
  ] as const) {
    const response = await send(two, 'mine', body, { session, headers })
    t.is(response.status, 503)
    t.truthy(response.headers.get('retry-after'))
  }
})

test('a body of some megabytes gets there whole, and so does its answer', async (t) => {
  const { id } = await open(one, 'fix')
  const text = 'x'.repeat(4_000_000)
  const answer = await json(send(two, 'fix', rpc('echo', { text }), { session: id }))
  t.deepEqual(answer.result?.['params'], { text })
})

test.serial(
  'the end of a bridge ends its sessions, and the other takes over what it owned',
  async (t) => {
    const three = await one.beside('three')
    t.teardown(() => three.end('SIGTERM'))
    const caller = { user: 'dev:survivor' }
    const before = await open(three, 'mine', { caller })
    const running = send(one, 'mine', rpc('never'), { session: before.id, caller })
    const listening = await send(one, 'mine', undefined, { session: before.id, caller })
    await sleep(200)
    await three.end('SIGTERM')
    const answer = await running
    t.true(answer.status === 404 || (await json(answer)).error !== undefined)
    // The stream ends: whether cut or closed is all one.
    await listening.text().catch(() => '')
    t.is((await send(one, 'mine', rpc('ping'), { session: before.id, caller })).status, 404)
    const start = performance.now()
    const after = await open(one, 'mine', { caller })
    t.not(fixtureInfo(after.answer).pid, fixtureInfo(before.answer).pid)
    t.true(performance.now() - start < WITHIN_MS, 'what was given back is not waited for')
  },
)

test.serial(
  'a killed bridge that comes back need not wait for the end of what it had',
  async (t) => {
    const three = await one.beside('three')
    const caller = { user: 'dev:returning' }
    const before = await open(three, 'mine', { caller })
    await three.end('SIGKILL')
    const again = await three.again()
    t.teardown(() => again.end('SIGTERM'))
    const start = performance.now()
    const after = await open(again, 'mine', { caller })
    t.not(fixtureInfo(after.answer).pid, fixtureInfo(before.answer).pid)
    t.true(performance.now() - start < WITHIN_MS, 'sooner than within the term of a lease')
    t.is((await send(again, 'mine', rpc('ping'), { session: before.id, caller })).status, 404)
    t.is((await send(one, 'mine', rpc('ping'), { session: before.id, caller })).status, 404)
    t.is((await send(one, 'mine', rpc('ping'), { session: after.id, caller })).status, 200)
  },
)

test('a stream of the old transport is where its process is, and is reached through either bridge', async (t) => {
  const caller = { user: 'dev:old' }
  // The first that comes takes the process; the stream of the next goes there.
  const streams = [
    await send(two, 'old', undefined, { caller, accept: 'text/event-stream' }),
    await send(one, 'old', undefined, { caller, accept: 'text/event-stream' }),
  ]
  for (const stream of streams) {
    const reader = (stream.body ?? new ReadableStream()).getReader()
    let text = ''
    const until = async (wanted: RegExp): Promise<string> => {
      while (!wanted.test(text)) {
        const { value, done } = await reader.read()
        if (done) throw new Error(text)
        text += Buffer.from(value).toString()
      }
      return wanted.exec(text)?.[1] ?? ''
    }
    const path = await until(/data: (\/old\/mcp\?sessionId=\S+)\n/)
    const post = async (bridge: typeof one, body: object): Promise<number> => {
      const options = { method: 'POST', body: JSON.stringify(body) }
      return (await bridge.fetch(caller)(`http://gateway${path}`, options)).status
    }
    t.is(await post(one, initializeBody('2024-11-05')), 202)
    await until(/"protocolVersion":("2024-11-05")/)
    t.is(await post(two, rpc('through-two')), 202)
    await until(/("method":"through-two")/)
    t.is(await post(one, rpc('through-one')), 202)
    await until(/("method":"through-one")/)
    await reader.cancel()
  }
})
