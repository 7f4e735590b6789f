/** What single requests ask the store itself: where a service wants it so, or memory is too old. */

import test from 'ava'
import { openPorts } from '../../ext-authz/ports.ts'
import { readGateway } from '../../lib/catalogue/gateway.ts'
import { systemClock } from '../../lib/platform/clock.ts'
import { createLog } from '../../lib/platform/log.ts'
import { NUMBER_KEY, REVOCATIONS_KEY, STREAM_KEY } from '../../lib/store/revocations.ts'
import { begin, by, issuedWhileItCounts, LATER, presented, until } from '../support/replica.ts'

test('a store that was put back to an earlier state is not believed, and asked again as a new one', async (t) => {
  const { valkey, redis, revocations } = await begin(t)
  const ports = openPorts({
    live: { current: readGateway({}, '/nonexistent') },
    store: { url: valkey.url },
    clock: systemClock,
    // What is told as an error here is meant to be.
    log: createLog('test', 'error', { write() {} }),
  })
  t.teardown(() => ports.stop())
  const { ask } = ports.check.revocations
  await revocations.revoke('token', 'token-a', LATER)
  await until(() => ports.replica.seen()?.number === 1)
  const issuedBefore = await issuedWhileItCounts(revocations)
  t.is(by(await ask(issuedBefore)), 'alive')
  await redis.multi().del(REVOCATIONS_KEY, STREAM_KEY, NUMBER_KEY).exec()
  const answer = await ask(issuedBefore).catch((error: Error) => error)
  if (answer instanceof Error) t.regex(answer.message, /put back/)
  // A heartbeat was there first.
  else t.is(by(answer), 'epoch')
  await until(async () => by(await ask(issuedBefore).catch(() => undefined)) === 'epoch')
  t.is(by(await ask(presented('any'))), 'alive', 'what is issued from now on counts')
})
