/** What ends access is written although the memory of the store is full, which takes nothing else. */

import test from 'ava'
import { redisConsents } from '../../oauth-server/store/consents.ts'
import { redisDisabledUsers } from '../../oauth-server/store/disabled-users.ts'
import { redisGrants } from '../../oauth-server/store/grants.ts'
import { redisLogins } from '../../oauth-server/store/logins.ts'
import { begin, by, LATER, presented, until } from '../support/replica.ts'

const FACTS = {
  ...{ userId: 'dev:granted', userName: 'granted', clientId: 'client-granted' },
  ...{ resource: 'http://localhost:8642/echo/mcp', scopes: ['mcp'], authenticatedAt: 1 },
}

test('tokens, grants, clients and people are refused from then on', async (t) => {
  const { redis, revocations, replica } = await begin(t)
  const [grants, disabledUsers] = [redisGrants(redis), redisDisabledUsers(redis)]
  const grant = await grants.create(FACTS)
  await redis.config('SET', 'maxmemory', '1')
  await t.throwsAsync(redis.set('any', 'other write'), { message: /OOM/ })

  await revocations.revoke('token', 'token-a', LATER)
  await grants.revoke(grant, LATER)
  await grants.revokeOfClient('client-b', LATER)
  await grants.revokeOfUser('dev:c', LATER)
  await redisLogins(redis).closeOfUser('dev:c')
  await redisConsents(redis).forget(FACTS)
  await redisConsents(redis).forgetOfUser('dev:c')
  await disabledUsers.disable('dev:d', { at: 1, by: 'operator' }, LATER)

  t.is(await grants.find(grant.id), undefined)
  t.true(await disabledUsers.has('dev:d'))
  for (const [name, kind] of [
    ['a', 'token'],
    ['b', 'client'],
    ['c', 'user'],
    ['d', 'user'],
  ] as const) {
    await until(() => by(replica.judge(presented(name))) === kind)
    t.is(by(await revocations.ask(presented(name))), kind, 'it can be asked, too')
  }
})
