/** A revoked caller in front of servers that speak Streamable HTTP themselves. */

import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import type { Service } from '../../../lib/catalogue/service.ts'
import { Admission } from '../../../mcp-bridge/admission.ts'
import type { Bridge } from '../../../mcp-bridge/bridge.ts'
import type { Exchange } from '../../../mcp-bridge/exchange.ts'
import { STUCK_BEATS_MAX } from '../../../mcp-bridge/limits.ts'
import { forward } from '../../../mcp-bridge/native/forward.ts'
import { NativeSession } from '../../../mcp-bridge/native/native-session.ts'
import { Ticker } from '../../../mcp-bridge/ticker.ts'
import { toRevoked } from '../../../mcp-bridge/withdrawal.ts'
import { until } from '../../support/gateway-process.ts'
import { allEvents, events, json, open, type RpcBody, rpc, send } from '../../support/mcp.ts'
import { type Seat, somebody, startRevocableBridge } from '../../support/revocable.ts'
import { socketFetch } from '../../support/socket-fetch.ts'

const { bridge, revoke } = await startRevocableBridge({})
test.after.always(() => bridge.stop())

const LOGGED_IN_AGAIN = { grant: '4000000000000-grant' }

const take = async (): Promise<Seat> => {
  const caller = somebody()
  return { service: 'echo', caller, session: (await open(bridge, 'echo', { caller })).id }
}

const wait = (seconds: number, meta: object = {}): object =>
  rpc('tools/call', { name: 'wait', arguments: { seconds, steps: seconds }, _meta: meta }, 'w')

for (const kind of ['token', 'grant', 'client', 'user'] as const) {
  test(`echo: a revoked ${kind} ends its own calls and streams`, async (t) => {
    const [ann, bob] = await Promise.all([take(), take()])
    const [listening, bobListening] = await Promise.all([
      send(bridge, 'echo', undefined, ann),
      send(bridge, 'echo', undefined, bob),
    ])
    const running = await send(bridge, 'echo', wait(30, { progressToken: 1 }), ann)
    // It runs: its progress arrives.
    const seen: RpcBody[] = []
    const his = json(send(bridge, 'echo', wait(4), bob))
    for await (const event of events(running)) {
      seen.push(event)
      if (seen.length === 1) await revoke(kind, ann.caller)
    }
    t.is(seen[0]?.method, 'notifications/progress')
    t.like(seen.at(-1), { id: 'w', error: { code: -32000 } })
    t.deepEqual(seen.at(-1)?.error?.data, { reason: `revoked ${kind}` })
    t.true(seen.length < 10)
    t.deepEqual(await allEvents(listening), [])
    t.regex(JSON.stringify((await his).result), /waited 4 s/)
    await bobListening.body?.cancel()
    const caller = { ...ann.caller, token: 'next', ...(kind !== 'token' && LOGGED_IN_AGAIN) }
    const { status } = await send(bridge, 'echo', rpc('tools/list'), { ...ann, caller })
    t.is(status, kind === 'token' ? 200 : 404)
  })
}

test('echo: a call that is answered in JSON ends with an error', async (t) => {
  const ann = await take()
  const waiting = send(bridge, 'echo', wait(30), { ...ann, accept: 'application/json' })
  await sleep(300)
  await revoke('user', ann.caller)
  const { id, error } = await json(waiting)
  t.is(id, 'w')
  t.deepEqual(error?.data, { reason: 'revoked user' })
})

/** A server whose answers the test writes, and one exchange with it through the bridge's own step. */
async function beginExchange(
  t: ExecutionContext,
  calls: readonly (string | number)[],
  isBatch: boolean,
  answer: (response: ServerResponse) => void,
  keepAliveMs = 15_000,
) {
  const folder = mkdtempSync(join(tmpdir(), 'native-'))
  const asked: { method: string | undefined; body: string; closed: boolean }[] = []
  const upstream = createServer((request, response) => {
    const one = { method: request.method, body: '', closed: false }
    asked.push(one)
    request.on('data', (chunk: Buffer) => {
      one.body += chunk
    })
    response.once('close', () => {
      one.closed = true
    })
    request.once('end', () => {
      if (one.body.includes('cancelled')) response.writeHead(202).end()
      else answer(response)
    })
  })
  const server = { socketPath: join(folder, 'n'), secret: 'secret' }
  const natives = { ensure: async () => server, running: () => server }
  const keepAlive = new Ticker(keepAliveMs)
  const admission = new Admission({ identity: IDENTITY, cut: () => {}, onOver: () => {} }, 0)
  const front = createServer((request: IncomingMessage, response) => {
    const limits = { callTimeoutMs: 300_000, callCeilingMs: 3_600_000 }
    const service = { name: 'svc', limits } as Service
    const exchange: Exchange = { request, response, identity: IDENTITY, service, admission, calls }
    const [only] = calls
    if (!isBatch && only !== undefined) exchange.rpcId = only
    const session = new NativeSession('id', OWNER, '2025-03-26', () => {})
    const room = {
      natives,
      streams: { keepAlive },
      sessions: { end: () => {} },
      tools: { reader: () => undefined },
    } as unknown as Bridge
    forward(room, exchange, session, { body: Buffer.from('{}') }).catch(() => {})
  })
  await Promise.all([
    new Promise<void>((resolve) => upstream.listen(server.socketPath, resolve)),
    new Promise<void>((resolve) => front.listen(join(folder, 'f'), resolve)),
  ])
  t.teardown(() => {
    keepAlive.stop()
    for (const one of [upstream, front]) one.close().closeAllConnections()
    rmSync(folder, { recursive: true, force: true })
  })
  const response = socketFetch(join(folder, 'f'))('http://x/svc/mcp', { method: 'POST' })
  response.catch(() => {})
  await until(() => asked.length === 1, 20_000)
  return { asked, response, admission }
}

