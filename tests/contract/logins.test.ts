import test from 'ava'
import { digest } from '../../lib/platform/seal.ts'
import { redisLogins } from '../../oauth-server/store/logins.ts'
import { startValkey } from '../support/valkey.ts'

const valkey = await startValkey()
const redis = await valkey.connect()
const other = await valkey.connect()
const logins = redisLogins(redis)
test.after.always(() => valkey.stop())

const factsOf = (name: string) => ({ userId: `dev:${name}`, userName: name, authenticatedAt: 1 })

test('a login is found by its cookie, slides with use, and the cookie is not in the store', async (t) => {
  const facts = factsOf('a{"} 1 2')
  const { cookie, login } = await logins.open(facts)
  t.deepEqual(login, { ...facts, id: digest(cookie), key: digest(cookie) })
  const keys = await redis.keys('*')
  t.false(keys.some((key) => key.includes(cookie)))
  await redis.expire(`login:${login.key}`, 10)
  t.deepEqual(await logins.find(cookie), login)
  t.true((await redis.ttl(`login:${login.key}`)) > 600_000)
  t.is(await logins.find('other'), undefined)
})

test('a login that goes on with another has its id, and a cookie of its own', async (t) => {
  const first = await logins.open(factsOf('b'))
  const second = await logins.open(factsOf('b'), first.login.id)
  t.is(second.login.id, first.login.id)
  t.not(second.cookie, first.cookie)
  t.false(second.cookie.includes(first.login.id.slice(0, 20)), 'what grants carry leads to none')
  t.deepEqual(await logins.find(second.cookie), second.login)
  await logins.close(first.cookie)
  t.false(await logins.stands(first.login))
  t.true(await logins.stands(second.login))
})

test('a closed login is found no more', async (t) => {
  const { cookie, login } = await logins.open(factsOf('c'))
  await logins.close(cookie)
  t.is(await logins.find(cookie), undefined)
  t.false(await logins.stands(login))
})

test('every login of a person made before ends at once, and no other', async (t) => {
  const before = await Promise.all([1, 2, 3].map(() => logins.open(factsOf('d'))))
  const stranger = await logins.open(factsOf('dd'))
  await logins.closeOfUser('dev:d')
  const after = await logins.open(factsOf('d'))
  for (const { cookie, login } of before) {
    t.false(await logins.stands(login))
    t.is(await logins.find(cookie), undefined)
  }
  t.deepEqual(await logins.find(after.cookie), after.login)
  t.deepEqual(await logins.find(stranger.cookie), stranger.login)
})

test('of logins that race with the end of all, each stands or has ended for good', async (t) => {
  const there = redisLogins(other)
  const opening = Array.from({ length: 50 }, (_, index) =>
    (index % 2 === 0 ? logins : there).open(factsOf('e')),
  )
  const [opened] = await Promise.all([Promise.all(opening), there.closeOfUser('dev:e')])
  for (const { cookie, login } of opened) {
    const stands = await logins.stands(login)
    t.is((await there.find(cookie)) !== undefined, stands)
  }
  await there.closeOfUser('dev:e')
  const standing = await Promise.all(opened.map(({ login }) => logins.stands(login)))
  t.false(standing.includes(true))
})

test('a record that is none of this form is no login', async (t) => {
  await redis.set(`login:${digest('old')}`, JSON.stringify(factsOf('f')))
  t.is(await logins.find('old'), undefined)
})
