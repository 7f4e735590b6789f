import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { redisRevocations } from '../../lib/store/revocations.ts'
import { redisGrants } from '../../oauth-server/store/grants.ts'
import { redisRefreshFamilies } from '../../oauth-server/store/refresh-families.ts'
import { startValkey } from '../support/valkey.ts'

const GRACE_MS = 60
const valkey = await startValkey()
const redis = await valkey.connect()
const grants = redisGrants(redis)
const families = redisRefreshFamilies(redis, GRACE_MS)
const patient = redisRefreshFamilies(redis)
test.after.always(() => valkey.stop())

const keeping = { expiresAt: 5000, ttlSeconds: 1000 }

const open = async (family: string) => {
  const grant = await grants.create({
    userId: `dev:${family}`,
    userName: family,
    clientId: `client-${family}`,
    resource: 'http://localhost:8642/echo/mcp',
    scopes: ['mcp'],
    authenticatedAt: 1,
  })
  if (!(await families.open(family, { grant, keeping }))) throw new Error('not opened')
  return { grant, keeping }
}

test('a family names its grant and nothing else does', async (t) => {
  const { grant } = await open('named')
  t.deepEqual(await families.findGrant('named'), grant)
  t.is(await families.findGrant('unknown'), undefined)
})

test('each generation is exchanged once; the next one counts', async (t) => {
  const minting = await open('chain')
  const rotate = (generation: number) =>
    patient.rotate({ family: 'chain', generation }, `answer ${generation}`, minting)
  t.deepEqual(await rotate(1), { outcome: 'rotated' })
  t.deepEqual(await rotate(2), { outcome: 'rotated' })
  t.deepEqual(await rotate(2), { outcome: 'repeated', sealedAnswer: 'answer 2' })
  t.deepEqual(await rotate(1), { outcome: 'repeated', sealedAnswer: 'answer 1' })
  t.deepEqual(await rotate(4), { outcome: 'unknown' })
})

test('of fifty racing rotations one wins and all get its answer', async (t) => {
  const minting = await open('raced')
  const connections = await Promise.all(Array.from({ length: 5 }, () => valkey.connect()))
  const racers = connections.map((connection) => redisRefreshFamilies(connection))
  const all = await Promise.all(
    Array.from({ length: 10 }, (_, turn) =>
      racers.map((racer, index) =>
        racer.rotate({ family: 'raced', generation: 1 }, `answer ${turn * 5 + index}`, minting),
      ),
    ).flat(),
  )
  const winner = all.findIndex(({ outcome }) => outcome === 'rotated')
  t.is(all.filter(({ outcome }) => outcome === 'rotated').length, 1)
  const answers = all.flatMap((one) => (one.outcome === 'repeated' ? [one.sealedAnswer] : []))
  t.deepEqual(
    answers,
    Array.from({ length: 49 }, () => `answer ${winner}`),
  )
})

test('after the grace an old generation is reuse, and the current one still counts', async (t) => {
  const minting = await open('late')
  await families.rotate({ family: 'late', generation: 1 }, 'answer', minting)
  await sleep(GRACE_MS + 20)
  const again = await families.rotate({ family: 'late', generation: 1 }, 'other', minting)
  t.deepEqual(again, { outcome: 'reused' })
  const current = await families.rotate({ family: 'late', generation: 2 }, 'answer', minting)
  t.deepEqual(current, { outcome: 'rotated' })
})

test('an ended grant opens no family, rotates nothing and repeats nothing', async (t) => {
  const minting = await open('ended')
  await patient.rotate({ family: 'ended', generation: 1 }, 'answer', minting)
  await grants.revoke(minting.grant, 5000)
  for (const generation of [1, 2]) {
    const rotation = await patient.rotate({ family: 'ended', generation }, 'answer', minting)
    t.deepEqual(rotation, { outcome: 'dead' })
  }
  t.false(await families.open('ended again', minting))
  t.is(await families.findGrant('ended'), undefined)
})

for (const kind of ['user', 'client', 'grant'] as const) {
  test(`a revoked ${kind} rotates nothing and repeats nothing`, async (t) => {
    const family = `revoked-${kind}`
    const minting = await open(family)
    await patient.rotate({ family, generation: 1 }, 'answer', minting)
    const { userId, clientId, id } = minting.grant
    const named = { user: userId, client: clientId, grant: id }[kind]
    await redisRevocations(redis).revoke(kind, named, 4_000_000_000)
    for (const generation of [1, 2]) {
      const rotation = await patient.rotate({ family, generation }, 'answer', minting)
      t.deepEqual(rotation, { outcome: 'dead' })
    }
  })
}
