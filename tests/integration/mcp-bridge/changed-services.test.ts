/** Services that are added, changed and taken out under a running bridge: what that ends, and what it leaves. */

import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { type Bridge, type Caller, fixture, startBridge } from '../../support/bridge.ts'
import { freePort } from '../../support/free-port.ts'
import { until } from '../../support/gateway-process.ts'
import { events, fixtureInfo, initializeBody, json, open, rpc, send } from '../../support/mcp.ts'
import { socketFetch } from '../../support/socket-fetch.ts'

const ANN: Caller = {}
const BOB: Caller = { user: 'dev:bob' }
const MS_MAX = 15_000

const steady = fixture('echoes.ts')
const own = fixture('echoes.ts')
const all = fixture('echoes.ts', { isolation: 'shared' })
const START = { steady, own, all }

async function start(t: { teardown: (end: () => Promise<void>) => void }): Promise<Bridge> {
  const bridge = await startBridge({ services: START })
  t.teardown(() => bridge.stop())
  return bridge
}

const statusOf = async (bridge: Bridge, service: string, session?: string): Promise<number> =>
  (await send(bridge, service, rpc('who'), { session })).status

test('one that comes is served, without anybody else noticing', async (t) => {
  const bridge = await start(t)
  t.is(await statusOf(bridge, 'coming'), 404)
  const { id, answer } = await open(bridge, 'steady')
  const stream = events(await send(bridge, 'steady', undefined, { session: id }))
  bridge.configure({ ...START, coming: fixture('echoes.ts') })
  await until(async () => (await statusOf(bridge, 'coming')) === 400, MS_MAX)
  t.not(fixtureInfo((await open(bridge, 'coming')).answer).pid, fixtureInfo(answer).pid)
  const body = rpc('notify', { n: 7 })
  await send(bridge, 'steady', body, { session: id, accept: 'application/json' })
  t.is((await stream.next()).value?.params?.['n'], 7, 'the stream of before')
})

test('one that goes: its calls are answered, its sessions unknown, its processes gone', async (t) => {
  const bridge = await start(t)
  const sessions = await Promise.all(
    (['own', 'all'] as const).flatMap((service) =>
      [ANN, BOB].map(async (caller) => ({
        service,
        caller,
        ...(await open(bridge, service, { caller })),
      })),
    ),
  )
  const { id } = await open(bridge, 'steady')
  const calls = sessions.map(({ service, caller, id: session }) =>
    json(send(bridge, service, rpc('never'), { caller, session })),
  )
  t.is(bridge.children().length, 4, 'two of their own, one shared, and the steady one')
  bridge.configure({ steady })
  for (const [index, { error }] of (await Promise.all(calls)).entries()) {
    t.regex(error?.message ?? '', /the session has ended/, sessions[index]?.service)
  }
  await until(async () => (await statusOf(bridge, 'all')) === 404, MS_MAX)
  for (const { service, caller, id: session } of sessions) {
    const gone = await send(bridge, service, rpc('who'), { caller, session })
    t.is(gone.status, 404)
    t.is((await json(gone)).error?.message, 'no such service')
  }
  await until(() => bridge.children().length === 1, MS_MAX)
  t.is(await statusOf(bridge, 'steady', id), 200)
})

test('one that is launched in another way begins anew, one with other words goes on', async (t) => {
  const bridge = await start(t)
  const worded = await open(bridge, 'own')
  const { id, answer } = await open(bridge, 'all')
  bridge.configure({
    steady,
    own: { ...own, description: 'in other words' },
    all: { ...all, env: { A: 'b' } },
  })
  await until(async () => (await statusOf(bridge, 'all', id)) === 404, MS_MAX)
  const refused = await json(send(bridge, 'all', rpc('who'), { session: id }))
  t.is(refused.error?.code, -32001, 'what makes clients begin again')
  const again = await open(bridge, 'all')
  t.not(fixtureInfo(again.answer).pid, fixtureInfo(answer).pid)
  t.is(await statusOf(bridge, 'own', worded.id), 200)
  t.is(bridge.children().length, 2, 'nothing is left of what it was')
})

test('one that kept dying is tried at once when it was changed', async (t) => {
  const bridge = await start(t)
  const broken = { command: process.execPath, args: ['-e', 'process.exit(1)'] }
  bridge.configure({ ...START, own: broken })
  const begin = async (): Promise<number> =>
    (await send(bridge, 'own', rpc('initialize', { protocolVersion: '2025-11-25' }))).status
  await until(async () => (await begin()) === 503, MS_MAX)
  bridge.configure({ ...START, own: { ...own, env: { A: 'b' } } })
  await until(
    () => bridge.log.filter(({ msg }) => msg === 'the services have changed').length > 1,
    MS_MAX,
  )
  t.is(await begin(), 200)
})

test('a body that arrives after the change starts nothing of before', async (t) => {
  const bridge = await start(t)
  const initialize = JSON.stringify(
    rpc('initialize', {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'slow', version: '1' },
    }),
  )
  const request = httpRequest({
    socketPath: bridge.socket,
    method: 'POST',
    path: '/own/mcp',
    headers: {
      ...bridge.headers(),
      'content-type': 'application/json',
      'content-length': initialize.length,
    },
  })
  const answered = once(request, 'response')
  request.write(initialize.slice(0, 10))
  bridge.configure({ ...START, own: { ...own, env: { A: 'b' } } })
  await until(() => bridge.log.some(({ msg }) => msg === 'the services have changed'), MS_MAX)
  request.end(initialize.slice(10))
  const [response] = (await answered) as [IncomingMessage]
  const { statusCode: status, headers } = response
  const text = (await response.toArray()).join('')
  t.is(status, 503)
  t.is(headers['retry-after'], '1')
  t.regex(text, /own has just been changed: begin again/)
  t.is(bridge.children().length, 0)
})

test('our own servers come back as they are meant now', async (t) => {
  const bridge = await start(t)
  const before = await open(bridge, 'echo')
  t.is(bridge.children().length, 1)
  bridge.configure({ ...START, echo: { env: { A: 'b' } } })
  await until(async () => (await statusOf(bridge, 'echo', before.id)) === 404, MS_MAX)
  const after = await open(bridge, 'echo')
  t.truthy(after.answer.result)
  await until(() => bridge.children().length === 1, MS_MAX)
  bridge.configure({ ...START, echo: { enabled: false } })
  await until(() => bridge.children().length === 0, MS_MAX)
  await until(async () => (await statusOf(bridge, 'echo')) === 404, MS_MAX)
  t.pass()
})

test('a server elsewhere that was taken out is no figure any more', async (t) => {
  const admin = join(mkdtempSync(join(tmpdir(), 'admin-')), 's')
  const environment = { MCP_BRIDGE_ADMIN_SOCKET: admin }
  const far = { url: `http://127.0.0.1:${await freePort()}/mcp` }
  const bridge = await startBridge({ services: { ...START, far }, environment })
  t.teardown(() => bridge.stop())
  const told = async (): Promise<string> =>
    await (await socketFetch(admin)('http://a/metrics')).text()
  for (let attempt = 0; attempt < 3; attempt += 1) await send(bridge, 'far', initializeBody())
  const figure = 'mcp_gateway_remote_reachable{service="far"}'
  t.true((await told()).includes(`${figure} 0`))
  bridge.configure(START)
  await until(async () => !(await told()).includes(figure), MS_MAX)
  bridge.configure({ ...START, far })
  await until(async () => (await statusOf(bridge, 'far')) !== 404, MS_MAX)
  // What failed before says nothing about one that comes.
  t.is((await send(bridge, 'far', initializeBody())).status, 200)
})
