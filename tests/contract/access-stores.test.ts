/** What access rules keep in the store: bindings, records of people, who reads, whose ids are whose. */

import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { type AccessBindings, redisAccessBindings } from '../../oauth-server/store/bindings.ts'
import { redisFactReadings } from '../../oauth-server/store/fact-readings.ts'
import { redisProviderIssuers } from '../../oauth-server/store/provider-issuers.ts'
import { type KnownUser, redisUsers } from '../../oauth-server/store/users.ts'
import { startValkey } from '../support/valkey.ts'

const valkey = await startValkey()
const redis = await valkey.connect()
const [bindings, elsewhere] = [
  redisAccessBindings(redis),
  redisAccessBindings(await valkey.connect()),
]
const users = redisUsers(redis)
test.after.always(() => valkey.stop())

const RACERS = 50
const DAY = 86_400

const heldIn = async (store: AccessBindings) => Object.fromEntries(await store.all())

test.serial('of many first matches at once one binds a name, for every process', async (t) => {
  const racing = Array.from({ length: RACERS }, (_, index) =>
    (index % 2 === 0 ? bindings : elsewhere).bind([
      { binding: 'login:github:octocat', id: `github:${index}` },
      { binding: `login:github:own-${index}`, id: `github:${index}` },
    ]),
  )
  await Promise.all(racing)
  const held = await heldIn(bindings)
  t.regex(held['login:github:octocat'] ?? '', /^github:\d+$/)
  t.is(Object.keys(held).length, RACERS + 1, 'who loses one name keeps the others')
  t.deepEqual(await heldIn(elsewhere), held)
  await bindings.bind([{ binding: 'login:github:octocat', id: 'github:late' }])
  t.deepEqual(await heldIn(bindings), held)
})

test.serial('what no rule names any more is forgotten everywhere, the rest is not', async (t) => {
  await bindings.keepOnly(new Set(['login:github:own-3', 'login:github:never-bound']))
  t.deepEqual(await heldIn(elsewhere), { 'login:github:own-3': 'github:3' })
  t.deepEqual(await heldIn(bindings), { 'login:github:own-3': 'github:3' })
  await elsewhere.bind([{ binding: 'login:github:own-4', id: 'github:new' }])
  t.like(await heldIn(bindings), { 'login:github:own-4': 'github:new' })
  await bindings.keepOnly(new Set())
  t.deepEqual(await heldIn(elsewhere), {})
})

test.serial(
  'they are read again only after a change, and also in a store that is new',
  async (t) => {
    await bindings.bind([{ binding: 'login:github:a', id: 'github:1' }])
    const revision = await redis.get('access:bindings:revision')
    const first = await bindings.all()
    await bindings.bind([{ binding: 'login:github:a', id: 'github:2' }])
    await bindings.keepOnly(new Set(['login:github:a']))
    t.is(await redis.get('access:bindings:revision'), revision)
    t.is(await bindings.all(), first)
    await redis.del('access:bindings', 'access:bindings:revision')
    t.deepEqual(await heldIn(bindings), {})
  },
)

const user = (id: string, changes: Partial<KnownUser> = {}): KnownUser => ({
  id,
  provider: 'dev',
  name: 'a',
  emails: [],
  readAt: 1,
  lastLoginAt: 1,
  ...changes,
})

async function listed(): Promise<string[]> {
  const ids: string[] = []
  let from: string | undefined
  do {
    const page = await users.page(from)
    ids.push(...page.ids)
    from = page.next
  } while (from !== undefined)
  return ids
}

test.serial('a record is replaced only where it is still the one that was found', async (t) => {
  const first = user('dev:replaced')
  await users.record(first)
  t.true(await users.replace(first, { ...first, readAt: 2 }))
  t.false(await users.replace(first, { ...first, readAt: 3 }))
  t.is((await users.find('dev:replaced'))?.readAt, 2)
  t.true((await redis.ttl((await keyOf('dev:replaced')) ?? '')) > 399 * DAY)
  await users.forget('dev:replaced')
  t.false(await users.replace({ ...first, readAt: 2 }, first), 'nothing comes back')
  t.is(await users.find('dev:replaced'), undefined)
  t.deepEqual(await listed(), [])
})

/** Of the one record there is. */
async function keyOf(id: string): Promise<string | undefined> {
  const keys = (await redis.keys('mcp-gateway:user:*')).map((key) =>
    key.slice('mcp-gateway:'.length),
  )
  const values = await Promise.all(keys.map((key) => redis.get(key)))
  return keys[values.findIndex((value) => value?.includes(`"id":"${id}"`))]
}

