/** What of requests the bridge holds once it has taken them: nothing that a client could fill it with. */

import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { type Bridge, fixture, startBridge } from '../../support/bridge.ts'
import { TELLING, tellsWhatLives } from '../../support/leak-trial.ts'
import { initializeBody, open, rpc, send } from '../../support/mcp.ts'

const LARGE = 'x'.repeat(8_000_000)
const TIMES = 5

async function start(t: ExecutionContext, definition: object = {}): Promise<Bridge> {
  const bridge = await startBridge({
    services: {
      svc: fixture('works-slowly.ts', { isolation: 'user', ...definition }),
      old: fixture('works-slowly.ts', { sse: true, isolation: 'user', ...definition }),
      new: fixture('stateless-only.ts'),
    },
    environment: { LOG_LEVEL: 'warn', MCP_BRIDGE_LEASE_MS: '120000', NODE_OPTIONS: TELLING },
  })
  t.teardown(() => bridge.stop())
  return bridge
}

const bytesOf = async (bridge: Bridge): Promise<number> => (await tellsWhatLives(bridge)).bytes

/** By how much the bridge has grown, in bytes, when `act` was done several times and once before. */
async function growth(bridge: Bridge, act: () => Promise<unknown>): Promise<number> {
  await act()
  const before = await bytesOf(bridge)
  for (let time = 0; time < TIMES; time += 1) await act()
  return (await bytesOf(bridge)) - before
}

/** A session of the transport of 2024-11-05: what sends a message to it. */
async function openOld(bridge: Bridge, t: ExecutionContext, initialize: object) {
  const stream = await send(bridge, 'old', undefined, { accept: 'text/event-stream' })
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader()
  const path = /data: (.*)/.exec((await reader?.read())?.value ?? '')?.[1] ?? ''
  const post = (message: object): Promise<Response> =>
    bridge.fetch()(`http://x${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(message),
    })
  t.is((await post(initialize)).status, 202)
  t.true((await reader?.read())?.value?.includes('protocolVersion'))
  return { post, leave: () => reader?.cancel() }
}

/** In different places of `initialize`: an object has more than its text. */
const INITIALIZES: Record<string, object> = {
  'beside what is known': { pad: LARGE },
  'in its capabilities': { capabilities: { roots: {}, experimental: { junk: LARGE } } },
  'in what it says of itself': { clientInfo: { name: 'raw', version: '1', title: LARGE } },
}

for (const [where, more] of Object.entries(INITIALIZES)) {
  test(`a session does not keep the initialize that began it, whatever stands ${where}`, async (t) => {
    const bridge = await start(t)
    const clientInfo = { name: 'raw', version: '1' }
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo, ...more }
    const grown = await growth(bridge, async () => {
      const answer = await send(bridge, 'svc', rpc('initialize', params, 0))
      t.is(answer.status, 200)
      await answer.text()
    })
    t.true(grown < LARGE.length, `${grown} bytes more`)
  })
}

test('nor does one whose server knows no sessions, and one of the older transport', async (t) => {
  const bridge = await start(t)
  const clientInfo = { name: 'raw', version: '1' }
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo, pad: LARGE }
  const initialize = rpc('initialize', params, 0)
  const translated = await growth(bridge, async () => {
    const answer = await send(bridge, 'new', initialize)
    t.is(answer.status, 200)
    await answer.text()
  })
  t.true(translated < LARGE.length, `${translated} bytes more`)
  const streamed = await growth(bridge, async () => void (await openOld(bridge, t, initialize)))
  t.true(streamed < LARGE.length, `${streamed} bytes more`)
})

test('a call whose client has left does not keep what it was asked with', async (t) => {
  const bridge = await start(t)
  const { id: session } = await open(bridge, 'svc')
  const grown = await growth(bridge, async () => {
    const leave = new AbortController()
    const call = rpc('work', { gated: true, text: LARGE })
    const answer = await send(bridge, 'svc', call, { session, signal: leave.signal })
    t.is(answer.status, 200)
    // Its server has read it by then.
    await (await send(bridge, 'svc', rpc('ping'), { session })).text()
    leave.abort()
    await sleep(100)
  })
  t.true(grown < LARGE.length, `${grown} bytes more`)
})

test('calls that wait for their turn count among what a person sends, also without their client', async (t) => {
  const bridge = await start(t, { calls: 'serial' })
  const { id: session } = await open(bridge, 'svc')
  const statuses: number[] = []
  for (let time = 0; time < 10; time += 1) {
    const leave = new AbortController()
    const call = rpc('work', { gated: true, text: LARGE }, time)
    const answer = await send(bridge, 'svc', call, { session, signal: leave.signal })
    statuses.push(answer.status)
    leave.abort()
  }
  t.deepEqual([...new Set(statuses)], [200, 429])
  const other = { user: 'dev:other' }
  const { id } = await open(bridge, 'svc', { caller: other })
  const call = rpc('work', { text: LARGE })
  t.is((await send(bridge, 'svc', call, { session: id, caller: other })).status, 200)
})

test('also on the transport whose exchanges are over before the call is', async (t) => {
  const bridge = await start(t, { calls: 'serial' })
  const { post, leave } = await openOld(bridge, t, initializeBody())
  const call = (id: number): object => rpc('work', { gated: true, text: LARGE }, id)
  const statuses: number[] = []
  for (let time = 0; time < 10; time += 1) statuses.push((await post(call(time))).status)
  t.deepEqual([...new Set(statuses)], [202, 429])
  await leave()
  await sleep(500)
  const again = await openOld(bridge, t, initializeBody())
  t.is((await again.post(call(0))).status, 202, 'with the session its calls are over')
})
