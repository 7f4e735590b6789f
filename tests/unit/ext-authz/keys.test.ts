import test from 'ava'
import { exportJWK, generateKeyPair } from 'jose'
import { createKeys } from '../../../ext-authz/keys.ts'
import type { PublicJwk } from '../../../lib/store/public-keys.ts'

const { publicKey } = await generateKeyPair('ES256')
const jwk = { ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256', use: 'sig' } as PublicJwk

function setup(read: () => Promise<readonly PublicJwk[]>) {
  const state = { reads: 0, now: 0, isFollowing: false }
  const keys = createKeys({
    read: () => {
      state.reads += 1
      return read()
    },
    isFollowing: () => state.isFollowing,
    now: () => state.now,
  })
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

test('a set of when the clock was ahead is read again, for what it has and for what it lacks', async (t) => {
  const published = [jwk]
  const { keys, state } = setup(async () => [...published])
  state.now = 86_400_000
  t.truthy(await keys.find('k', 'ES256'))
  t.is(await keys.find('new', 'ES256'), undefined)
  state.now = 1000
  published[0] = { ...jwk, kid: 'new' }
  t.is(await keys.find('k', 'ES256'), undefined)
  t.truthy(await keys.find('new', 'ES256'))
  t.is(state.reads, 2)
  state.now = 0
  published[0] = { ...jwk, kid: 'newer' }
  t.truthy(await keys.find('newer', 'ES256'))
  t.is(state.reads, 3)
})

test('a failed read is told, and the next one is not put off', async (t) => {
  let fails = true
  const { keys } = setup(() => (fails ? Promise.reject(new Error('away')) : Promise.resolve([jwk])))
  await t.throwsAsync(async () => keys.find('k', 'ES256'), { message: 'away' })
  fails = false
  t.truthy(await keys.find('k', 'ES256'))
})

test('a symmetric key is never taken in', async (t) => {
  const symmetric = { kid: 's', kty: 'oct', alg: 'HS256', use: 'sig', k: 'c2VjcmV0' } as PublicJwk
  const { keys } = setup(async () => [symmetric])
  await t.throwsAsync(async () => keys.find('s', 'HS256'))
  t.throws(() => keys.replace([symmetric]))
  t.is(keys.size, 0)
})

test('a key of another kind than its algorithm is never taken in', async (t) => {
  const { keys } = setup(async () => [])
  for (const alg of ['RS256', 'EdDSA', 'ES384', 'none']) {
    t.throws(() => keys.replace([{ ...jwk, alg }]), undefined, alg)
  }
  const weak = await exportJWK((await generateKeyPair('RS256', { modulusLength: 2048 })).publicKey)
  t.true(keys.replace([{ ...weak, kid: 'r', alg: 'RS256', use: 'sig' } as PublicJwk]))
})

test('while changes are told, nothing is read, however old', async (t) => {
  const { keys, state } = setup(async () => [])
  state.isFollowing = true
  t.true(keys.replace([jwk]))
  t.false(keys.replace([{ ...jwk }]))
  state.now = 1_000_000
  t.truthy(keys.find('k', 'ES256'))
  t.is(state.reads, 0)
  t.true(keys.replace([]))
  t.is(await keys.find('k', 'ES256'), undefined)
})
