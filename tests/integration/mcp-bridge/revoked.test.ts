/** What a revoked caller has open ends, with the reason; others of the same process notice nothing. */

import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { fixture } from '../../support/bridge.ts'
import { until } from '../../support/gateway-process.ts'
import {
  allEvents,
  events,
  initializeBody,
  json,
  open,
  type RpcBody,
  rpc,
  send,
} from '../../support/mcp.ts'
import { type Seat, somebody, startRevocableBridge, untilSent } from '../../support/revocable.ts'

const { bridge, revoke } = await startRevocableBridge({
  services: {
    own: fixture('echoes.ts'),
    all: fixture('echoes.ts', { isolation: 'shared' }),
    turns: fixture('echoes.ts', { isolation: 'shared', calls: 'serial' }),
    silent: { command: 'sleep', args: ['600'] },
  },
})
test.after.always(() => bridge.stop())

const ACCEPT_JSON = 'application/json'
const WITHIN_MS = 5000
const REVOKED = /^the gateway ended this request: /
/** A grant that is younger than every revocation here. */
const loggedInAgain = { grant: '4000000000000-grant' }

async function take(service: string, caller = somebody(), version?: string): Promise<Seat> {
  const options = version === undefined ? { caller } : { caller, version }
  return { service, caller, session: (await open(bridge, service, options)).id }
}

interface Running {
  readonly response: Promise<Response>
  readonly answer: () => Promise<RpcBody>
}

const isOf =
  (of: unknown) =>
  ({ params }: RpcBody): boolean =>
    params?.['of'] === of

let count = 0

/** A call that never ends by itself; it is with the server, as somebody in the same process can tell. */
async function runForever(seat: Seat, witness: Seat, id: unknown = 'mine'): Promise<Running> {
  count += 1
  const of = count
  const response = send(bridge, seat.service, rpc('never', { of }, id), seat)
  await untilSent(bridge, witness, 'asked', isOf(of))
  return { response, answer: () => json(response) }
}

for (const kind of ['token', 'grant', 'client', 'user'] as const) {
  test(`a revoked ${kind}: its calls and streams end, nobody else’s in the same process do`, async (t) => {
    const [ann, bob] = await Promise.all([take('all'), take('all')])
    const listening = await send(bridge, 'all', undefined, ann)
    const bobListening = await send(bridge, 'all', undefined, bob)
    const running = await runForever(ann, bob)
    const later = json(send(bridge, 'all', rpc('later', { ms: 1500 }, 'his'), bob))
    await sleep(200)

    const revokedAt = performance.now()
    await revoke(kind, ann.caller)
    const { id, error } = await running.answer()
    t.deepEqual(await allEvents(listening), [])
    t.true(performance.now() - revokedAt < WITHIN_MS)
    t.is(id, 'mine')
    t.is(error?.code, -32000)
    t.regex(error?.message ?? '', REVOKED)
    t.deepEqual(error?.data, { reason: `revoked ${kind}` })
    const reason = error?.message
    await untilSent(bridge, bob, 'heard', ({ params }) => params?.['reason'] === reason)

    t.like((await later).result, { params: { ms: 1500 } })
    await json(send(bridge, 'all', rpc('change', { n: kind }), { ...bob, accept: ACCEPT_JSON }))
    for await (const { params } of events(bobListening)) if (params?.['n'] === kind) break
    t.pass('his stream is open still')

    const next = { token: `${ann.caller.token}-next`, ...(kind !== 'token' && loggedInAgain) }
    const options = { ...ann, caller: { ...ann.caller, ...next } }
    const { status } = await send(bridge, 'all', rpc('echo'), options)
    t.is(status, kind === 'token' ? 200 : 404, 'a session outlives its tokens only')
  })
}

test('a call that has begun to stream ends with the reason as its last event', async (t) => {
  const ann = await take('own')
  const { response } = await runForever(ann, ann, 5)
  const own = { ...ann, accept: ACCEPT_JSON }
  // To the only call that can stream.
  await json(send(bridge, 'own', rpc('notify', { n: 1 }), own))
  const stream = await response
  t.is(stream.headers.get('content-type'), 'text/event-stream')
  await revoke('grant', ann.caller)
  const got = await allEvents(stream)
  t.deepEqual(
    got.map(({ method, id, error }) => method ?? [id, error?.code]),
    ['notifications/message', [5, -32000]],
  )
})

test('each request of a batch gets its answer or the reason', async (t) => {
  const ann = await take('own', somebody(), '2025-03-26')
  const batch = [rpc('never', {}, 1), rpc('echo', {}, 2), rpc('never', { of: 'batch' }, 3)]
  const waiting = send(bridge, 'own', batch, { ...ann, accept: ACCEPT_JSON })
  await untilSent(bridge, ann, 'asked', isOf('batch'))
  await revoke('token', ann.caller)
  const answers = (await (await waiting).json()) as RpcBody[]
  t.deepEqual(
    answers.map(({ id, error }) => [id, error?.data?.['reason']]),
    [
      [2, undefined],
      [1, 'revoked token'],
      [3, 'revoked token'],
    ],
  )
})

