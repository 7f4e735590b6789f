/** Sessions: how they begin and end, whose they are, and how many one client can have. */

import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { SESSIONS_PER_USER_MAX } from '../../mcp-bridge/limits.ts'
import { type Caller, fixture, PATIENT_LEASE_MS, startBridge } from '../support/bridge.ts'
import {
  allEvents,
  fixtureInfo,
  initializeBody,
  json,
  note,
  open,
  rpc,
  send,
} from '../support/mcp.ts'
import { verifies, verifiesAlone } from '../support/verifies.ts'

const bridge = await startBridge({
  services: {
    fix: fixture('echoes.ts'),
    twin: fixture('echoes.ts'),
    mine: fixture('echoes.ts', { isolation: 'user' }),
    all: fixture('echoes.ts', { isolation: 'shared' }),
    few: fixture('echoes.ts', { processesPerUser: 4 }),
  },
  environment: { MCP_BRIDGE_LEASE_MS: PATIENT_LEASE_MS },
})
test.after.always(() => bridge.stop())

const METHODS = ['POST', 'GET', 'DELETE'] as const
const bodyOf = (method: string) => (method === 'POST' ? rpc('echo') : undefined)

verifies('session-id', async (t) => {
  const opened = await Promise.all(Array.from({ length: 12 }, () => open(bridge, 'mine')))
  const ids = new Set(opened.map(({ id }) => id))
  t.is(ids.size, 12)
  // 43 characters of 64: more than 128 bits.
  for (const id of ids) t.regex(id, /^[\x21-\x7e]{43,}$/)
  const prefixes = new Set([...ids].map((id) => id.slice(0, 8)))
  t.is(prefixes.size, 12, 'no part of it counts up')
})

verifies('session-ended', async (t) => {
  for (const service of ['fix', 'mine', 'all', 'echo']) {
    const caller = { user: `dev:ends-${service}` }
    const { id: session } = await open(bridge, service, { caller })
    const ended = await send(bridge, service, undefined, { session, caller, method: 'DELETE' })
    t.is(ended.status, 204, service)
    t.is(await ended.text(), '')
    for (const method of METHODS) {
      const answer = await send(bridge, service, bodyOf(method), { session, caller, method })
      t.is(answer.status, 404, `${method} ${service}`)
      t.is((await json(answer)).error?.code, -32001)
    }
  }
  const { id: session, answer } = await open(bridge, 'fix')
  await send(bridge, 'fix', undefined, { session, method: 'DELETE' })
  const { pid } = fixtureInfo(answer)
  const lives = () => bridge.children().some((line) => line.startsWith(`${pid} `))
  for (let attempt = 0; attempt < 100 && lives(); attempt += 1) await sleep(50)
  t.false(lives(), 'its process has ended too')
})

verifies('session-unknown', async (t) => {
  for (const method of METHODS) {
    for (const [session, status] of [
      [undefined, 400],
      ['', 400],
      ['no-such-session', 404],
      ['x'.repeat(4096), 404],
      ['a,b', 404],
    ] as const) {
      const answer = await send(bridge, 'fix', bodyOf(method), { session, method })
      t.is(answer.status, status, `${method} ${session?.slice(0, 20)}`)
      const { error, id } = await json(answer)
      t.is(error?.code, status === 404 ? -32001 : -32000)
      if (method === 'POST') t.is(id, 1, 'the answer names its request')
    }
  }
})

verifies('session-begun-twice', async (t) => {
  for (const service of ['fix', 'mine']) {
    const { id: session } = await open(bridge, service)
    const again = await send(bridge, service, initializeBody(), { session })
    t.is(again.status, 400, service)
    t.is((await json(again)).error?.code, -32600)
    t.is((await send(bridge, service, rpc('echo'), { session })).status, 200)
  }
  const stale = await send(bridge, 'fix', initializeBody(), { session: 'of-an-earlier-life' })
  t.is(stale.status, 200, 'who has been told 404 begins anew, perhaps with the old id')
  t.regex(stale.headers.get('mcp-session-id') ?? '', /^\S{43,}$/)
})

