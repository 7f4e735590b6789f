import test from 'ava'
import { importJWK, jwtVerify } from 'jose'
import { SIGNING_ALGORITHMS, signAccessToken } from '../../lib/oauth/access-token.ts'
import type { Clock } from '../../lib/platform/clock.ts'
import { redisPublicKeys } from '../../lib/store/public-keys.ts'
import { createKeyring } from '../../oauth-server/keys/keyring.ts'
import { redisSigningKeys } from '../../oauth-server/store/signing-keys.ts'
import { startValkey } from '../support/valkey.ts'

const valkey = await startValkey()
const redis = await valkey.connect()
test.after.always(() => valkey.stop())
test.serial.beforeEach(() => redis.flushall())

const publicKeys = redisPublicKeys(redis)
const SEALING_KEY = Buffer.alloc(32, 1)

const keyring = (
  algorithm: (typeof SIGNING_ALGORITHMS)[number] = 'ES256',
  clock: Clock = Date.now,
  sealingKey = SEALING_KEY,
) => createKeyring(redisSigningKeys(redis), publicKeys, { algorithm, sealingKey, clock })

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

for (const algorithm of SIGNING_ALGORITHMS) {
  test.serial(
    `the first key signs at once with ${algorithm}, and verifies as published`,
    async (t) => {
      const ring = keyring(algorithm)
      t.throws(() => ring.current(), { message: /no signing key yet/ })
      await ring.synchronize()
      const token = signAccessToken(CLAIMS, ring.current())
      const [published] = await publicKeys.all()
      t.like(published, { kid: ring.current().kid, alg: algorithm, use: 'sig' })
      const key = await importJWK(published as object, algorithm)
      t.is((await jwtVerify(token, key)).payload.sub, 'dev:a')
    },
  )
}

test.serial(
  'servers that start at once agree on one key, and publish that one alone',
  async (t) => {
    const rings = Array.from({ length: 5 }, () => keyring())
    await Promise.all(rings.map((ring) => ring.synchronize()))
    t.is(new Set(rings.map((ring) => ring.current().kid)).size, 1)
    t.is((await publicKeys.all()).length, 1)
  },
)

test.serial('private halves stand in the store sealed only', async (t) => {
  await keyring().synchronize()
  const stored = JSON.stringify(await redis.hgetall('signing-keys'))
  t.regex(stored, /sealedPrivateJwk/)
  t.notRegex(stored, /\\"d\\"/)
  t.notRegex(JSON.stringify(await publicKeys.all()), /"d":/)
})

test.serial('another secret opens nothing and says so', async (t) => {
  await keyring().synchronize()
  const other = keyring('ES256', Date.now, Buffer.alloc(32, 2))
  await t.throwsAsync(other.synchronize(), { message: /OAUTH_SERVER_SECRET/ })
})

test.serial(
  'a key of a newly chosen algorithm signs ten seconds after its publication',
  async (t) => {
    await keyring().synchronize()
    let now = Date.now()
    const ring = keyring('RS256', () => now)
    await ring.synchronize()
    t.is((await publicKeys.all()).length, 2)
    t.is(ring.current().algorithm, 'ES256')
    now += 9000
    t.is(ring.current().algorithm, 'ES256')
    now += 2000
    t.is(ring.current().algorithm, 'RS256')
  },
)

test.serial('a store that lost its keys gets the same one back', async (t) => {
  const ring = keyring()
  await ring.synchronize()
  const { kid } = ring.current()
  await redis.flushall()
  await ring.synchronize()
  t.is(ring.current().kid, kid)
  t.deepEqual(
    (await publicKeys.all()).map((key) => key.kid),
    [kid],
  )
})