test.serial(
  'a record lives as long as what is given under it, and a login does not shorten it',
  async (t) => {
    await users.record(user('dev:kept'))
    const key = (await keyOf('dev:kept')) ?? ''
    const now = Math.floor(Date.now() / 1000)
    await users.keep('dev:kept', { since: now, until: now + 30 * DAY })
    t.true((await redis.ttl(key)) > 399 * DAY)
    await users.keep('dev:kept', { since: now - 390 * DAY, until: now + 500 * DAY })
    t.true((await redis.ttl(key)) > 499 * DAY)
    await users.keep('dev:kept', { since: now - 390 * DAY, until: now + 30 * DAY })
    await users.record(user('dev:kept', { lastLoginAt: 2 }))
    t.true((await redis.ttl(key)) > 499 * DAY)
    t.true(Number(await redis.zscore('users', 'dev:kept')) > now + 499 * DAY)
    await users.keep('dev:nobody', { since: now - 390 * DAY, until: now + 500 * DAY })
    t.deepEqual(await listed(), ['dev:kept'], 'who has no record gets none')
    await users.forget('dev:kept')
  },
)

test.serial('everybody with a record is on a page, also while others come and go', async (t) => {
  const ids = Array.from({ length: 700 }, (_, index) => `dev:p${index}`)
  await Promise.all(ids.map((id) => users.record(user(id))))
  const seen = new Set<string>()
  let from: string | undefined
  let pages = 0
  do {
    const { ids: found, next } = await users.page(from)
    for (const id of found) seen.add(id)
    await users.record(user(`dev:new-${pages}`))
    // Whoever was seen may go.
    await Promise.all(found.filter((_, index) => index % 2 === 0).map((id) => users.forget(id)))
    from = next
    pages += 1
  } while (from !== undefined)
  t.true(pages > 2, 'no page holds all of them')
  t.deepEqual(
    ids.filter((id) => !seen.has(id)),
    [],
  )
  const left = await listed()
  await Promise.all(left.map((id) => users.forget(id)))
  t.deepEqual(await listed(), [])
})

test.serial(
  'one reads at a time; whoever failed keeps the others from it for a while',
  async (t) => {
    const [here, there] = [redisFactReadings(redis, 150), redisFactReadings(await valkey.connect())]
    const tickets = await Promise.all(
      Array.from({ length: RACERS }, (_, index) => (index % 2 ? here : there).begin('github:1')),
    )
    const [ticket = '', ...others] = tickets.filter((one) => one !== undefined)
    t.deepEqual(others, [])
    t.is(await there.state('github:1'), 'reading')
    t.is(await there.state('github:2'), 'idle')
    await there.end('github:1', 'not the ticket', 'read')
    t.is(await there.state('github:1'), 'reading', 'nobody ends what is another’s')
    await here.end('github:1', ticket, 'failed')
    t.is(await there.state('github:1'), 'failed')
    t.is(await there.begin('github:1'), undefined)
    await sleep(200)
    t.is(await there.state('github:1'), 'idle')
    const second = (await there.begin('github:1')) ?? ''
    await here.end('github:1', ticket, 'failed')
    t.is(await here.state('github:1'), 'reading', 'nor does one that was taken for dead')
    await there.end('github:1', second, 'read')
    t.is(await here.state('github:1'), 'idle')
  },
)

test.serial(
  'whoever dies over a reading keeps the others waiting for seconds, not for ever',
  async (t) => {
    await redisFactReadings(redis).begin('github:dead')
    const [key = ''] = await redis.keys('mcp-gateway:facts:reading:*')
    const ttl = await redis.pttl(key.slice('mcp-gateway:'.length))
    t.true(ttl > 5000 && ttl <= 8000, String(ttl))
  },
)

test('of many issuers under one name the first is bound, for ever', async (t) => {
  const stores = [redisProviderIssuers(redis), redisProviderIssuers(await valkey.connect())]
  const won = await Promise.all(
    Array.from({ length: RACERS }, (_, index) =>
      stores[index % 2]?.bind('corp', `https://${index}.example`),
    ),
  )
  t.is(new Set(won).size, 1)
  t.is(await stores[0]?.bind('other', 'https://other.example'), 'https://other.example')
  t.deepEqual(
    await stores[1]?.all(),
    new Map([
      ['corp', won[0] ?? ''],
      ['other', 'https://other.example'],
    ]),
  )
  t.is(await redis.ttl('providers:issuers'), -1)
})
