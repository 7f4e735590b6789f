/** A client without a session that leaves before its server has been asked: to leave is to cancel. */

import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { lastAudit } from '../../../lib/store/audit-record.ts'
import { fixture, startBridge } from '../../support/bridge.ts'
import { until } from '../../support/gateway-process.ts'
import { callTool } from '../../support/stateless.ts'

/** For a call that has been made after all. */
const LONG_ENOUGH_MS = 1000

test('who leaves while it is found out what the server speaks has called nothing', async (t) => {
  const services = { bare: fixture('stateless-only.ts', { isolation: 'shared' }) }
  const bridge = await startBridge({ services })
  t.teardown(() => bridge.stop())
  const leave = new AbortController()
  const call = callTool(bridge, 'bare', 'die', {}, { signal: leave.signal })
  // It begins with a question.
  await until(() => bridge.log.some(({ msg }) => msg === 'server process started'), 5000)
  leave.abort()
  await t.throwsAsync(call)
  const redis = await bridge.valkey.connect()
  const outcomes = async () =>
    (await lastAudit(redis, 10, () => true)).map(({ record }) => [record.target, record.outcome])
  await until(async () => (await outcomes()).length > 0, 5000)
  t.deepEqual(await outcomes(), [['die', 'cancelled']])
  await sleep(LONG_ENOUGH_MS)
  t.is(bridge.children().length, 1, 'it lives')
})
