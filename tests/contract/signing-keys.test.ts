import test from 'ava'
import { importJWK, jwtVerify } from 'jose'
import { signAccessToken } from '../../lib/oauth/access-token.ts'
import { SIGNING_ALGORITHMS } from '../../lib/oauth/jws.ts'
import { createLog } from '../../lib/platform/log.ts'
import { redisPublicKeys } from '../../lib/store/public-keys.ts'
import { createKeyring, type KeyringOptions } from '../../oauth-server/keys/keyring.ts'
import { redisSigningKeys, type SigningKeyRecord } from '../../oauth-server/store/signing-keys.ts'
import { startValkey } from '../support/valkey.ts'

const valkey = await startValkey()
const redis = await valkey.connect()
const connections = [redis, await valkey.connect()]
test.after.always(() => valkey.stop())
test.serial.beforeEach(() => redis.flushall())

const DAY = 86_400_000
const publicKeys = redisPublicKeys(redis)

const keyring = (changes: Partial<KeyringOptions> = {}, connection = redis) =>
  createKeyring(redisSigningKeys(connection), {
    algorithm: 'ES256',
    lifetimeMs: 90 * DAY,
    longestTokenMs: 3_600_000,
    sealingKey: Buffer.alloc(32, 1),
    clock: Date.now,
    log: createLog('test', 'error'),
    ...changes,
  })

const publishedKids = async () => (await publicKeys.all()).map(({ kid }) => kid).sort()

const CLAIMS = {
  iss: 'http://localhost',
  sub: 'dev:a',
  aud: 'http://localhost/echo/mcp',
  client_id: 'c',
  scope: 'mcp',
  jti: 'j',
  iat: 1,
  exp: 4_000_000_000,
  auth_time: 1,
  grant_id: '1-g',
  preferred_username: 'a',
}

/** What time would do to a key: its instants are moved into the past. */
const age = async (kid: string, milliseconds: number) => {
  const record = JSON.parse((await redis.hget('signing-keys', kid)) ?? '') as SigningKeyRecord
  const signsFrom = record.signsFrom - milliseconds
  const signsUntil = record.signsUntil - milliseconds
  await redis.hset('signing-keys', kid, JSON.stringify({ ...record, signsFrom, signsUntil }))
}

for (const algorithm of SIGNING_ALGORITHMS) {
  test.serial(
    `the first key signs at once with ${algorithm}, and verifies as published`,
    async (t) => {
      const ring = keyring({ algorithm })
      t.throws(() => ring.current(), { message: /no signing key yet/ })
      await ring.synchronize()
      const token = signAccessToken(CLAIMS, ring.current())
      const [published] = await publicKeys.all()
      t.like(published, { kid: ring.current().kid, alg: algorithm, use: 'sig' })
      const key = await importJWK(published as object, algorithm)
      t.is((await jwtVerify(token, key)).payload.sub, 'dev:a')
      t.deepEqual(ring.algorithms(), [algorithm])
    },
  )
}

test.serial(
  'servers that start at once agree on one key, and publish that one alone',
  async (t) => {
    const rings = Array.from({ length: 6 }, (_, index) => keyring({}, connections[index % 2]))
    await Promise.all(rings.map((ring) => ring.synchronize()))
    t.is(new Set(rings.map((ring) => ring.current().kid)).size, 1)
    t.is((await publicKeys.all()).length, 1)
  },
)

for (const [where, step] of [
  ['back', -3_600_000],
  ['forward', 3_600_000],
] as const) {
  test.serial(`a clock that steps ${where} is a reason to try again, and no more`, async (t) => {
    let stepped = 0
    const ring = keyring({ clock: () => Date.now() + stepped })
    await ring.synchronize()
    const { kid } = ring.current()
    stepped = step
    t.like(
      t.throws(() => ring.current()),
      { code: 'temporarily_unavailable', status: 503 },
    )
    await ring.synchronize()
    t.is(ring.current().kid, kid)
  })
}