verifies('session-foreign', async (t) => {
  const owner: Caller = { user: 'dev:ann', client: 'client-1' }
  for (const [service, other, caller] of [
    ['fix', 'fix', { user: 'dev:bob' }],
    ['fix', 'fix', { user: 'dev:ann', client: 'client-2' }],
    ['fix', 'fix', { user: 'dev:an' }],
    ['fix', 'twin', owner],
    ['all', 'all', { user: 'dev:bob' }],
    ['echo', 'echo', { user: 'dev:bob' }],
    ['echo', 'fix', owner],
  ] as const) {
    const { id } = await open(bridge, service, { caller: owner })
    const listening = await send(bridge, service, undefined, { session: id, caller: owner })
    for (const method of METHODS) {
      const ask = async (session: string) => {
        const answer = await send(bridge, other, bodyOf(method), { session, caller, method })
        return { status: answer.status, body: await json(answer) }
      }
      const foreign = await ask(id)
      t.is(foreign.status, 404)
      t.deepEqual(foreign, await ask('no-such-session'), `${method} ${service}`)
    }
    const cancel = note('notifications/cancelled', { requestId: 1 })
    t.is((await send(bridge, other, cancel, { session: id, caller })).status, 404)
    const own = await send(bridge, service, rpc('ping'), { session: id, caller: owner })
    t.is(own.status, 200, 'it goes on for its owner')
    await own.body?.cancel()
    const ended = await Promise.race([allEvents(listening), sleep(20, 'listens')])
    t.is(ended, 'listens')
    await send(bridge, service, undefined, { session: id, caller: owner, method: 'DELETE' })
  }
})

verifies('session-lapsed', async (t) => {
  const { id: session } = await open(bridge, 'fix')
  const caller = { expiresAt: Math.floor(Date.now() / 1000) - 3 }
  const stream = await send(bridge, 'fix', undefined, { session, caller })
  t.is(stream.status, 200)
  const running = json(send(bridge, 'fix', rpc('later', { ms: 5000 }, 'own'), { session, caller }))
  t.deepEqual(await allEvents(stream), [], 'it ends')
  t.is((await running).id, 'own', 'a running call may finish')
  const renewed = { expiresAt: Math.floor(Date.now() / 1000) + 600 }
  const again = await send(bridge, 'fix', undefined, { session, caller: renewed })
  t.is(again.status, 200)
  await again.body?.cancel()
})

/** Sixty at once by one client; how many of each status. */
async function flood(service: string, caller: Caller, count: number) {
  const answers = await Promise.all(
    Array.from({ length: count }, () => send(bridge, service, initializeBody(), { caller })),
  )
  return await Promise.all(
    answers.map(async (answer) => ({
      status: answer.status,
      session: answer.headers.get('mcp-session-id'),
      retryAfter: answer.headers.get('retry-after'),
      error: (await json(answer)).error,
    })),
  )
}

verifiesAlone('session-flood', async (t) => {
  const caller = { user: 'dev:flood' }
  const ownProcesses = () => bridge.children().length
  const before = ownProcesses()
  const flooding = flood('few', caller, 60)
  const other = open(bridge, 'few', { caller: { user: 'dev:calm' } })
  const got = await flooding
  t.truthy((await other).answer.result, 'another person is served meanwhile')
  const served = got.filter(({ status }) => status === 200)
  t.is(served.length, 4)
  for (const { status, retryAfter, error } of got.filter((one) => !served.includes(one))) {
    t.true(status === 429 || status === 503, String(status))
    t.regex(retryAfter ?? '', /^[1-9]\d*$/)
    t.regex(error?.message ?? '', /few|process/)
  }
  t.true(ownProcesses() - before <= 6)
  for (const { session } of served) {
    await send(bridge, 'few', undefined, { session: session ?? '', caller, method: 'DELETE' })
  }
  const shared = await flood('mine', caller, SESSIONS_PER_USER_MAX + 6)
  const refused = shared.filter(({ status }) => status !== 200)
  t.is(refused.length, 6)
  t.true(refused.every(({ status }) => status === 429))
  t.regex(refused[0]?.error?.message ?? '', /DELETE/)
})
