import test from 'ava'
import { redisRevocations } from '../../lib/store/revocations.ts'
import { startValkey } from '../support/valkey.ts'

const valkey = await startValkey()
const redis = await valkey.connect()
const revocations = redisRevocations(redis)
test.after.always(() => valkey.stop())

const LATER = 4_000_000_000

const presented = (name: string, made = 1) => ({
  tokenId: `token-${name}`,
  grantId: `${made}-${name}`,
  clientId: `client-${name}`,
  userId: `dev:${name}`,
  issuedAt: LATER,
})

test.before(async () => {
  await revocations.ensureEpoch()
})

test('what nothing names is not revoked', async (t) => {
  t.deepEqual(await revocations.ask(presented('free')), { revoked: false })
})

test('a token named alone leaves its grant alive', async (t) => {
  await revocations.revoke('token', 'token-one', LATER)
  t.deepEqual(await revocations.ask(presented('one')), { revoked: true, by: 'token' })
  t.deepEqual(await revocations.ask({ ...presented('one'), tokenId: 'other' }), { revoked: false })
})

test('a grant named is refused', async (t) => {
  await revocations.revoke('grant', '1-two', LATER)
  t.deepEqual(await revocations.ask(presented('two')), { revoked: true, by: 'grant' })
})

for (const kind of ['client', 'user'] as const) {
  test(`a ${kind} named refuses every grant made up to that instant and none after`, async (t) => {
    const id = kind === 'client' ? 'client-three' : 'dev:three'
    const instant = await revocations.revoke(kind, id, LATER)
    t.deepEqual(await revocations.ask(presented('three', instant)), { revoked: true, by: kind })
    const younger = await revocations.ask(presented('three', instant + 1))
    t.not('by' in younger ? younger.by : undefined, kind)
  })
}

test('instants grow strictly, also within one millisecond', async (t) => {
  const drawn = await Promise.all(
    Array.from({ length: 50 }, (_, index) => revocations.revoke('token', `many-${index}`, LATER)),
  )
  t.deepEqual([...new Set(drawn)].sort(), [...drawn].sort())
})

test('an entry outlives its token by as much as clocks may differ, and then goes', async (t) => {
  const now = Math.floor(Date.now() / 1000)
  await revocations.revoke('token', 'token-just', now - 30)
  await revocations.revoke('token', 'token-gone', now - 90)
  await revocations.revoke('token', 'token-any', LATER)
  t.deepEqual(await revocations.ask(presented('just')), { revoked: true, by: 'token' })
  t.deepEqual(await revocations.ask(presented('gone')), { revoked: false })
})

test('revoking again never shortens an entry', async (t) => {
  await revocations.revoke('token', 'token-long', LATER)
  await revocations.revoke('token', 'token-long', 1)
  t.deepEqual(await revocations.ask(presented('long')), { revoked: true, by: 'token' })
})

test('a token older than the store is refused, in the second of its beginning too', async (t) => {
  const notBefore = await revocations.ensureEpoch()
  const old = { ...presented('old'), issuedAt: notBefore - 1 }
  t.deepEqual(await revocations.ask(old), { revoked: true, by: 'epoch' })
  t.deepEqual(await revocations.ask({ ...old, issuedAt: notBefore }), { revoked: false })
})

test.serial('a store without an epoch answers nobody', async (t) => {
  const other = await startValkey()
  t.teardown(() => other.stop())
  const empty = redisRevocations(await other.connect())
  await t.throwsAsync(empty.ask(presented('any')), { message: /no epoch/ })
})