test.serial('servers that see at once that a key is due make one next key', async (t) => {
  const rings = Array.from({ length: 6 }, (_, index) => keyring({}, connections[index % 2]))
  await Promise.all(rings.map((ring) => ring.synchronize()))
  const first = rings[0]?.current().kid ?? ''
  await age(first, 85 * DAY)
  await Promise.all(rings.map((ring) => ring.synchronize()))
  const published = await publishedKids()
  t.is(published.length, 2)
  for (const ring of rings) {
    t.is(ring.current().kid, first, 'the next one only waits')
    t.true(published.every((kid) => ring.holds(kid)))
  }
})

test.serial('next, current and last: each server follows, and a dead key goes whole', async (t) => {
  const [one, other] = [keyring(), keyring({}, connections[1])]
  const both = () => Promise.all([one.synchronize(), other.synchronize()])
  await both()
  const first = one.current().kid
  await age(first, 85 * DAY)
  await both()
  const next = (await publishedKids()).find((kid) => kid !== first) ?? ''
  await age(next, 5 * DAY + 1)
  await both()
  t.is(one.current().kid, next)
  t.is(other.current().kid, next)
  t.deepEqual(await publishedKids(), [first, next].sort(), 'tokens of the last one may be alive')
  t.truthy(await one.find(first, 'ES256'))
  await age(first, 2 * 3_600_000)
  await both()
  t.deepEqual(await publishedKids(), [next])
  t.deepEqual(await redis.hkeys('signing-keys'), [next])
  t.is(await other.find(first, 'ES256'), undefined)
  t.false(other.holds(first))
})

test.serial('a server that could not ask for a minute signs nothing', async (t) => {
  let now = Date.now()
  const ring = keyring({ clock: () => now })
  await ring.synchronize()
  t.truthy(ring.current())
  now += 59_000
  t.truthy(ring.current())
  now += 2000
  t.like(
    t.throws(() => ring.current()),
    { code: 'temporarily_unavailable', status: 503 },
  )
  await ring.synchronize()
  t.truthy(ring.current())
})

test.serial('a clock that differs from the store’s makes no difference', async (t) => {
  const ring = keyring({ clock: () => Date.now() + DAY })
  await ring.synchronize()
  t.truthy(ring.current())
  t.is((await publicKeys.all()).length, 1)
})

test.serial('a key another server made is found without waiting for the next round', async (t) => {
  let now = Date.now()
  const late = keyring({ clock: () => now })
  await late.synchronize()
  await age(late.current().kid, 85 * DAY)
  await keyring().synchronize()
  const made = (await publishedKids()).find((kid) => !late.holds(kid)) ?? ''
  t.is(await late.find(made, 'ES256'), undefined, 'not more often than once a second')
  now += 1000
  t.truthy(await late.find(made, 'ES256'))
  t.is(await late.find(made, 'RS256'), undefined)
  t.is(await late.find('invented', 'ES256'), undefined)
})

test.serial('private halves stand in the store sealed only', async (t) => {
  await keyring().synchronize()
  const stored = JSON.stringify(await redis.hgetall('signing-keys'))
  t.regex(stored, /sealedPrivateJwk/)
  t.notRegex(stored, /\\"d\\"/)
  t.notRegex(JSON.stringify(await publicKeys.all()), /"d":/)
})

test.serial('another secret opens nothing and says so', async (t) => {
  await keyring().synchronize()
  const other = keyring({ sealingKey: Buffer.alloc(32, 2) })
  await t.throwsAsync(other.synchronize(), { message: /GATEWAY_SECRET/ })
})

test.serial(
  'a key of a newly chosen algorithm signs ten seconds after its publication',
  async (t) => {
    await keyring().synchronize()
    let now = Date.now()
    const ring = keyring({ algorithm: 'RS256', clock: () => now })
    await ring.synchronize()
    t.is((await publicKeys.all()).length, 2)
    t.deepEqual(ring.algorithms(), ['RS256', 'ES256'])
    t.is(ring.current().algorithm, 'ES256')
    now += 9000
    t.is(ring.current().algorithm, 'ES256')
    now += 2000
    t.is(ring.current().algorithm, 'RS256')
  },
)

