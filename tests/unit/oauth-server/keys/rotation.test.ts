import test from 'ava'
import type { SigningAlgorithm } from '../../../../lib/oauth/jws.ts'
import { pickSigning, planRotation, toRecord } from '../../../../oauth-server/keys/rotation.ts'
import type { SigningKeyRecord } from '../../../../oauth-server/store/signing-keys.ts'

const SECOND = 1000
const HOUR = 3600 * SECOND
const DAY = 24 * HOUR
const START = 1_800_000_000_000

const SETTINGS = {
  algorithm: 'ES256',
  lifetimeMs: 90 * DAY,
  longestTokenMs: HOUR,
} as const

const record = (
  kid: string,
  signsFrom: number,
  changes: Partial<SigningKeyRecord> = {},
): SigningKeyRecord => ({
  kid,
  algorithm: 'ES256',
  publicJwk: { kid, kty: 'EC', alg: 'ES256', use: 'sig' },
  sealedPrivateJwk: '',
  signsFrom,
  signsUntil: signsFrom + 60 * SECOND,
  longestTokenMs: HOUR,
  ...changes,
})

/** What the store holds after this plan was followed at `now`. */
const follow = (
  records: readonly SigningKeyRecord[],
  now: number,
  settings: Parameters<typeof planRotation>[2] = SETTINGS,
) => {
  const { missingFrom, renewed, dead } = planRotation(records, now, settings)
  const material = record(`made at ${now - START}`, 0, { algorithm: settings.algorithm })
  const made = missingFrom === undefined ? [] : [toRecord(material, missingFrom, settings)]
  const byKid = new Map([...records, ...renewed, ...made].map((one) => [one.kid, one]))
  for (const kid of dead) byKid.delete(kid)
  return [...byKid.values()]
}

const kids = (records: readonly { kid: string }[]) => records.map(({ kid }) => kid)

test('an empty store gets a key that signs at once', (t) => {
  t.is(planRotation([], START, SETTINGS).missingFrom, START)
})

test('nothing is written while nothing has to change', (t) => {
  const current = record('a', START, { signsUntil: START + DAY })
  const plan = planRotation([current], START + HOUR, SETTINGS)
  t.deepEqual(plan, { missingFrom: undefined, renewed: [], dead: [] })
})

test('the lease is prolonged when half of it has gone, by the key in use alone', (t) => {
  const records = [record('a', START), record('b', START + 9 * DAY)]
  t.deepEqual(planRotation(records, START + 30 * SECOND, SETTINGS).renewed, [])
  const { renewed } = planRotation(records, START + 31 * SECOND, SETTINGS)
  t.deepEqual(kids(renewed), ['a'])
  t.is(renewed[0]?.signsUntil, START + 91 * SECOND)
})

test('the next key is published a tenth of the lifetime before it signs', (t) => {
  const current = record('a', START)
  const due = START + 81 * DAY
  t.is(planRotation([current], due - 1, SETTINGS).missingFrom, undefined)
  t.is(planRotation([current], due, SETTINGS).missingFrom, START + 90 * DAY)
  const next = record('b', START + 90 * DAY)
  t.is(planRotation([current, next], due, SETTINGS).missingFrom, undefined)
})

test('with a short lifetime it is published twice as long before as a copy of the set is kept', (t) => {
  const settings = { ...SETTINGS, lifetimeMs: HOUR }
  const current = record('a', START)
  const due = START + HOUR - 600 * SECOND
  t.is(planRotation([current], due - 1, settings).missingFrom, undefined)
  t.is(planRotation([current], due, settings).missingFrom, START + HOUR)
})

test('no lifetime makes it shorter than ten seconds', (t) => {
  const settings = { ...SETTINGS, lifetimeMs: SECOND }
  t.is(planRotation([record('a', START)], START, settings).missingFrom, START + 10 * SECOND)
})

test('a key that is overdue signs on until the next one is known to everybody', (t) => {
  const now = START + 200 * DAY
  const current = record('a', START)
  const plan = planRotation([current], now, SETTINGS)
  t.is(plan.missingFrom, now + 600 * SECOND)
  t.deepEqual(plan.dead, [])
  t.is(pickSigning([current], now, 'ES256')?.kid, 'a')
})

