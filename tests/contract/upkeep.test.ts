/** What stays behind in a store, counted and taken away; what is alive is not touched. */

import test from 'ava'
import { redisUpkeep } from '../../oauth-server/store/upkeep.ts'
import { startValkey } from '../support/valkey.ts'

test('what names the dead is counted first, then goes; what lives stays', async (t) => {
  const valkey = await startValkey()
  t.teardown(() => valkey.stop())
  const redis = await valkey.connect()
  const now = Math.floor(Date.now() / 1000)
  await redis.hset('grant:alive', 'grant', '{}')
  await redis.zadd('grants:user:u', now + 100, 'alive', now + 100, 'revoked')
  await redis.zadd('grants:client:c', now + 100, 'revoked')
  await redis.zadd('consents:user:u', now - 5, 'over', now + 100, 'alive')
  await redis.zadd('clients', now - 5, 'over', '+inf', 'eternal')
  await redis.hset('revocations', 'grant:dead', '1:1', 'grant:lives', `1:${now + 100}`)
  await redis.zadd('revocations:expiries', 1, 'grant:dead', now + 100, 'grant:lives')
  for (const at of [1000, 2000, 3000, 4000]) await redis.xadd('audit', `${at}-0`, 'record', '{}')
  await redis.set('restoring:just', 'complete')
  const upkeep = redisUpkeep(redis, 3)
  const expected = {
    'entries of indexes': 4,
    'expired revocations': 1,
    'audit entries': 2,
    // One may still go on.
    'keys of broken-off restores': 0,
  }
  const counting = { remove: false, auditBefore: 2500 }
  t.deepEqual(await upkeep.sweep(counting), expected)
  t.deepEqual(await upkeep.sweep(counting), expected, 'counting takes nothing away')
  t.deepEqual(await upkeep.sweep({ ...counting, remove: true }), expected)
  t.deepEqual(await redis.zrange('grants:user:u', '0', '-1'), ['alive'])
  t.deepEqual(await redis.zrange('clients', '0', '-1'), ['eternal'])
  t.deepEqual(await redis.hkeys('revocations'), ['grant:lives'])
  t.is(await redis.xlen('audit'), 2)
  t.is(await redis.get('restoring:just'), 'complete')
  const { keys, revocations, auditEntries, auditFrom, usedBytes } = await upkeep.figures()
  t.like(
    { revocations, auditEntries, auditFrom },
    { revocations: 1, auditEntries: 2, auditFrom: 3000 },
  )
  t.is(keys['other'], undefined)
  t.true(usedBytes > 0)
})