test.serial(
  'a store that lost its keys gets the same ones back, from whoever is first',
  async (t) => {
    const rings = [keyring(), keyring({}, connections[1])]
    const all = () => Promise.all(rings.map((ring) => ring.synchronize()))
    await all()
    const { kid } = rings[0]?.current() ?? { kid: '' }
    await age(kid, 85 * DAY)
    await all()
    const before = await publishedKids()
    await redis.flushall()
    await all()
    t.deepEqual(await publishedKids(), before)
    for (const ring of rings) t.is(ring.current().kid, kid)
  },
)

test.serial('an older copy of the store gets the key that signs, and keeps its own', async (t) => {
  const ring = keyring()
  await ring.synchronize()
  const first = ring.current().kid
  const copy = await redis.hgetall('signing-keys')
  await age(first, 85 * DAY)
  await ring.synchronize()
  const before = await publishedKids()
  await age(before.find((kid) => kid !== first) ?? '', 5 * DAY + 1)
  await ring.synchronize()
  t.not(ring.current().kid, first)
  await redis.flushall()
  await redis.hset('signing-keys', copy)
  await ring.synchronize()
  t.deepEqual(await publishedKids(), before)
})

test.serial('the published set is mended to what there is', async (t) => {
  const ring = keyring()
  await ring.synchronize()
  const { kid } = ring.current()
  await redis.del('public-keys')
  await redis.hset('public-keys', 'stranger', '{"kid":"stranger"}')
  await ring.synchronize()
  t.deepEqual(await publishedKids(), [kid])
})

test.serial('a record of an earlier release signs on', async (t) => {
  const ring = keyring()
  await ring.synchronize()
  const { kid } = ring.current()
  const { signsUntil, longestTokenMs, ...earlier } = JSON.parse(
    (await redis.hget('signing-keys', kid)) ?? '',
  ) as SigningKeyRecord
  await redis.hset('signing-keys', kid, JSON.stringify({ ...earlier, signsFrom: 0 }))
  const next = keyring()
  await next.synchronize()
  t.is(next.current().kid, kid)
  t.is((await publicKeys.all()).length, 2, 'and is followed by one of a known age')
})

test.serial(
  'of operators that want the next key at once all are told of the same one',
  async (t) => {
    const rings = [keyring(), keyring({}, connections[1])]
    for (const ring of rings) await ring.synchronize()
    const signing = rings[0]?.current().kid ?? ''
    const told = await Promise.all([...rings, ...rings].map((ring) => ring.succeed(600_000)))
    t.is(new Set(told.map(({ kid }) => kid)).size, 1)
    t.true(told.every(({ state }) => state === 'next'))
    t.is((await publishedKids()).length, 2)
    for (const ring of rings) t.is(ring.current().kid, signing, 'nobody signs with it yet')
  },
)

test.serial(
  'a next key comes sooner on demand, never later, and takes over when its time has come',
  async (t) => {
    const ring = keyring()
    await ring.synchronize()
    const first = ring.current().kid ?? ''
    const late = await ring.succeed(600_000)
    const soon = await ring.succeed(10_000)
    t.is(soon.kid, late.kid)
    t.true(soon.signsFrom < late.signsFrom)
    t.is((await ring.succeed(600_000)).signsFrom, soon.signsFrom)
    await age(first, 60_000)
    await age(soon.kid, 11_000)
    await ring.synchronize()
    t.is(ring.current().kid, soon.kid)
    t.deepEqual(
      (await ring.list()).map(({ kid, state }) => [kid, state]),
      [
        [soon.kid, 'signing'],
        [first, 'retired'],
      ],
    )
  },
)

test.serial('keys that may sign outlive a token that lives longer than all others', async (t) => {
  const ring = keyring()
  await ring.synchronize()
  await ring.succeed(600_000)
  const shortest = async () => Math.min(...(await ring.list()).map((key) => key.neededUntil))
  t.true((await shortest()) < Date.now() + 2 * 3_600_000)
  await ring.cover(30 * DAY)
  t.true((await shortest()) > Date.now() + 30 * DAY)
  const stored = await redis.hgetall('signing-keys')
  await ring.cover(DAY)
  await ring.synchronize()
  t.deepEqual(await redis.hgetall('signing-keys'), stored, 'what is covered is not written again')
})
