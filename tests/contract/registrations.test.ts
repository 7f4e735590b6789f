import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import type { Client } from '../../oauth-server/clients/client.ts'
import { redisClients } from '../../oauth-server/store/clients.ts'
import { redisGrants } from '../../oauth-server/store/grants.ts'
import { redisRefreshFamilies } from '../../oauth-server/store/refresh-families.ts'
import { startValkey } from '../support/valkey.ts'

const valkey = await startValkey()
const [redis, other] = [await valkey.connect(), await valkey.connect()]
test.after.always(() => valkey.stop())
const grants = redisGrants(redis)
const SOON = Math.floor(Date.now() / 1000)

function client(changes: Partial<Client> = {}): Client {
  return {
    id: randomBytes(16).toString('base64url'),
    kind: 'registered',
    redirectUris: ['https://app.example/cb'],
    authMethod: 'none',
    grantTypes: ['authorization_code', 'refresh_token'],
    name: 'Client',
    echoed: {},
    secretDigest: undefined,
    managementDigest: 'first',
    registeredAt: 1,
    ...changes,
  }
}

test.serial('racing registrations over two connections never exceed the bound', async (t) => {
  await redis.del('clients:unapproved')
  const bounds = { unapprovedMax: 20 }
  const families = [redisClients(redis, bounds), redisClients(other, bounds)]
  const racers = Array.from({ length: 60 }, (_, index) => families[index % 2]?.register(client()))
  const results = await Promise.all(racers)
  t.is(results.filter(Boolean).length, 20)
  t.is(await redis.zcard('clients:unapproved'), 20)
})

test.serial(
  'the oldest that nobody approved makes room, but only once it had its time',
  async (t) => {
    await redis.del('clients:unapproved')
    const clients = redisClients(redis, { unapprovedMax: 2, protectedMs: 100 })
    const [first, approved, second, third] = [client(), client(), client(), client()]
    t.true(await clients.register(first))
    t.true(await clients.register(approved))
    await clients.keep(approved.id, 1000)
    // Of two in the same millisecond neither is the older one.
    await sleep(2)
    t.true(await clients.register(second))
    t.false(await clients.register(third))
    await sleep(120)
    t.true(await clients.register(third))
    t.is(await clients.find(first.id), undefined)
    for (const { id } of [approved, second, third]) t.not(await clients.find(id), undefined)
  },
)

test.serial('what ended by itself does not count', async (t) => {
  await redis.del('clients:unapproved')
  const clients = redisClients(redis, { unapprovedMax: 1 })
  await redis.zadd('clients:unapproved', Date.now() - 86_400_001, 'long gone')
  t.true(await clients.register(client()))
})

const clients = redisClients(redis, { unapprovedMax: 1_000_000 })

test.serial(
  'of racing replacements with one token one succeeds, the others repeat it',
  async (t) => {
    const held = client()
    await clients.register(held)
    await clients.keep(held.id, 5000)
    const over = redisClients(other, { unapprovedMax: 1_000_000 })
    const racers = Array.from({ length: 20 }, (_, index) =>
      (index % 2 === 0 ? clients : over).replace(
        'first',
        { ...held, managementDigest: `token ${index}` },
        `answer ${index}`,
      ),
    )
    const results = await Promise.all(racers)
    const winner = results.findIndex(({ outcome }) => outcome === 'replaced')
    const repeated = { outcome: 'repeated', sealedAnswer: `answer ${winner}` }
    t.deepEqual(results.toSpliced(winner, 1), Array<object>(19).fill(repeated))
    t.is((await clients.find(held.id))?.managementDigest, `token ${winner}`)
    t.true((await redis.ttl(`client:${held.id}`)) > 4000)
  },
)

test.serial('replacing does not prolong a registration that nobody approved', async (t) => {
  const held = client()
  await clients.register(held)
  await redis.expire(`client:${held.id}`, 100)
  t.is((await clients.replace('first', { ...held, name: 'New' }, 'x')).outcome, 'replaced')
  t.true((await redis.ttl(`client:${held.id}`)) <= 100)
})

