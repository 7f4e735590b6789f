import test from 'ava'
import type { Client } from '../../../../oauth-server/clients/client.ts'
import { createClientDirectory } from '../../../../oauth-server/clients/directory.ts'

const LIFETIMES = { registration: 1000, accessToken: 10, refreshToken: 5000 }
const REFRESHING = { id: 'a', kind: 'registered', grantTypes: ['refresh_token'] }

function createFixture(lifetimes = LIFETIMES) {
  const kept: [string, number][] = []
  const fixture = {
    now: 1_000_000,
    isAway: false,
    kept,
    keep: (changes: object = {}) =>
      directory.keep({ ...REFRESHING, ...changes } as unknown as Client),
  }
  const family = {
    async keep(id: string, seconds: number) {
      if (fixture.isAway) throw new Error('away')
      kept.push([id, seconds])
    },
  }
  const known = { registered: family, documents: family }
  type Known = Parameters<typeof createClientDirectory>[0]
  const directory = createClientDirectory(known as unknown as Known, lifetimes, () => fixture.now)
  return fixture
}

test('a registration outlives what it was granted by as long as it may go without being kept', async (t) => {
  const { keep, kept } = createFixture()
  await keep()
  await keep({ id: 'b', grantTypes: ['authorization_code'] })
  t.deepEqual(kept, [
    ['a', 5600],
    ['b', 1600],
  ])
})

test('so it does where access tokens live longer than refresh tokens', async (t) => {
  const { keep, kept } = createFixture({ registration: 1, accessToken: 3000, refreshToken: 2 })
  await keep()
  t.deepEqual(kept, [['a', 3600]])
})

test('however often a client refreshes, its registration is kept once in ten minutes', async (t) => {
  const fixture = createFixture()
  await fixture.keep()
  fixture.now += 599_999
  await fixture.keep()
  t.is(fixture.kept.length, 1)
  fixture.now += 1
  await fixture.keep()
  t.is(fixture.kept.length, 2)
  fixture.now -= 700_000
  await fixture.keep()
  t.is(fixture.kept.length, 3)
})

test('what could not be kept is tried again at the next use', async (t) => {
  const fixture = createFixture()
  fixture.isAway = true
  await t.throwsAsync(fixture.keep(), { message: 'away' })
  fixture.isAway = false
  await fixture.keep()
  t.is(fixture.kept.length, 1)
})

test('a registration that is kept for ever is so without a term', async (t) => {
  const { keep, kept } = createFixture({ ...LIFETIMES, registration: 0 })
  await keep()
  t.deepEqual(kept, [['a', 0]])
})

test('a document outlives the refresh tokens of its client, and a month at least', async (t) => {
  for (const [days, kept] of [
    [1, 31],
    [30, 31],
    [90, 91],
  ] as const) {
    const fixture = createFixture({ ...LIFETIMES, refreshToken: days * 86_400 })
    await fixture.keep({ id: 'https://client.test/x', kind: 'document' })
    t.deepEqual(fixture.kept, [['https://client.test/x', kept * 86_400]])
  }
})

test('of any number of clients those kept lately are remembered, within a bound', async (t) => {
  const { keep, kept } = createFixture()
  for (let number = 0; number <= 10_000; number += 1) await keep({ id: String(number) })
  await keep({ id: '10000' })
  t.is(kept.length, 10_001)
  await keep({ id: '0' })
  t.is(kept.length, 10_002)
})
