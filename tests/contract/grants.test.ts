import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { digest } from '../../lib/platform/seal.ts'
import { instantOfGrant } from '../../lib/store/instant.ts'
import { redisRevocations } from '../../lib/store/revocations.ts'
import { redisGrants } from '../../oauth-server/store/grants.ts'
import { startValkey } from '../support/valkey.ts'

const valkey = await startValkey()
const redis = await valkey.connect()
const grants = redisGrants(redis)
const revocations = redisRevocations(redis)
test.after.always(() => valkey.stop())

const facts = (name: string) => ({
  userId: `dev:${name}`,
  userName: name,
  clientId: `client-${name}`,
  resource: 'http://localhost:8642/echo/mcp',
  scopes: ['mcp'],
  authenticatedAt: 1,
})
const SOON = Math.floor(Date.now() / 1000)
const KEEPING = { expiresAt: SOON + 5000, ttlSeconds: 1000 }

test('ids begin with instants that grow strictly', async (t) => {
  const made = await Promise.all(Array.from({ length: 20 }, () => grants.create(facts('many'))))
  const instants = made.map(({ id }) => instantOfGrant(id) ?? 0)
  t.is(new Set(instants).size, 20)
  t.true(instants.every((instant) => Math.abs(instant - Date.now()) < 10_000))
})

test('a grant is found as it was made, listed by user and by client, and gone when it ends', async (t) => {
  const grant = await grants.create(facts('one'))
  t.deepEqual(await grants.find(grant.id), grant)
  t.deepEqual(await grants.ofUser('dev:one'), [grant.id])
  t.deepEqual(await grants.ofClient('client-one'), [grant.id])
  t.true(await grants.keep(grant, KEEPING))
  await grants.revoke(grant, SOON + 4000)
  t.is(await grants.find(grant.id), undefined)
  t.is(await expiryOf(`grant:${grant.id}`), SOON + 5000)
  t.deepEqual(await grants.ofUser('dev:one'), [])
  t.deepEqual(await grants.ofClient('client-one'), [])
  t.false(await grants.keep(grant, KEEPING))
})

test('a grant remembers the latest expiry minted under it', async (t) => {
  const grant = await grants.create(facts('latest'))
  await grants.keep(grant, { ...KEEPING, expiresAt: SOON + 9000 })
  await grants.keep(grant, KEEPING)
  await grants.revoke(grant, SOON + 7000)
  t.is(await expiryOf(`grant:${grant.id}`), SOON + 9000)
})

test('a grant that nobody redeems goes with its code; a kept one lives as long as it must', async (t) => {
  const grant = await grants.create(facts('ttl'))
  t.true((await redis.ttl(`grant:${grant.id}`)) <= 90)
  await grants.keep(grant, KEEPING)
  t.true((await redis.ttl(`grant:${grant.id}`)) > 900)
})

test('a grant lives as long as what was minted under it, also where a refresh token does not', async (t) => {
  const grant = await grants.create(facts('outlived'))
  await grants.keep(grant, { expiresAt: SOON + 600, ttlSeconds: 2 })
  const lives = () => redis.ttl(`grant:${grant.id}`)
  t.true((await lives()) > 500)
  await grants.keep(grant, { expiresAt: SOON + 60, ttlSeconds: 2 })
  t.true((await lives()) > 500, 'nor is one forgotten that was minted before')
  for (const index of [
    `grants:user:${digest('dev:outlived')}`,
    `grants:client:${digest('client-outlived')}`,
  ]) {
    t.true(Number(await redis.zscore(index, grant.id)) >= SOON + 600)
    t.true((await redis.ttl(index)) > 500)
  }
})

test('a grant learns when a token was last bought under it', async (t) => {
  const grant = await grants.create(facts('used'))
  t.deepEqual(await grants.describeOfUser('dev:used', 10), [{ grant, usedAt: undefined }])
  t.true(await grants.keep(grant, KEEPING))
  const [described] = await grants.describeOfUser('dev:used', 10)
  t.deepEqual(described?.grant, grant)
  t.true(Math.abs((described?.usedAt ?? 0) - Date.now() / 1000) < 5)
  await redis.hset(`grant:${grant.id}`, 'used_at', 7)
  t.is((await grants.describeOfUser('dev:used', 10))[0]?.usedAt, 7)
  await grants.keep(grant, KEEPING)
  t.true(((await grants.describeOfUser('dev:used', 10))[0]?.usedAt ?? 0) > 7)
})

test('of a person’s grants those that live are told, within the bound', async (t) => {
  const [kept, revoked, refused, lost] = await Promise.all(
    [1, 2, 3, 4].map((n) => grants.create({ ...facts('told'), clientId: `told-${n}` })),
  )
  if (!kept || !revoked || !refused || !lost) throw new Error('four grants were made')
  await grants.create(facts('other'))
  await grants.keep(kept, KEEPING)
  await grants.revoke(revoked, SOON + 100)
  await revocations.revoke('client', 'told-3', SOON + 100)
  await redis.del(`grant:${lost.id}`)
  const idsOf = async (max: number) =>
    (await grants.describeOfUser('dev:told', max)).map(({ grant }) => grant.id)
  t.deepEqual(await idsOf(10), [kept.id])
  t.false((await grants.ofUser('dev:told')).includes(lost.id), 'what has ended leaves the index')
  const more = await grants.create(facts('told'))
  t.deepEqual(await idsOf(1), [kept.id], 'those that live longest')
  t.deepEqual(await idsOf(2), [kept.id, more.id])
  t.deepEqual(await grants.describeOfUser('dev:nobody', 10), [])
})

