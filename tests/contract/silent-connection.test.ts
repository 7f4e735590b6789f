/** Connections whose other end is gone without a word: nothing closes them, and nothing comes. */

import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { openPorts } from '../../ext-authz/ports.ts'
import { readGateway } from '../../lib/catalogue/gateway.ts'
import { systemClock } from '../../lib/platform/clock.ts'
import { createLog } from '../../lib/platform/log.ts'
import { connectRedis, waitUntilReady } from '../../lib/store/redis.ts'
import { startReplica } from '../../lib/store/replica.ts'
import { FRESH_MS } from '../../lib/store/replica-proof.ts'
import { redisRevocations } from '../../lib/store/revocations.ts'
import { until } from '../support/gateway-process.ts'
import { startStoreProxy } from '../support/store-proxy.ts'
import { startValkey } from '../support/valkey.ts'

const log = createLog('test', 'error')
const COMMAND_MS = 200
/** Longer than any of these connections bears silence while it waits for an answer. */
const LONG_MS = 6000
const WAIT_MS = 20_000

async function begin(t: ExecutionContext) {
  const valkey = await startValkey()
  t.teardown(() => valkey.stop())
  await redisRevocations(await valkey.connect()).ensureEpoch()
  const proxy = await startStoreProxy(valkey.url)
  t.teardown(() => proxy.close())
  return { valkey, proxy }
}

async function connectTo(t: ExecutionContext, url: string) {
  const redis = connectRedis({ url, commandTimeoutMs: COMMAND_MS }, log)
  t.teardown(() => redis.disconnect())
  await waitUntilReady(redis, WAIT_MS)
  return redis
}

test('a connection that falls silent is given up, and another one made', async (t) => {
  const { proxy } = await begin(t)
  const redis = await connectTo(t, proxy.url)
  proxy.silence()
  await t.throwsAsync(redis.ping(), { message: 'Command timed out' })
  await until(async () => (await redis.ping().catch(() => '')) === 'PONG', LONG_MS)
  t.is(proxy.made, 2)
})

test('the edge follows and asks again once its connections fell silent', async (t) => {
  const { proxy } = await begin(t)
  const ports = openPorts({
    live: { current: readGateway({}, '/nonexistent') },
    store: { url: proxy.url },
    clock: systemClock,
    log,
  })
  t.teardown(() => ports.stop())
  const presented = { tokenId: 't', grantId: '1-g', clientId: 'c', userId: 'u', issuedAt: 4e9 }
  const ask = () => ports.check.revocations.ask(presented).catch(() => undefined)
  await until(async () => (await ask()) !== undefined, WAIT_MS)
  await until(() => ports.replica.staleness() < FRESH_MS, WAIT_MS)
  proxy.silence()
  await until(() => ports.replica.staleness() > FRESH_MS, WAIT_MS)
  await until(() => ports.replica.staleness() < FRESH_MS, LONG_MS)
  await until(async () => (await ask()) !== undefined, LONG_MS)
  t.pass()
})

test('nobody waits for a store that has been silent for long: what is asked fails at once', async (t) => {
  const { valkey } = await begin(t)
  const redis = await connectTo(t, valkey.url)
  process.kill(valkey.pid, 'SIGSTOP')
  t.teardown(() => process.kill(valkey.pid, 'SIGCONT'))
  await t.throwsAsync(redis.ping())
  await until(async () => {
    const began = performance.now()
    await redis.ping().catch(() => undefined)
    return performance.now() - began < COMMAND_MS / 2
  }, LONG_MS)
  process.kill(valkey.pid, 'SIGCONT')
  await until(async () => (await redis.ping().catch(() => '')) === 'PONG', LONG_MS)
  t.pass()
})

test('a connection that nobody uses, and one that waits for writes, stay', async (t) => {
  const { proxy } = await begin(t)
  const idle = await connectTo(t, proxy.url)
  const replica = startReplica({ store: { url: proxy.url }, clock: systemClock, log })
  t.teardown(() => replica.stop())
  await until(() => replica.isLoaded(), WAIT_MS)
  await sleep(LONG_MS)
  t.is(await idle.ping(), 'PONG')
  t.is(proxy.made, 3)
  t.is(replica.figures().loads, 1)
})

test('a store that is busy for longer than a command waits keeps its connections', async (t) => {
  const { valkey, proxy } = await begin(t)
  const redis = await connectTo(t, proxy.url)
  process.kill(valkey.pid, 'SIGSTOP')
  const asked = redis.ping()
  await t.throwsAsync(asked, { message: 'Command timed out' })
  await sleep(1000)
  process.kill(valkey.pid, 'SIGCONT')
  t.is(await redis.ping(), 'PONG')
  t.is(proxy.made, 1)
})
