import test from 'ava'
import { openPorts } from '../../ext-authz/ports.ts'
import { readGateway } from '../../lib/catalogue/gateway.ts'
import { systemClock } from '../../lib/platform/clock.ts'
import { createLog } from '../../lib/platform/log.ts'
import { FRESH_MS } from '../../lib/store/replica-proof.ts'
import { redisRevocations } from '../../lib/store/revocations.ts'
import { until } from '../support/gateway-process.ts'
import { startValkey } from '../support/valkey.ts'

const WAIT_MS = 20_000
const VERIFIED = {
  service: 'echo',
  presented: { tokenId: 't', grantId: '1-g', clientId: 'c', userId: 'dev:a', issuedAt: 1 },
  validUntil: Number.POSITIVE_INFINITY,
  decision: { allow: false, reason: 'malformed', detail: '' },
} as const

test('while nobody tells of changed keys, no token counts as verified before', async (t) => {
  const valkey = await startValkey()
  t.teardown(() => valkey.stop())
  await redisRevocations(await valkey.connect()).ensureEpoch()
  const ports = openPorts({
    live: { current: readGateway({}, '/nonexistent') },
    store: { url: valkey.url },
    clock: systemClock,
    log: createLog('test', 'error'),
  })
  t.teardown(() => ports.stop())
  await until(() => ports.replica.isLoaded(), WAIT_MS)
  const { verifiedTokens } = ports.check
  verifiedTokens.add('Bearer x', VERIFIED)
  t.truthy(verifiedTokens.find('Bearer x'))
  ports.replica.stop()
  await until(() => ports.replica.staleness() > FRESH_MS, WAIT_MS)
  t.is(verifiedTokens.find('Bearer x'), undefined)
})