test('who waits for their turn gives it up, and the next one comes', async (t) => {
  const [ann, bob] = await Promise.all([take('turns'), take('turns')])
  const calls = []
  for (const [seat, method] of [
    [ann, 'never'],
    [ann, 'never'],
    [bob, 'echo'],
  ] as const) {
    calls.push(json(send(bridge, 'turns', rpc(method, {}, calls.length), seat)))
    await sleep(200)
  }
  await revoke('grant', ann.caller)
  t.deepEqual(
    (await Promise.all(calls)).map(({ id, error }) => [id, error?.data?.['reason']]),
    [
      [0, 'revoked grant'],
      [1, 'revoked grant'],
      [2, undefined],
    ],
  )
})

async function readAll(response: Promise<Response>): Promise<string> {
  return await (await response).text()
}

test('a call whose client has left is cancelled with its token', async (t) => {
  const [ann, bob] = await Promise.all([take('all'), take('all')])
  const leave = new AbortController()
  const body = rpc('never', { of: 'left' })
  const gone = readAll(send(bridge, 'all', body, { ...ann, signal: leave.signal }))
  const { id: asked } = await untilSent(bridge, bob, 'asked', isOf('left'))
  leave.abort()
  await t.throwsAsync(gone)
  const isLogged = (): boolean =>
    bridge.log.some(({ user, method }) => user === ann.caller.user && method === 'never')
  await until(isLogged, 20_000)
  await revoke('token', ann.caller)
  await untilSent(bridge, bob, 'heard', ({ params }) => params?.['requestId'] === asked)
})

test('whoever is revoked while their server starts is told, and the server ends', async (t) => {
  const caller = somebody()
  const waiting = send(bridge, 'silent', initializeBody(), { caller })
  const runs = (): boolean => bridge.children().some((line) => line.includes('sleep 600'))
  await until(runs, 20_000)
  await revoke('user', caller)
  const response = await waiting
  t.is(response.headers.get('mcp-session-id'), null)
  t.deepEqual((await json(response)).error?.data, { reason: 'revoked user' })
  await until(() => !runs(), 20_000)
})

test('whoever comes after their revocation is told so, with the id of the request', async (t) => {
  const caller = somebody()
  const ask = (): Promise<RpcBody> => json(send(bridge, 'own', initializeBody(), { caller }))
  await revoke('client', caller)
  await until(async () => (await ask()).error !== undefined, 20_000)
  const { id, error } = await ask()
  t.is(id, 0)
  t.deepEqual(error?.data, { reason: 'revoked client' })
})

test('a session that a new login has taken over lives on when the old grant ends', async (t) => {
  const ann = await take('own')
  const old = await runForever(ann, ann)
  const again = { ...ann, caller: { ...ann.caller, ...loggedInAgain, token: 'of-the-new-login' } }
  t.is((await send(bridge, 'own', rpc('echo'), again)).status, 200)
  await revoke('grant', ann.caller)
  t.deepEqual((await old.answer()).error?.data, { reason: 'revoked grant' })
  t.is((await send(bridge, 'own', rpc('echo'), again)).status, 200)
})

test('a stream whose client does not read is cut off', async (t) => {
  const ann = await take('own')
  const stream = await send(bridge, 'own', undefined, ann)
  t.is(stream.status, 200)
  const saying = { ...ann, accept: ACCEPT_JSON }
  // Its server is held back as well, and so is the answer behind what nobody reads.
  const said = send(bridge, 'own', rpc('notify', { n: 'x'.repeat(4_000_000) }), saying)
  said.catch(() => {})
  await sleep(1000)
  const { user } = ann.caller
  const isOver = (): boolean =>
    bridge.log.some((line) => line['user'] === user && line['http_method'] === 'GET')
  await revoke('grant', ann.caller)
  await until(isOver, 20_000)
  await t.throwsAsync(allEvents(stream), undefined, 'what was not read does not come any more')
})

test('the log tells what was ended and why', async (t) => {
  const ann = await take('own')
  const { answer } = await runForever(ann, ann)
  await revoke('user', ann.caller)
  await answer()
  const isLogged = (fields: object): (() => boolean) => {
    const wanted = Object.entries({ user: ann.caller.user, ...fields })
    return () => bridge.log.some((line) => wanted.every(([name, value]) => line[name] === value))
  }
  await until(isLogged({ ended: 'revoked user', method: 'never' }), 20_000)
  await until(isLogged({ msg: 'revoked: a session ends', by: 'user' }), 20_000)
  t.pass()
})
