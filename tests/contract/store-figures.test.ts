import test, { type ExecutionContext } from 'ava'
import { createMetrics } from '../../ext-authz/metrics.ts'
import { type OpenPorts, openPorts } from '../../ext-authz/ports.ts'
import { readGateway } from '../../lib/catalogue/gateway.ts'
import { systemClock } from '../../lib/platform/clock.ts'
import { createLog } from '../../lib/platform/log.ts'
import { redisRevocations } from '../../lib/store/revocations.ts'
import { startLateProxy } from '../support/late-proxy.ts'
import { presented, until } from '../support/replica.ts'
import { startValkey } from '../support/valkey.ts'

/** In time for a heartbeat, and late for a single request. */
const LATE_MS = 150

async function begin(t: ExecutionContext): Promise<OpenPorts> {
  const valkey = await startValkey()
  t.teardown(() => valkey.stop())
  await redisRevocations(await valkey.connect()).ensureEpoch()
  const late = await startLateProxy(valkey.url, LATE_MS)
  t.teardown(() => late.close())
  const ports = openPorts({
    live: { current: readGateway({}, '/nonexistent') },
    store: { url: late.url },
    clock: systemClock,
    log: createLog('test', 'error'),
  })
  t.teardown(() => ports.stop())
  await until(() => ports.connections.every(({ status }) => status === 'ready'))
  await until(() => ports.replica.isLoaded())
  return ports
}

async function read(ports: OpenPorts, name: string): Promise<number> {
  const text = await createMetrics(ports).render()
  return Number(new RegExp(`^mcp_gateway_${name} (\\S+)$`, 'm').exec(text)?.[1])
}

test('what a single request asked in vain is counted, once', async (t) => {
  const ports = await begin(t)
  const before = await read(ports, 'store_errors_total')
  let unanswered = 0
  // A process that stalls gives the store more time: its answer may come after all.
  for (let asked = 0; unanswered < 3 && asked < 30; asked += 1) {
    await ports.check.revocations.ask(presented('a')).catch(() => {
      unanswered += 1
    })
  }
  t.is(unanswered, 3)
  t.is((await read(ports, 'store_errors_total')) - before, unanswered)
})

test('the connection of single requests is told as the others are', async (t) => {
  const ports = await begin(t)
  t.is(await read(ports, 'store_connected'), 1)
  for (const connection of ports.connections.slice(ports.replica.connections.length)) {
    connection.disconnect()
  }
  await until(async () => (await read(ports, 'store_connected')) === 0)
})
