import test from 'ava'
import { redisClients } from '../../oauth-server/store/clients.ts'
import { redisUsers } from '../../oauth-server/store/users.ts'
import { startValkey } from '../support/valkey.ts'

const valkey = await startValkey()
const redis = await valkey.connect()
test.after.always(() => valkey.stop())

const client = (id: string) => ({
  id,
  kind: 'registered' as const,
  redirectUris: ['https://app.example/cb'],
  authMethod: 'none' as const,
  grantTypes: ['authorization_code' as const],
  name: 'Client',
  echoed: { client_uri: 'https://app.example' },
  secretDigest: 'hash',
  registeredAt: 1,
})

const BOUNDS = { unapprovedMax: 1000 }

test('a registration lives a day until its first use, then as long as it is kept', async (t) => {
  const clients = redisClients(redis, BOUNDS)
  const id = 'a'.repeat(22)
  t.true(await clients.register(client(id)))
  t.deepEqual(await clients.find(id), client(id))
  t.true((await redis.ttl(`client:${id}`)) <= 86_400)
  await clients.keep(id, 500_000)
  t.true((await redis.ttl(`client:${id}`)) > 499_000)
  t.is(await redis.zscore('clients:unapproved', id), null)
})

test('a lifetime of 0 keeps a registration for ever once it is used', async (t) => {
  const clients = redisClients(redis, BOUNDS)
  const id = 'b'.repeat(22)
  await clients.register(client(id))
  t.true((await redis.ttl(`client:${id}`)) > 0)
  await clients.keep(id, 0)
  t.is(await redis.ttl(`client:${id}`), -1)
})

test('a registration that has gone is not kept', async (t) => {
  const clients = redisClients(redis, BOUNDS)
  await clients.keep('c'.repeat(22), 0)
  t.is(await clients.find('c'.repeat(22)), undefined)
})

test('an id that cannot be ours is unknown without asking the store', async (t) => {
  const clients = redisClients(redis, BOUNDS)
  await redis.set('client:short', JSON.stringify(client('short')))
  for (const id of ['', 'short', 'x'.repeat(8000), `${'a'.repeat(21)}:`, `${'a'.repeat(22)}\n`]) {
    t.is(await clients.find(id), undefined)
  }
})

test('a user is known by sub, as of the last login', async (t) => {
  const users = redisUsers(redis)
  const user = { id: 'dev:a', name: 'a', provider: 'dev', emails: [], readAt: 1, lastLoginAt: 1 }
  await users.record(user)
  await users.record({ ...user, lastLoginAt: 2 })
  t.deepEqual(await users.find('dev:a'), { ...user, lastLoginAt: 2 })
  t.is(await users.find('dev:b'), undefined)
})
