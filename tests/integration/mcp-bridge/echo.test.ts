import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { startBridge } from '../../support/bridge.ts'
import { allEvents, events, initializeBody, json, open, rpc, send } from '../../support/mcp.ts'
import { socketFetch } from '../../support/socket-fetch.ts'

const bridge = await startBridge()
test.after.always(() => bridge.stop())

const tool = (name: string, args: object = {}, meta?: object) =>
  rpc('tools/call', { name, arguments: args, ...(meta && { _meta: meta }) })

const textOf = ({ result }: Awaited<ReturnType<typeof json>>) =>
  (result?.['content'] as { text: string }[] | undefined)?.[0]?.text

test('echo returns the message', async (t) => {
  const { id } = await open(bridge, 'echo')
  const answer = await json(send(bridge, 'echo', tool('echo', { message: 'hü' }), { session: id }))
  t.is(textOf(answer), 'hü')
})

test('whoami shows the identity headers and nothing that opens anything', async (t) => {
  const caller = { user: 'github:583231', name: 'Ann Ü', client: 'client-7' }
  const { id } = await open(bridge, 'echo', { caller })
  const headers = { authorization: 'Bearer canary', cookie: 'canary=1', 'x-other': 'kept' }
  const options = { session: id, caller, headers }
  const { result } = await json(send(bridge, 'echo', tool('whoami'), options))
  t.deepEqual(result?.['structuredContent'], {
    userId: 'github:583231',
    userName: 'Ann Ü',
    headers: {
      'x-user-id': 'github:583231',
      'x-user-name': 'Ann%20%C3%9C',
      'x-auth-client': 'client-7',
      'x-auth-scopes': 'mcp',
      'x-auth-grant': '1-grant',
      'x-auth-token-id': 'token',
      'x-auth-expires': '4000000000',
    },
  })
})

test('wait streams its progress while it waits', async (t) => {
  const { id } = await open(bridge, 'echo')
  const body = tool('wait', { seconds: 0.6, steps: 3 }, { progressToken: 'p' })
  const started = Date.now()
  const arrivals: number[] = []
  for await (const { params } of events(await send(bridge, 'echo', body, { session: id }))) {
    if (params !== undefined) t.is(params['progressToken'], 'p')
    arrivals.push(Date.now() - started)
  }
  t.is(arrivals.length, 4)
  const [first = 0, , , last = 0] = arrivals
  t.true(first < last, 'the first before the wait is over')
  t.true(last >= 590)
})

for (const [title, accept, type] of [
  ['JSON only', 'application/json', 'application/json'],
  ['anything', '*/*', 'text/event-stream'],
] as const) {
  test(`a client that accepts ${title} gets ${type}`, async (t) => {
    const { id } = await open(bridge, 'echo', { accept })
    const response = await send(bridge, 'echo', tool('echo', { message: 'm' }), {
      session: id,
      accept,
    })
    t.is(response.headers.get('content-type'), type)
    t.is(textOf(await json(response)), 'm')
  })
}

test('an initialize for 2026-07-28 is answered with 2025-11-25', async (t) => {
  const { answer } = await open(bridge, 'echo', { version: '2026-07-28' })
  t.is(answer.result?.['protocolVersion'], '2025-11-25')
})

test('batches follow the revision here too', async (t) => {
  const old = await open(bridge, 'echo', { version: '2025-03-26' })
  const young = await open(bridge, 'echo', { version: '2025-06-18' })
  const batch = [rpc('ping', {}, 1), rpc('ping', {}, 2)]
  const answers = await allEvents(await send(bridge, 'echo', batch, { session: old.id }))
  t.deepEqual(answers.map(({ id }) => id).sort(), [1, 2])
  t.is((await send(bridge, 'echo', batch, { session: young.id })).status, 400)
})

test('a listening stream opens, and closes when the session ends', async (t) => {
  const { id } = await open(bridge, 'echo')
  const stream = await send(bridge, 'echo', undefined, { session: id })
  t.is(stream.headers.get('content-type'), 'text/event-stream')
  t.is(stream.headers.get('x-accel-buffering'), 'no')
  await send(bridge, 'echo', undefined, { session: id, method: 'DELETE' })
  t.deepEqual(await allEvents(stream), [])
})

test('a new listening stream takes the place of the one before', async (t) => {
  const { id: session } = await open(bridge, 'echo')
  const listen = () => send(bridge, 'echo', undefined, { session })
  const first = await listen()
  const second = await listen()
  t.deepEqual([first.status, second.status], [200, 200])
  await first.text()
  await second.body?.cancel()
})

test('the socket of the server admits nobody but the bridge', async (t) => {
  const { id } = await open(bridge, 'echo')
  const folder = join(dirname(bridge.socket), 'n')
  t.is(statSync(folder).mode & 0o777, 0o700)
  const [name] = readdirSync(folder)
  const socket = join(folder, name ?? '')
  t.true(existsSync(socket))
  const forged = { ...bridge.headers(), 'x-gateway-edge': 'guessed', 'mcp-session-id': id }
  for (const headers of [{}, bridge.headers(), forged]) {
    const response = await socketFetch(socket, headers)('http://echo/echo/mcp', {
      method: 'POST',
      body: JSON.stringify(initializeBody()),
    })
    t.is(response.status, 403)
  }
})

test.serial('a server that was killed is started again, its old sessions are gone', async (t) => {
  const own = await startBridge()
  t.teardown(() => own.stop())
  const { id } = await open(own, 'echo')
  const [line = ''] = own.children()
  process.kill(Number.parseInt(line, 10), 'SIGKILL')
  await sleep(200)
  t.is((await send(own, 'echo', rpc('ping'), { session: id })).status, 404)
  t.truthy((await open(own, 'echo')).id)
  t.is(own.children().length, 1)
})

test.serial('concurrent first uses start one server', async (t) => {
  const own = await startBridge()
  t.teardown(() => own.stop())
  await Promise.all(Array.from({ length: 8 }, () => open(own, 'echo')))
  t.is(own.children().length, 1)
})
