import test from 'ava'
import { redisRevocations } from '../../lib/store/revocations.ts'
import { redisAuthorizationCodes } from '../../oauth-server/store/codes.ts'
import { startValkey } from '../support/valkey.ts'

const valkey = await startValkey()
const redis = await valkey.connect()
const codes = redisAuthorizationCodes(redis)
test.after.always(() => valkey.stop())

const code = (name: string) => ({
  grantId: `1-${name}`,
  userId: `dev:${name}`,
  clientId: `client-${name}`,
  redirectUri: 'https://app.example/cb',
  codeChallenge: 'x',
  nonce: 'once',
})

test('an unknown code is unknown, whatever it looks like', async (t) => {
  for (const text of ['', 'nope', ':', 'x'.repeat(10_000)]) {
    t.deepEqual(await codes.redeem(text), { outcome: 'unknown' })
  }
})

test('a second redemption names what the first one bought', async (t) => {
  const issued = await codes.issue(code('twice'))
  t.deepEqual(await codes.redeem(issued), { outcome: 'fresh', code: code('twice') })
  t.deepEqual(await codes.redeem(issued), { outcome: 'replayed', code: code('twice') })
})

test('of ten racing redemptions one is fresh', async (t) => {
  const issued = await codes.issue(code('raced'))
  const all = await Promise.all(Array.from({ length: 10 }, () => codes.redeem(issued)))
  t.is(all.filter(({ outcome }) => outcome === 'fresh').length, 1)
  t.is(all.filter(({ outcome }) => outcome === 'replayed').length, 9)
})

for (const kind of ['user', 'client', 'grant'] as const) {
  test(`a ${kind} revoked after the code was issued makes it useless`, async (t) => {
    const stored = code(`revoked-${kind}`)
    const issued = await codes.issue(stored)
    const id = { user: stored.userId, client: stored.clientId, grant: stored.grantId }[kind]
    await redisRevocations(redis).revoke(kind, id, 4_000_000_000)
    t.is((await codes.redeem(issued)).outcome, 'revoked')
    t.is((await codes.redeem(issued)).outcome, 'replayed')
  })
}

test('a code is gone after a minute, redeemed or not, and never stands in a key', async (t) => {
  const issued = await codes.issue(code('key'))
  await codes.redeem(issued)
  const keys = await redis.keys('*code:*')
  t.false(keys.some((key) => key.includes(issued)))
  for (const key of keys) {
    const seconds = await redis.ttl(key.slice(redis.options.keyPrefix?.length))
    t.true(seconds > 0 && seconds <= 60)
  }
})
