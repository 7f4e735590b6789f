/** What an operator can list: registrations, grants, remembered consents, disabled people. */

import { randomBytes } from 'node:crypto'
import test from 'ava'
import type { Client } from '../../oauth-server/clients/client.ts'
import { redisClients } from '../../oauth-server/store/clients.ts'
import { redisConsents } from '../../oauth-server/store/consents.ts'
import { redisDisabledUsers } from '../../oauth-server/store/disabled-users.ts'
import { redisGrantRecords } from '../../oauth-server/store/grant-records.ts'
import { type GrantFacts, redisGrants } from '../../oauth-server/store/grants.ts'
import { redisLogins } from '../../oauth-server/store/logins.ts'
import { startValkey } from '../support/valkey.ts'

const valkey = await startValkey()
const redis = await valkey.connect()
const { login } = await redisLogins(redis).open({
  userId: 'dev:somebody',
  userName: 'somebody',
  authenticatedAt: 1,
})
test.after.always(() => valkey.stop())

const clients = redisClients(redis, { unapprovedMax: 100_000 })
const grants = redisGrants(redis)
const records = redisGrantRecords(redis)
const now = (): number => Math.floor(Date.now() / 1000)
const DAY = 86_400

function client(): Client {
  return {
    id: randomBytes(16).toString('base64url'),
    kind: 'registered',
    redirectUris: ['https://app.example/cb'],
    authMethod: 'none',
    grantTypes: ['authorization_code'],
    name: 'Client',
    echoed: {},
    secretDigest: undefined,
    managementDigest: 'digest',
    registeredAt: 1,
  }
}

async function register(count: number): Promise<string[]> {
  const made = Array.from({ length: count }, client)
  await Promise.all(made.map((one) => clients.register(one)))
  return made.map(({ id }) => id)
}

async function listed(): Promise<Set<string>> {
  const found = new Set<string>()
  let from: string | undefined
  do {
    const page = await clients.page(from)
    for (const id of page.ids) found.add(id)
    from = page.next
  } while (from !== undefined)
  return found
}

test.serial('whoever is registered is on some page, in any number', async (t) => {
  const ids = await register(1200)
  const first = await clients.page(undefined)
  t.not(first.next, undefined, 'not all at once')
  t.true((await listed()).isSupersetOf(new Set(ids)))
})

test.serial('who is gone is on no page: deleted, expired, or evicted for another', async (t) => {
  const [deleted = '', expired = '', kept = ''] = await register(3)
  t.true(await clients.removeByOperator(deleted, now()))
  // As a registration ends by itself: its key goes, the index knows since when.
  await redis.del(`client:${expired}`)
  await redis.zadd('clients', now() - 1, expired)
  const bounded = redisClients(redis, { unapprovedMax: 1, protectedMs: 0 })
  await redis.del('clients:unapproved')
  const [evicted, younger] = [client(), client()]
  t.true(await bounded.register(evicted))
  t.true(await bounded.register(younger))
  const ids = await listed()
  t.deepEqual(
    [deleted, expired, evicted.id, kept, younger.id].map((id) => ids.has(id)),
    [false, false, false, true, true],
  )
})

test.serial('a registration says whether somebody approved it, and when it ends', async (t) => {
  const [id = '', forever = ''] = await register(2)
  const fresh = await clients.describe(id)
  t.false(fresh?.isApproved)
  t.true(Math.abs((fresh?.endsAt ?? 0) - now() - DAY) < 5)
  await clients.keep(id, 90 * DAY)
  const used = await clients.describe(id)
  t.true(used?.isApproved)
  t.true(Math.abs((used?.endsAt ?? 0) - now() - 90 * DAY) < 5)
  await clients.keep(forever, 0)
  t.like(await clients.describe(forever), { isApproved: true, endsAt: undefined })
  t.true((await listed()).has(forever))
  t.is(await clients.describe('AAAAAAAAAAAAAAAAAAAAAA'), undefined)
  await clients.keep('AAAAAAAAAAAAAAAAAAAAAA', DAY)
  t.false((await listed()).has('AAAAAAAAAAAAAAAAAAAAAA'), 'keeping registers nobody')
})

const facts = (changes: Partial<GrantFacts> = {}): GrantFacts => ({
  userId: 'dev:alice',
  userName: 'alice',
  clientId: 'app',
  resource: 'https://echo.example/mcp',
  scopes: ['mcp'],
  authenticatedAt: 1,
  ...changes,
})

test.serial(
  'an operator deletes without a token, and everything granted ends in the same step',
  async (t) => {
    const [id = '', other = ''] = await register(2)
    const [mine, theirs] = [
      await grants.create(facts({ clientId: id })),
      await grants.create(facts({ clientId: other })),
    ]
    t.true(await clients.removeByOperator(id, now() + 60))
    t.is(await clients.find(id), undefined)
    t.deepEqual(
      (await records.describe([mine.id, theirs.id])).map(({ grant }) => grant.id),
      [theirs.id],
    )
    t.true((await redis.hget('revocations', `client:${id}`)) !== null)
    t.false(await clients.removeByOperator(id, now() + 60), 'there is none any more')
    t.false(await clients.removeByOperator('no id of ours', now() + 60))
  },
)

