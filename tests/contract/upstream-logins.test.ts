import { randomBytes } from 'node:crypto'
import test from 'ava'
import { type Departure, redisUpstreamLogins } from '../../oauth-server/store/upstream-logins.ts'
import { startValkey } from '../support/valkey.ts'

const valkey = await startValkey()
const redis = await valkey.connect()
const SECRET = randomBytes(32)
const logins = redisUpstreamLogins(redis, SECRET)
test.after.always(() => valkey.stop())

const DEPARTURE: Departure = {
  provider: 'github',
  purpose: { kind: 'consent', interactionId: 'the-interaction', service: 'echo' },
  needs: { emails: true, organizations: false, teams: false, groups: false },
  loginHint: 'octocat',
  anew: true,
  departedAt: 1_700_000_000,
}
const HERE = { provider: 'github', browsers: ['mine'] }

test('what went comes back, once, with the same verifier and nonce', async (t) => {
  const ticket = await logins.open(DEPARTURE, 'mine')
  for (const value of Object.values(ticket)) t.regex(value, /^[A-Za-z0-9_-]{43}$/)
  t.is(new Set(Object.values(ticket)).size, 3)
  t.deepEqual(await logins.take(ticket.state, HERE), { departure: DEPARTURE, ticket })
  t.is(await logins.take(ticket.state, HERE), undefined)
})

test('each login has secrets of its own, and another key makes others', async (t) => {
  const [one, two] = [await logins.open(DEPARTURE, 'mine'), await logins.open(DEPARTURE, 'mine')]
  t.is(new Set([...Object.values(one), ...Object.values(two)]).size, 6)
  const other = redisUpstreamLogins(redis, randomBytes(32))
  t.is(await other.take(one.state, HERE), undefined)
})

for (const [who, presented] of [
  ['another browser', { provider: 'github', browsers: ['other'] }],
  ['a browser without a cookie', { provider: 'github', browsers: [] }],
  ['the callback of another provider', { provider: 'okta', browsers: ['mine'] }],
  ['a path that is no callback', { provider: '', browsers: ['mine'] }],
] as const) {
  test(`what ${who} presents is burnt`, async (t) => {
    const { state } = await logins.open(DEPARTURE, 'mine')
    t.is(await logins.take(state, presented), undefined)
    t.is(await logins.take(state, HERE), undefined)
  })
}

test('any of the browser’s cookies will do', async (t) => {
  const { state } = await logins.open(DEPARTURE, 'mine')
  const presented = { provider: 'github', browsers: ['a', 'mine', 'b'] }
  t.truthy(await logins.take(state, presented))
})

test('of twenty racing takers, on two connections, one gets it', async (t) => {
  const second = redisUpstreamLogins(await valkey.connect(), SECRET)
  const { state } = await logins.open(DEPARTURE, 'mine')
  const takers = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? logins : second))
  const all = await Promise.all(takers.map((taker) => taker.take(state, HERE)))
  t.is(all.filter((taken) => taken !== undefined).length, 1)
})

test('an unknown state is none, and nothing is made of it', async (t) => {
  t.is(await logins.take('x'.repeat(43), HERE), undefined)
})

test.serial('it lives ten minutes, and nothing of it stands in the store to be read', async (t) => {
  await redis.flushall()
  const ticket = await logins.open(DEPARTURE, 'the-cookie')
  await logins.markRefused(['the-cookie'])
  const keys = await redis.keys('*')
  t.is(keys.length, 2)
  const prefix = redis.options.keyPrefix?.length
  for (const key of keys) {
    const name = key.slice(prefix)
    const seconds = await redis.ttl(name)
    t.true(seconds > 590 && seconds <= 600)
    const isHash = (await redis.type(name)) === 'hash'
    const held = name + JSON.stringify(isHash ? await redis.hgetall(name) : await redis.get(name))
    for (const secret of [...Object.values(ticket), 'the-cookie', 'the-interaction', 'octocat']) {
      t.false(held.includes(secret))
    }
  }
})

test.serial('a record that was tampered with, or swapped, opens to nothing', async (t) => {
  await redis.flushall()
  const [one, two] = [await logins.open(DEPARTURE, 'mine'), await logins.open(DEPARTURE, 'mine')]
  const prefix = redis.options.keyPrefix?.length
  const names = (await redis.keys('*')).map((key) => key.slice(prefix))
  const [left = '', right = ''] = names
  const [leftRecord, rightRecord] = [await redis.hgetall(left), await redis.hgetall(right)]
  await redis.hset(left, rightRecord)
  await redis.hset(right, leftRecord)
  t.is(await logins.take(one.state, HERE), undefined)
  t.is(await logins.take(two.state, HERE), undefined)
})

test('a browser whose person was refused is known for a while', async (t) => {
  t.false(await logins.wasRefused('b'))
  await logins.markRefused(['b'])
  t.true(await logins.wasRefused('b'))
  t.false(await logins.wasRefused('c'))
})
