import test from 'ava'
import { exportJWK, generateKeyPair } from 'jose'
import { createKeys } from '../../../ext-authz/keys.ts'
import type { PublicJwk } from '../../../lib/store/public-keys.ts'

const { publicKey } = await generateKeyPair('ES256')
const jwk = { ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256', use: 'sig' } as PublicJwk

function setup(read: () => Promise<readonly PublicJwk[]>) {
  const state = { reads: 0, now: 0 }
  const all = () => {
    state.reads += 1
    return read()
  }
  const keys = createKeys({ all }, () => state.now)
  return { state, keys }
}

test('finds a key once read, by kid and algorithm', async (t) => {
  const { keys, state } = setup(async () => [jwk])
  t.truthy(await keys.find('k', 'ES256'))
  t.is(await keys.find('k', 'RS256'), undefined)
  t.is(state.reads, 1)
})

test('many callers with an unknown kid share one read', async (t) => {
  const { keys, state } = setup(async () => [jwk])
  await Promise.all(Array.from({ length: 20 }, () => keys.find('other', 'ES256')))
  t.is(state.reads, 1)
})

test('an unknown kid is looked for at most once a second', async (t) => {
  const { keys, state } = setup(async () => [jwk])
  await keys.find('other', 'ES256')
  state.now = 999
  await keys.find('another', 'ES256')
  t.is(state.reads, 1)
  state.now = 1000
  await keys.find('another', 'ES256')
  t.is(state.reads, 2)
})

test('a set is read again when it is old, and what was withdrawn is gone', async (t) => {
  const published = [jwk]
  const { keys, state } = setup(async () => [...published])
  t.truthy(await keys.find('k', 'ES256'))
  published.pop()
  state.now = 4999
  t.truthy(await keys.find('k', 'ES256'))
  state.now = 5000
  t.is(await keys.find('k', 'ES256'), undefined)
  t.is(state.reads, 2)
})

test('a failed read is told, and the next one is not put off', async (t) => {
  let fails = true
  const { keys } = setup(() => (fails ? Promise.reject(new Error('away')) : Promise.resolve([jwk])))
  await t.throwsAsync(keys.find('k', 'ES256'), { message: 'away' })
  fails = false
  t.truthy(await keys.find('k', 'ES256'))
})

test('a symmetric key is never taken in', async (t) => {
  const symmetric = { kid: 's', kty: 'oct', alg: 'HS256', use: 'sig', k: 'c2VjcmV0' } as PublicJwk
  const { keys } = setup(async () => [symmetric])
  await t.throwsAsync(keys.load(), { message: /not a public key/ })
})