test.serial('what came into use since it was picked is not deleted', async (t) => {
  const [approved = '', used = '', idle = ''] = await register(3)
  for (const id of [approved, used]) await clients.keep(id, DAY)
  const grant = await grants.create(facts({ clientId: used }))
  for (const id of [approved, used]) {
    t.false(await clients.removeByOperator(id, now(), 'unapproved'))
  }
  t.false(await clients.removeByOperator(used, now(), 'unused'))
  t.not(await grants.find(grant.id), undefined)
  t.true(await clients.removeByOperator(approved, now(), 'unused'))
  t.true(await clients.removeByOperator(idle, now(), 'unapproved'))
  await grants.revoke(grant, now())
  t.true(await clients.removeByOperator(used, now(), 'unused'), 'what was granted has ended')
})

test.serial('of grants those that live are told, with what is known of their tokens', async (t) => {
  const waiting = await grants.create(facts({ label: 'nightly' }), 30)
  const used = await grants.create(facts())
  await grants.keep(used, { expiresAt: now() + 600, ttlSeconds: 3600 })
  const [revoked, ofRevokedUser] = [
    await grants.create(facts()),
    await grants.create(facts({ userId: 'dev:gone' })),
  ]
  await grants.revoke(revoked, now() + 60)
  await redis.hset('revocations', 'user:dev:gone', `${Date.now() + 1000}:${now() + 60}`)
  const many = Array.from({ length: 450 }, () => '1-AAAAAAAAAAAAAAAAAAAAAA')
  const ids = [waiting.id, ...many, used.id, revoked.id, ofRevokedUser.id]
  const [first, second, ...others] = await records.describe(ids)
  t.deepEqual(others, [])
  t.like(first, {
    grant: { id: waiting.id, label: 'nightly' },
    tokensUntil: undefined,
    usedAt: undefined,
  })
  t.is(second?.grant.id, used.id)
  t.true(Math.abs((second?.tokensUntil ?? 0) - now() - 600) < 5)
  t.true(Math.abs((second?.endsAt ?? 0) - now() - 3600) < 5)
  t.deepEqual(await records.describe([]), [])
})

const consents = redisConsents(redis)
const approved = (userId: string, clientId: string, service = 'echo') => ({
  userId,
  clientId,
  redirectUri: 'https://app.example/cb',
  service,
})
const TERMS = { scopes: ['mcp'], revision: 'r' }
const remember = (subject: ReturnType<typeof approved>) =>
  consents.remember(subject, TERMS, { login, grantId: `${Date.now()}-x` })

test.serial('of remembered consents those are told that would be found', async (t) => {
  const user = 'dev:carol'
  for (const one of [approved(user, 'a'), approved(user, 'a', 'memory'), approved(user, 'b')]) {
    await remember(one)
  }
  await remember(approved('dev:dora', 'a'))
  const told = async () =>
    (await consents.ofUser(user)).map(({ clientId, service }) => `${clientId} ${service}`).sort()
  t.deepEqual(await told(), ['a echo', 'a memory', 'b echo'])
  const [one] = await consents.ofUser(user)
  t.like(one, { redirectUri: 'https://app.example/cb', scopes: ['mcp'] })
  t.true(Math.abs((one?.usedAt ?? 0) - now()) < 5)
  t.true(Math.abs((one?.approvedAt ?? 0) - Date.now()) < 5000)
  await consents.forget({ userId: user, clientId: 'a' })
  t.deepEqual(await told(), ['b echo'])
  await consents.forgetOfUser(user)
  t.deepEqual(await told(), [])
  t.is((await consents.ofUser('dev:dora')).length, 1)
})

test.serial(
  'what an earlier release remembered counts, and is listed once it is used',
  async (t) => {
    const subject = approved('dev:erin', 'a')
    await remember(subject)
    const indexes = await redis.keys('*consents:user:*')
    await redis.del(...indexes.map((key) => key.slice(redis.options.keyPrefix?.length)))
    t.deepEqual(await consents.ofUser('dev:erin'), [])
    t.deepEqual(await consents.find(subject), TERMS)
    t.is((await consents.ofUser('dev:erin')).length, 1)
  },
)

test.serial('who is disabled stays so, and the first who did it is remembered', async (t) => {
  const disabled = redisDisabledUsers(redis)
  await disabled.disable('dev:frank', { at: 1, by: 'root' }, now())
  await disabled.disable('dev:frank', { at: 2, by: 'other' }, now())
  t.true(await disabled.has('dev:frank'))
  t.deepEqual(await disabled.all(), new Map([['dev:frank', { at: 1, by: 'root' }]]))
  t.true(await disabled.enable('dev:frank'))
  t.false(await disabled.enable('dev:frank'))
  t.false(await disabled.has('dev:frank'))
})

test.serial(
  'disabling ends logins and grants in the same step, of that person alone',
  async (t) => {
    const logins = redisLogins(redis)
    const held = []
    for (const userId of ['dev:gina', 'dev:hank']) {
      const grant = await grants.create(facts({ userId }))
      const { login } = await logins.open({ userId, userName: '', authenticatedAt: 1 })
      held.push({ grant, login })
    }
    await redisDisabledUsers(redis).disable('dev:gina', { at: 1, by: 'root' }, now() + 60)
    const [gina, hank] = held
    if (gina === undefined || hank === undefined) return t.fail()
    t.is(await grants.find(gina.grant.id), undefined)
    t.false(await grants.keep(gina.grant, { expiresAt: now() + 60, ttlSeconds: 60 }))
    t.false(await logins.stands(gina.login))
    t.regex((await redis.hget('revocations', 'user:dev:gina')) ?? '', /^\d+:\d+$/)
    t.not(await grants.find(hank.grant.id), undefined)
    t.true(await logins.stands(hank.login))
  },
)