test('the key that signs is the newest whose time has come', (t) => {
  const keys = [record('a', START), record('c', START + 2), record('b', START + 1)]
  t.is(pickSigning(keys, START + 1, 'ES256')?.kid, 'b')
  t.is(pickSigning(keys, START + 2, 'ES256')?.kid, 'c')
  t.is(pickSigning(keys, START - 1, 'ES256'), undefined)
})

test('the last key stays until the last token it may have signed is dead', (t) => {
  const last = record('a', START, { signsUntil: START + DAY, longestTokenMs: 2 * HOUR })
  const current = record('b', START + DAY, { signsUntil: START + 90 * DAY })
  // Half a minute for clocks that differ.
  const end = START + DAY + 2 * HOUR + 30 * SECOND
  t.deepEqual(planRotation([last, current], end, SETTINGS).dead, [])
  t.deepEqual(planRotation([last, current], end + 1, SETTINGS).dead, ['a'])
})

test('the longest token of all who sign counts, also of those who sign later with the key', (t) => {
  const records = [record('a', START, { signsUntil: START + DAY }), record('b', START + DAY)]
  const longer = { ...SETTINGS, longestTokenMs: 5 * HOUR }
  const after = follow(records, START + 1, longer)
  t.deepEqual(
    after.map(({ longestTokenMs }) => longestTokenMs),
    [5 * HOUR, 5 * HOUR],
  )
  const shorter = { ...SETTINGS, longestTokenMs: 1 }
  t.deepEqual(planRotation(after, START + 2, shorter).renewed, [])
})

test('a newly chosen algorithm signs after ten seconds, and the one before it until then', (t) => {
  const settings = { ...SETTINGS, algorithm: 'RS256' } as const
  const before = [record('a', START, { signsUntil: START + HOUR })]
  const now = START + HOUR
  const records = follow(before, now, settings)
  const next = records.find(({ algorithm }) => algorithm === 'RS256')
  t.is(next?.signsFrom, now + 10 * SECOND)
  t.is(pickSigning(records, now + 9999, 'RS256')?.kid, 'a')
  t.true((records[0]?.signsUntil ?? 0) >= now + 30 * SECOND, 'its lease covers these ten seconds')
  t.is(pickSigning(records, now + 10 * SECOND, 'RS256')?.kid, next?.kid)
})

test('a key of the algorithm before stays published until its tokens are dead', (t) => {
  const settings = { ...SETTINGS, algorithm: 'RS256' } as const
  let records: readonly SigningKeyRecord[] = [record('a', START)]
  for (let now = START; now <= START + 62 * 60 * SECOND; now += 2 * SECOND) {
    records = follow(records, now, settings)
    const isHeld = kids(records).includes('a')
    // Leased for at most a minute beyond the ten seconds, an hour for tokens, half a minute for clocks.
    if (now <= START + HOUR) t.true(isHeld, String(now - START))
  }
  t.false(kids(records).includes('a'))
})

test('servers of two algorithms leave each other the keys they sign with', (t) => {
  let records: readonly SigningKeyRecord[] = []
  const algorithms: SigningAlgorithm[] = ['ES256', 'RS256']
  for (let now = START; now < START + 3 * DAY; now += 20 * SECOND) {
    for (const algorithm of algorithms) records = follow(records, now, { ...SETTINGS, algorithm })
  }
  t.is(records.length, 2)
  for (const algorithm of algorithms) {
    t.is(pickSigning(records, START + 3 * DAY, algorithm)?.algorithm, algorithm)
  }
})

test('through years of rotation every token verifies for its whole life', (t) => {
  const settings = { ...SETTINGS, lifetimeMs: DAY, longestTokenMs: 2 * HOUR }
  let records: readonly SigningKeyRecord[] = []
  const alive: { kid: string; exp: number }[] = []
  const used = new Set<string>()
  for (let now = START; now < START + 20 * DAY; now += 25 * SECOND) {
    records = follow(records, now, settings)
    const key = pickSigning(records, now, 'ES256')
    if (key === undefined || key.signsUntil <= now) return t.fail('nothing signs')
    used.add(key.kid)
    alive.push({ kid: key.kid, exp: now + settings.longestTokenMs })
    while ((alive[0]?.exp ?? now) < now) alive.shift()
    const published = kids(records)
    const orphan = alive.find(({ kid }) => !published.includes(kid))
    if (orphan !== undefined) return t.fail(`${orphan.kid} was withdrawn too early`)
    if (records.length > 3) return t.fail('next, current, last, and no more')
  }
  t.is(used.size, 20)
})
