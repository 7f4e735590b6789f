/** One process at a time writes a file, whatever becomes of the bridge that owns it; nothing is lost. */

import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { type Bridge, startBridge } from '../../support/bridge.ts'
import { until } from '../../support/gateway-process.ts'
import { initializeBody, json, open, rpc, send } from '../../support/mcp.ts'
import {
  startWriters,
  WRITERS_SERVICE,
  type Writers,
  writersService,
  written,
} from '../../support/writers.ts'

/** A short term: what has to wait for its end is seen to. */
const environment = { MCP_BRIDGE_LEASE_MS: '3000', MCP_BRIDGE_PROCESSES: '2' }

async function startPair(t: ExecutionContext): Promise<[Bridge, Bridge]> {
  const one = await startBridge({ services: writersService, environment })
  const two = await one.beside('two')
  t.teardown(async () => {
    await two.end('SIGKILL')
    await one.stop()
  })
  return [one, two]
}

const ownerOf = (bridges: readonly Bridge[]): Bridge => {
  const owner = bridges.find((bridge) => bridge.children().length > 0)
  if (owner === undefined) throw new Error('nobody owns anything')
  return owner
}

async function expectAll(t: ExecutionContext, bridge: Bridge, writers: Writers): Promise<void> {
  await writers.stop()
  const { lost, together } = written(bridge, caller, writers)
  t.deepEqual({ lost, together }, { lost: [], together: '' })
}

const caller = { user: 'dev:writer' }

test('the owner is killed: the other goes on when its children are gone', async (t) => {
  const pair = await startPair(t)
  const writers = startWriters(caller, () => pair)
  // Also when the test fails: they would write for ever.
  t.teardown(() => writers.stop())
  await writers.more(20)
  const owner = ownerOf(pair)
  await owner.end('SIGKILL')
  await writers.more(20)
  t.not(ownerOf(pair), owner)
  t.deepEqual(owner.children(), [])
  await expectAll(t, pair[0], writers)
})

test('the owner is killed and comes back under its name: whoever goes on, it is one', async (t) => {
  const pair = await startPair(t)
  let bridges: readonly Bridge[] = pair
  const writers = startWriters(caller, () => bridges)
  // Also when the test fails: they would write for ever.
  t.teardown(() => writers.stop())
  await writers.more(20)
  const owner = ownerOf(pair)
  await owner.end('SIGKILL')
  const again = await owner.again()
  t.teardown(() => again.end('SIGKILL'))
  bridges = pair.map((one) => (one === owner ? again : one))
  await writers.more(20)
  await expectAll(t, pair[0], writers)
})

test('the store loses everything: what was owned ends before it is owned anew', async (t) => {
  const pair = await startPair(t)
  const writers = startWriters(caller, () => pair)
  // Also when the test fails: they would write for ever.
  t.teardown(() => writers.stop())
  await writers.more(20)
  const [before] = ownerOf(pair).children()
  await pair[0].valkey.kill()
  await pair[0].valkey.restart()
  await writers.more(200)
  const [after] = ownerOf(pair).children()
  t.not(before, after, 'nobody could know whose it was')
  await expectAll(t, pair[0], writers)
})

test('the owner is frozen: its children end before the other goes on, and it writes no more', async (t) => {
  const pair = await startPair(t)
  const writers = startWriters(caller, () => pair)
  // Also when the test fails: they would write for ever.
  t.teardown(() => writers.stop())
  await writers.more(20)
  const owner = ownerOf(pair)
  const session = (await open(owner, WRITERS_SERVICE, { caller })).id
  owner.process.kill('SIGSTOP')
  await writers.more(20)
  const other = ownerOf(pair)
  t.not(other, owner)
  t.deepEqual(owner.children(), [])
  // What has come meanwhile waits at its socket.
  const late = send(owner, WRITERS_SERVICE, rpc('add', { n: -1 }), { session, caller })
  await sleep(300)
  owner.process.kill('SIGCONT')
  const answer = await late
  t.true(answer.status === 404 || (await json(answer)).error !== undefined)
  await writers.more(20)
  t.is(ownerOf(pair), other)
  const again = await send(owner, WRITERS_SERVICE, rpc('add', { n: -1 }), { session, caller })
  t.is(again.status, 404)
  await expectAll(t, pair[0], writers)
  t.false(written(pair[0], caller, writers).kept.has(-1))
})

test('the store is restarted in the middle of a call: the call is answered, and nobody is ended', async (t) => {
  const bridge = await startBridge({ services: writersService, persistent: true })
  t.teardown(() => bridge.stop())
  const session = (await open(bridge, WRITERS_SERVICE, { caller })).id
  const add = (n: number) => send(bridge, WRITERS_SERVICE, rpc('add', { n }), { session, caller })
  t.is((await add(1)).status, 200)
  const [before] = bridge.children()
  await bridge.valkey.kill()
  // Renewals fail; the lease is not lost by that.
  await sleep(1500)
  t.truthy((await json(add(2))).result)
  await bridge.valkey.restart()
  await sleep(2500)
  t.truthy((await json(add(3))).result)
  t.deepEqual(bridge.children(), [before])
})

test('a store that stays away ends what may run once only, and it begins again when it is back', async (t) => {
  const bridge = await startBridge({ services: writersService, environment, persistent: true })
  t.teardown(() => bridge.stop())
  const session = (await open(bridge, WRITERS_SERVICE, { caller })).id
  const add = (n: number, more: object = { session }) =>
    send(bridge, WRITERS_SERVICE, rpc('add', { n }), { caller, ...more })
  t.truthy((await json(add(1))).result)
  await bridge.valkey.kill()
  t.deepEqual(await bridge.childrenAtLast(), [])
  // Of a call that comes before its end is noticed, the answer is an error as well.
  t.is((await json(add(2))).result, undefined)
  t.is((await send(bridge, WRITERS_SERVICE, initializeBody(), { caller })).status, 503)
  await bridge.valkey.restart()
  const isBack = async () =>
    (await send(bridge, WRITERS_SERVICE, initializeBody(), { caller })).status === 200
  await until(isBack, 10_000)
  const again = await open(bridge, WRITERS_SERVICE, { caller })
  t.truthy((await json(add(3, { session: again.id }))).result)
})