const IDENTITY = {
  userId: 'dev:ann',
  userName: 'ann',
  clientId: 'client',
  scopes: [],
  grantId: '1-grant',
  tokenId: 'token',
  expiresAt: 4_000_000_000,
}
const OWNER = { user: 'dev:ann', client: 'client', service: 'svc' }
const FAULT = toRevoked('grant')

test('the server is told, and left, when its client is refused before its answer', async (t) => {
  const { asked, response, admission } = await beginExchange(t, ['one'], false, () => {})
  admission.withdraw(FAULT)
  const { id, error } = await json(response)
  t.is((await response).status, 200)
  t.deepEqual([id, error?.message], ['one', FAULT.message])
  await until(() => asked.length === 2 && asked[0]?.closed === true, 20_000)
  t.deepEqual(JSON.parse(asked[1]?.body ?? ''), {
    jsonrpc: '2.0',
    method: 'notifications/cancelled',
    params: { requestId: 'one', reason: FAULT.message },
  })
})

test('each request of a batch is refused and cancelled', async (t) => {
  const { asked, response, admission } = await beginExchange(t, ['one', 2], true, () => {})
  admission.withdraw(FAULT)
  const answers = (await (await response).json()) as RpcBody[]
  t.deepEqual(
    answers.map(({ id, error }) => [id, error?.message]),
    [
      ['one', FAULT.message],
      [2, FAULT.message],
    ],
  )
  await until(() => asked.length === 3, 20_000)
  t.deepEqual(
    asked.slice(1).map(({ body }) => JSON.parse(body).params.requestId),
    ['one', 2],
  )
})

for (const [what, type, begun] of [
  ['an event', 'text/event-stream', 'event: message\ndata: {"half'],
  ['a JSON answer', 'application/json', '{"half'],
] as const) {
  test(`broken off in the middle of ${what}, an answer does not look complete`, async (t) => {
    const { response, admission, asked } = await beginExchange(t, ['one'], false, (answer) => {
      answer.writeHead(200, { 'content-type': type })
      answer.write(begun)
    })
    const reader = (await response).body?.getReader()
    await reader?.read()
    admission.withdraw(FAULT)
    await t.throwsAsync(async () => {
      while (!(await reader?.read())?.done);
    })
    await until(() => asked[0]?.closed === true, 20_000)
  })
}

test('between two events the reason is the last one', async (t) => {
  const first = '{"jsonrpc":"2.0","method":"notifications/message"}'
  const { response, admission, asked } = await beginExchange(t, ['one'], false, (answer) => {
    answer.writeHead(200, { 'content-type': 'text/event-stream' })
    answer.write(`event: message\ndata: ${first}\n\n`)
  })
  const got: RpcBody[] = []
  for await (const event of events(await response)) {
    got.push(event)
    admission.withdraw(FAULT)
  }
  t.deepEqual(
    got.map(({ method, id, error }) => method ?? [id, error?.message]),
    ['notifications/message', ['one', FAULT.message]],
  )
  await until(() => asked[0]?.closed === true, 20_000)
})

for (const type of ['text/event-stream', 'application/json']) {
  test(`an answer as ${type} of which nothing is read for long is cut, and the server left`, async (t) => {
    const write = (answer: ServerResponse): void => {
      answer.writeHead(200, { 'content-type': type })
      for (let n = 0; n < 32; n += 1) answer.write(`data: ${'x'.repeat(1_000_000)}\n\n`)
    }
    const { asked, response } = await beginExchange(t, ['one'], false, write, 50)
    const { body } = await response
    await until(() => asked[0]?.closed === true, 5000)
    t.true(asked[0]?.closed)
    await body?.cancel().catch(() => {})
  })
}

test('an answer that takes long to begin is not cut', async (t) => {
  const late = async (answer: ServerResponse): Promise<void> => {
    answer.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
    await sleep(3 * STUCK_BEATS_MAX * 20)
    answer.end('{"late":true}')
  }
  const { response } = await beginExchange(t, ['one'], false, late, 20)
  t.deepEqual(await (await response).json(), { late: true })
})
