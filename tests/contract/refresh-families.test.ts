import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { redisRevocations } from '../../lib/store/revocations.ts'
import { redisGrants } from '../../oauth-server/store/grants.ts'
import { redisRefreshFamilies } from '../../oauth-server/store/refresh-families.ts'
import { startValkey } from '../support/valkey.ts'

const GRACE_MS = 60
const LATER = 4_000_000_000
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

test('a family lives as long as it is told, whatever its grant outlives', async (t) => {
  const minting = await open('short')
  const short = { expiresAt: Math.floor(Date.now() / 1000) + 600, ttlSeconds: 20 }
  await families.rotate({ family: 'short', generation: 1 }, 'sealed', {
    ...minting,
    keeping: short,
  })
  const found = await families.inspect({ family: 'short', generation: 2 })
  t.true((found?.ttlSeconds ?? 0) <= 20)
  t.true((await redis.ttl(`grant:${minting.grant.id}`)) > 500)
})

test('each generation is exchanged once; the next one counts', async (t) => {
  const minting = await open('chain')
  const rotate = (generation: number) =>
    patient.rotate({ family: 'chain', generation }, `answer ${generation}`, minting)
  t.deepEqual(await rotate(1), { outcome: 'rotated' })
  t.deepEqual(await rotate(2), { outcome: 'rotated' })
  t.deepEqual(await rotate(2), { outcome: 'repeated', sealedAnswer: 'answer 2' })
  t.deepEqual(await rotate(1), { outcome: 'repeated', sealedAnswer: 'answer 1' })
  t.deepEqual(await families.rotate({ family: 'never', generation: 1 }, 'answer', minting), {
    outcome: 'unknown',
  })
})

test('in a store that was put back to an earlier state the generation of the client counts', async (t) => {
  const minting = await open('behind')
  const rotate = (generation: number) =>
    families.rotate({ family: 'behind', generation }, `answer ${generation}`, minting)
  t.truthy(await families.inspect({ family: 'behind', generation: 7 }))
  t.deepEqual(await rotate(7), { outcome: 'rotated' })
  await sleep(GRACE_MS + 20)
  t.deepEqual(await rotate(1), { outcome: 'reused' }, 'an older one that somebody has stolen')
  t.deepEqual(await rotate(8), { outcome: 'rotated' })
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
    await redisRevocations(redis).revoke(kind, named, LATER)
    for (const generation of [1, 2]) {
      const rotation = await patient.rotate({ family, generation }, 'answer', minting)
      t.deepEqual(rotation, { outcome: 'dead' })
    }
  })
}

test('the generation that counts is found with its grant, no other is', async (t) => {
  const minting = await open('looked at')
  const inspect = (generation: number) => patient.inspect({ family: 'looked at', generation })
  const found = await inspect(1)
  t.is(found?.grant.id, minting.grant.id)
  t.is(found?.grant.userName, 'looked at')
  t.true((found?.ttlSeconds ?? 0) > 990)
  await patient.rotate({ family: 'looked at', generation: 1 }, 'answer', minting)
  t.is(await inspect(1), undefined)
  t.is((await inspect(2))?.grant.id, minting.grant.id)
  await redisRevocations(redis).revoke('user', minting.grant.userId, LATER)
  t.is(await inspect(2), undefined)
  t.is(await patient.inspect({ family: 'unheard of', generation: 1 }), undefined)
})

test('a family is ended by its client alone, once, with its grant', async (t) => {
  const { grant } = await open('given back')
  t.is(await families.end('given back', 'client-other', LATER), undefined)
  t.truthy(await grants.find(grant.id))
  const both = await Promise.all([
    families.end('given back', grant.clientId, LATER),
    redisRefreshFamilies(await valkey.connect()).end('given back', grant.clientId, LATER),
  ])
  t.deepEqual(
    both.filter((one) => one !== undefined),
    [{ id: grant.id, userId: grant.userId, clientId: grant.clientId }],
  )
  t.is(await grants.find(grant.id), undefined)
  t.deepEqual(await grants.ofClient(grant.clientId), [])
  t.regex((await redis.hget('revocations', `grant:${grant.id}`)) ?? '', new RegExp(`:${LATER}$`))
  t.is(await families.inspect({ family: 'given back', generation: 1 }), undefined)
  t.is(await families.end('unheard of', grant.clientId, LATER), undefined)
})

test('what was minted under a family last stays refused for the longest of all', async (t) => {
  const { grant, keeping } = await open('long lived')
  await patient.rotate({ family: 'long lived', generation: 1 }, 'answer', {
    grant,
    keeping: { ...keeping, expiresAt: LATER + 1 },
  })
  await families.end('long lived', grant.clientId, LATER)
  t.regex(
    (await redis.hget('revocations', `grant:${grant.id}`)) ?? '',
    new RegExp(`:${LATER + 1}$`),
  )
})

test('a family that ends while it rotates leaves nothing that lives on', async (t) => {
  const connections = await Promise.all([valkey.connect(), valkey.connect()])
  const [one, other] = connections.map((connection) => redisRefreshFamilies(connection))
  for (let round = 0; round < 20; round += 1) {
    const family = `ends ${round}`
    const minting = await open(family)
    await Promise.all([
      one?.rotate({ family, generation: 1 }, 'answer', minting),
      other?.end(family, minting.grant.clientId, LATER),
    ])
    t.is(await families.inspect({ family, generation: 1 }), undefined)
    t.is(await families.inspect({ family, generation: 2 }), undefined)
    t.truthy(await redis.hget('revocations', `grant:${minting.grant.id}`))
  }
})
