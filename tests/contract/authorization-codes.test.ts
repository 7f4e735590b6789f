import test from 'ava'
import { redisRevocations } from '../../lib/store/revocations.ts'
import { redisAuthorizationCodes } from '../../oauth-server/store/codes.ts'
import { redisGrants } from '../../oauth-server/store/grants.ts'
import { redisRefreshFamilies } from '../../oauth-server/store/refresh-families.ts'
import { startValkey } from '../support/valkey.ts'

const valkey = await startValkey()
const redis = await valkey.connect()
/** Each over a connection of its own, so that the store really sees them at once. */
const connections = await Promise.all(Array.from({ length: 5 }, () => valkey.connect()))
const racers = connections.map(redisAuthorizationCodes)
const codes = redisAuthorizationCodes(redis)
const grants = redisGrants(redis)
const families = redisRefreshFamilies(redis)
const revocations = redisRevocations(redis)
test.after.always(() => valkey.stop())

const SOON = Math.floor(Date.now() / 1000) + 5000

const issue = async (name: string) => {
  const grant = await grants.create({
    userId: `dev:${name}`,
    userName: name,
    clientId: `client-${name}`,
    resource: 'http://localhost:8642/echo/mcp',
    scopes: ['mcp'],
    authenticatedAt: 1,
  })
  const { id: grantId, userId, clientId } = grant
  const redirectUri = 'https://app.example/cb'
  const code = { grantId, userId, clientId, redirectUri, codeChallenge: 'x', nonce: 'once' }
  const keeping = { expiresAt: SOON, ttlSeconds: 1000 }
  const purchase = { grant, keeping, family: `family of ${name}` }
  return { text: await codes.issue(code), code, grant, purchase }
}

const isGrantRevoked = async (grantId: string) => {
  const entry = await redis.hget('revocations', `grant:${grantId}`)
  return Number(entry?.split(':')[1]) >= SOON
}

test('an unknown code is unknown, whatever it looks like', async (t) => {
  const { grant, purchase } = await issue('unknown')
  for (const text of ['', 'nope', ':', 'x'.repeat(10_000)]) {
    t.is(await codes.find(text), undefined)
    t.is(await codes.redeem(text, purchase), 'unknown')
    t.false(await codes.spoil(text, grant, SOON))
  }
  t.not(await grants.find(grant.id), undefined)
})

test('finding a code brings its grant along and uses nothing up', async (t) => {
  const { text, code, grant, purchase } = await issue('found')
  for (let time = 0; time < 3; time += 1) {
    t.deepEqual(await codes.find(text), { code, grant, isUsed: false })
  }
  t.is(await codes.redeem(text, purchase), 'redeemed')
  t.deepEqual(await codes.find(text), { code, grant, isUsed: true })
})

test('a redemption keeps the grant and begins its family', async (t) => {
  const { text, grant, purchase } = await issue('kept')
  t.is(await codes.redeem(text, purchase), 'redeemed')
  t.true((await redis.ttl(`grant:${grant.id}`)) > 900)
  t.deepEqual(await families.findGrant(purchase.family), grant)
  const first = { family: purchase.family, generation: 1 }
  t.deepEqual(await families.rotate(first, 'answer', purchase), { outcome: 'rotated' })
})

test('without a family there is none, and the grant is kept all the same', async (t) => {
  const { text, grant, purchase } = await issue('alone')
  t.is(await codes.redeem(text, { ...purchase, family: undefined }), 'redeemed')
  t.true((await redis.ttl(`grant:${grant.id}`)) > 900)
  t.is(await families.findGrant(purchase.family), undefined)
})

test('a replay ends what the first redemption bought, in the same step', async (t) => {
  const { text, grant, purchase } = await issue('twice')
  t.is(await codes.redeem(text, purchase), 'redeemed')
  t.is(await codes.redeem(text, purchase), 'replayed')
  t.is(await grants.find(grant.id), undefined)
  t.true(await isGrantRevoked(grant.id))
  t.is(await families.findGrant(purchase.family), undefined)
  t.is((await codes.find(text))?.grant, undefined)
})

test('of fifty racing redemptions exactly one is good, and its grant is dead', async (t) => {
  const { text, grant, purchase } = await issue('raced')
  const all = await Promise.all(
    Array.from({ length: 10 }, (_, turn) =>
      racers.map((racer, index) =>
        racer.redeem(text, { ...purchase, family: `family ${turn} ${index}` }),
      ),
    ).flat(),
  )
  t.is(all.filter((outcome) => outcome === 'redeemed').length, 1)
  t.is(all.filter((outcome) => outcome === 'replayed').length, 49)
  t.is(await grants.find(grant.id), undefined)
  t.true(await isGrantRevoked(grant.id))
})

test('a spoiled code buys nothing any more', async (t) => {
  const { text, grant, purchase } = await issue('spoiled')
  t.false(await codes.spoil(text, grant, SOON))
  t.true((await codes.find(text))?.isUsed)
  t.is(await codes.redeem(text, purchase), 'replayed')
  t.is(await families.findGrant(purchase.family), undefined)
})

test('spoiling a redeemed code ends what it bought', async (t) => {
  const { text, grant, purchase } = await issue('spoiled late')
  t.is(await codes.redeem(text, purchase), 'redeemed')
  t.true(await codes.spoil(text, grant, SOON))
  t.is(await grants.find(grant.id), undefined)
  t.true(await isGrantRevoked(grant.id))
})

test('of redemptions that race with a wrong request none leaves a live grant', async (t) => {
  for (let turn = 0; turn < 20; turn += 1) {
    const { text, grant, purchase } = await issue(`raced wrong ${turn}`)
    const [redemption, wasUsed] = await Promise.all([
      racers[turn % 2]?.redeem(text, purchase),
      racers[(turn + 1) % 2]?.spoil(text, grant, SOON),
    ])
    t.deepEqual(
      [redemption, wasUsed],
      redemption === 'redeemed' ? ['redeemed', true] : ['replayed', false],
    )
    t.is(await grants.find(grant.id), undefined)
  }
})

for (const kind of ['user', 'client', 'grant'] as const) {
  test(`a ${kind} revoked after the code was issued makes it useless`, async (t) => {
    const { text, grant, purchase } = await issue(`revoked-${kind}`)
    const id = { user: grant.userId, client: grant.clientId, grant: grant.id }[kind]
    await revocations.revoke(kind, id, 4_000_000_000)
    t.is(await codes.redeem(text, purchase), 'dead')
    t.is(await families.findGrant(purchase.family), undefined)
    t.is(await codes.redeem(text, purchase), 'replayed')
  })
}

test('a code whose grant was ended finds none and buys nothing', async (t) => {
  const { text, grant, purchase } = await issue('ended')
  await grants.revoke(grant, SOON)
  t.is((await codes.find(text))?.grant, undefined)
  t.is(await codes.redeem(text, purchase), 'dead')
})

test('a code is gone after a minute, used or not, and never stands in a key', async (t) => {
  const { text, purchase } = await issue('key')
  await codes.redeem(text, purchase)
  const keys = await redis.keys('*code:*')
  t.true(keys.length > 0)
  t.false(keys.some((key) => key.includes(text)))
  for (const key of keys) {
    const seconds = await redis.ttl(key.slice(redis.options.keyPrefix?.length))
    t.true(seconds > 0 && seconds <= 60)
  }
})