for (const kind of ['user', 'client', 'grant'] as const) {
  test(`a revoked ${kind} keeps nothing, and does not touch what is made after`, async (t) => {
    const name = `revoked-${kind}`
    const grant = await grants.create(facts(name))
    const id = { user: grant.userId, client: grant.clientId, grant: grant.id }[kind]
    await revocations.revoke(kind, id, 4_000_000_000)
    t.false(await grants.keep(grant, KEEPING))
    t.true(await grants.keep(await grants.create(facts(name)), KEEPING))
  })
}

for (const [kind, revoke] of [
  ['user', grants.revokeOfUser],
  ['client', grants.revokeOfClient],
] as const) {
  test(`revoking a ${kind} ends all its grants in one step, until the latest token is dead`, async (t) => {
    const name = `all-${kind}`
    const made = [await grants.create(facts(name)), await grants.create(facts(name))]
    const other = await grants.create(facts(`${name}-other`))
    for (const grant of made) await grants.keep(grant, { ...KEEPING, expiresAt: SOON + 9000 })
    const id = kind === 'user' ? `dev:${name}` : `client-${name}`
    await revoke(id, SOON + 4000)
    for (const grant of made) {
      t.is(await grants.find(grant.id), undefined)
      t.false(await grants.keep(grant, KEEPING))
    }
    t.is(await expiryOf(`${kind}:${id}`), SOON + 9000)
    t.not(await grants.find(other.id), undefined)
    const after = await grants.create(facts(name))
    t.true(await grants.keep(after, KEEPING))
  })
}

const own = (name: string, scopes = ['mcp'], keeping = KEEPING) =>
  grants.own({ ...facts(name), userId: `client:${name}`, scopes }, keeping)

test('a machine has one grant for each resource and scopes, however often it asks', async (t) => {
  const all = await Promise.all(Array.from({ length: 20 }, () => own('machine')))
  t.is(new Set(all.map(({ id }) => id)).size, 1)
  const [first] = all
  t.deepEqual(await grants.find(first?.id ?? ''), first)
  t.deepEqual(await grants.ofClient('client-machine'), [first?.id])
  t.true((await redis.ttl(`grant:${first?.id}`)) > 900)
  const wider = await own('machine', ['mcp', 'echo:write'])
  t.not(wider.id, first?.id)
  t.is((await grants.ofClient('client-machine')).length, 2)
})

// Serial: what other tests write would count.
test.serial(
  'a machine asks again: the grant is written only where it would end too early',
  async (t) => {
    const first = await own('machine-again')
    const written = await countWrites()
    t.is((await own('machine-again')).id, first.id)
    t.is(await countWrites(), written)
    const later = { expiresAt: KEEPING.expiresAt + 1, ttlSeconds: KEEPING.ttlSeconds + 1000 }
    t.is((await own('machine-again', ['mcp'], later)).id, first.id)
    t.true((await redis.ttl(`grant:${first.id}`)) > KEEPING.ttlSeconds)
    await grants.revoke(first, SOON)
    t.is(await expiryOf(`grant:${first.id}`), later.expiresAt)
  },
)

test('a grant is listed at least as long as it lives, and most uses do not list it again', async (t) => {
  const grant = await grants.create(facts('listed'))
  const indexes = [
    `grants:user:${digest('dev:listed')}`,
    `grants:client:${digest('client-listed')}`,
  ]
  const read = () => Promise.all(indexes.map((index) => redis.zscore(index, grant.id)))
  const lives = (score: string | null | undefined) => Number(score) - Date.now() / 1000
  t.true((await read()).every((score) => lives(score) < 100))
  for (const ttlSeconds of [1000, 3000]) {
    const keeping = { expiresAt: SOON, ttlSeconds }
    await grants.keep(grant, keeping)
    const scores = await read()
    for (const [at, score] of scores.entries()) {
      t.true(lives(score) >= ttlSeconds && lives(score) < ttlSeconds * 1.1, String(score))
      t.true((await redis.ttl(indexes[at] ?? '')) >= lives(score) - 1)
    }
    await sleep(1100)
    await grants.keep(grant, keeping)
    t.deepEqual(await read(), scores)
  }
  // As after days without a use.
  for (const index of indexes) await redis.zadd(index, Date.now() / 1000 + 2990, grant.id)
  await grants.keep(grant, { expiresAt: SOON, ttlSeconds: 3000 })
  t.true((await read()).every((score) => lives(score) > 3000))
})

async function countWrites(): Promise<number> {
  const persistence = await redis.info('persistence')
  return Number(/rdb_changes_since_last_save:(\d+)/.exec(persistence)?.[1])
}

for (const end of ['client', 'user', 'grant', 'revokeOfClient', 'revoke'] as const) {
  test(`a machine asks again after ${end}: it gets a new grant, which nothing of it refuses`, async (t) => {
    const name = `machine-${end}`
    const before = await own(name)
    const id = { client: before.clientId, user: before.userId, grant: before.id }
    if (end === 'revoke') await grants.revoke(before, SOON + 10)
    else if (end === 'revokeOfClient') await grants.revokeOfClient(before.clientId, SOON + 10)
    else await revocations.revoke(end, id[end], 4_000_000_000)
    const after = await own(name)
    t.true((instantOfGrant(after.id) ?? 0) > (instantOfGrant(before.id) ?? 0))
    t.is((await own(name)).id, after.id)
    t.true(await grants.keep(after, KEEPING))
    t.false(await grants.keep(before, KEEPING))
    // What was minted before the grant ended is refused as long as it could live.
    if (end.startsWith('revoke')) {
      const member = end === 'revoke' ? `grant:${before.id}` : `client:${before.clientId}`
      t.is(await expiryOf(member), KEEPING.expiresAt)
    }
  })
}

/** Until when the edge refuses what is named. */
async function expiryOf(member: string): Promise<number> {
  const entry = await redis.hget('revocations', member)
  return Number(entry?.split(':')[1])
}