test.serial(
  'the last replacement alone is repeated, for 30 s and while there is a client',
  async (t) => {
    const held = client()
    await clients.register(held)
    const replace = async (from: string, to: string, answer: string) => {
      await clients.replace(from, { ...held, managementDigest: to }, answer)
    }
    await replace('first', 'second', 'answer 1')
    t.is(await clients.findAnswer(held.id, 'first'), 'answer 1')
    t.is(await clients.findAnswer(held.id, 'second'), undefined)
    const key = `client:${held.id}:replaced`
    const ttl = await redis.pttl(key)
    t.true(ttl > 20_000 && ttl <= 30_000, String(ttl))
    await replace('second', 'third', 'answer 2')
    t.is(await clients.findAnswer(held.id, 'first'), undefined)
    t.is(await clients.findAnswer(held.id, 'second'), 'answer 2')
    t.is((await clients.replace('first', held, 'x')).outcome, 'unknown')
    await redis.del(`client:${held.id}`)
    t.is((await clients.replace('second', held, 'x')).outcome, 'unknown')
    await redis.set(`client:${held.id}`, JSON.stringify({ ...held, managementDigest: 'third' }))
    t.true(await clients.remove('third', held.id, SOON))
    t.is(await redis.exists(key), 0)
  },
)

const deep = (depth: number): unknown => (depth === 0 ? 'x' : [deep(depth - 1)])

for (const [name, value] of [
  ['deeper than Lua reads', deep(1500)],
  ['no text', '\ud800'],
] as const) {
  test.serial(
    `a record of an earlier release with ${name} in it is replaced and removed`,
    async (t) => {
      const held = client({ keys: { jwks: { keys: [{ kty: 'EC', value }] } } })
      await redis.set(`client:${held.id}`, JSON.stringify(held), 'EX', 1000)
      t.is((await clients.replace('wrong', { ...held, name: 'New' }, 'x')).outcome, 'unknown')
      t.is((await clients.replace('first', { ...held, name: 'New' }, 'x')).outcome, 'replaced')
      t.false(await clients.remove('wrong', held.id, SOON))
      t.true(await clients.remove('first', held.id, SOON))
      t.is(await clients.find(held.id), undefined)
    },
  )
}

test.serial('no text of a client passes for its registration token', async (t) => {
  const name = '"managementDigest":"chosen" \\"managementDigest":"chosen'
  const held = client({ name, echoed: { software_id: name, contacts: [name] } })
  await clients.register(held)
  t.is((await clients.replace('chosen', held, 'x')).outcome, 'unknown')
  t.false(await clients.remove('chosen', held.id, SOON))
  t.false(await clients.remove('', held.id, SOON))
  t.not(await clients.find(held.id), undefined)
})

test.serial(
  'a removed client’s grants are dead in the same step: no code, no refresh, no tokens',
  async (t) => {
    const held = client()
    await clients.register(held)
    const facts = {
      userId: 'dev:a',
      userName: 'a',
      clientId: held.id,
      resource: 'https://gw.example/echo/mcp',
      scopes: ['mcp'],
      authenticatedAt: 1,
    }
    const grant = await grants.create(facts)
    const keeping = { expiresAt: SOON + 9000, ttlSeconds: 1000 }
    const families = redisRefreshFamilies(redis)
    t.true(await families.open('family', { grant, keeping }))
    t.false(await clients.remove('wrong', held.id, SOON + 100))
    t.not(await clients.find(held.id), undefined)
    t.true(await clients.remove('first', held.id, SOON + 100))
    t.is(await clients.find(held.id), undefined)
    t.is(await grants.find(grant.id), undefined)
    t.false(await grants.keep(grant, keeping))
    const rotation = await families.rotate({ family: 'family', generation: 1 }, 'x', {
      grant,
      keeping,
    })
    t.is(rotation.outcome, 'dead')
    const entry = await redis.hget('revocations', `client:${held.id}`)
    t.is(entry?.split(':')[1], String(SOON + 9000))
    t.false(await clients.remove('first', held.id, SOON + 100))
  },
)
