import test from 'ava'
import { makePlaceholder } from '../../../certs/making.ts'
import { toPair } from '../../../certs/pair.ts'
import {
  type Attempts,
  afterFailure,
  afterStart,
  afterSuccess,
  faultAt,
  NO_ATTEMPTS,
  nextAttemptAt,
  ofAuthority,
  type Situation,
} from '../../../certs/schedule.ts'

const NOW = Date.parse('2026-11-28T12:00:00Z')
const [SECOND, MINUTE, HOUR, DAY] = [1000, 60_000, 3_600_000, 86_400_000]
const made = await makePlaceholder(['a.example', 'b.example'], NOW)
const pair = toPair(made.certificate, made.key)
const served = { pair, origin: 'acme x' }
const situation = (changes: Partial<Situation> = {}): Situation => ({
  served,
  origin: 'acme x',
  names: ['a.example', 'b.example'],
  attempts: NO_ATTEMPTS,
  ...changes,
})

/** The last now, each a day after the one before. */
function failing(times: number, changes: Partial<Situation> = {}): Attempts {
  let attempts = NO_ATTEMPTS
  for (let before = times - 1; before >= 0; before -= 1) {
    attempts = afterFailure(situation({ ...changes, attempts }), 'no', NOW - before * DAY)
  }
  return attempts
}

test('a good certificate is renewed when a third of its life is left', (t) => {
  const at = nextAttemptAt(situation())
  t.is(pair.notAfter - at, (pair.notAfter - pair.notBefore) / 3)
  t.true(at > NOW + 19 * DAY)
})

for (const [what, changes] of [
  ['there is none', { served: undefined }],
  ['it is somebody else’s', { served: { pair, origin: 'placeholder' } }],
  ['a name is missing', { names: ['a.example', 'c.example'] }],
] as const) {
  test(`one is due at once when ${what}`, (t) => {
    t.true(nextAttemptAt(situation(changes)) <= NOW)
  })
}

test('a name fewer is no reason for another', (t) => {
  t.true(nextAttemptAt(situation({ names: ['a.example'] })) > NOW)
})

test('failures are retried later each time, and within what an authority allows', (t) => {
  const names = ['a.example', 'c.example']
  const waits = [1, 2, 3, 4, 5, 20].map(
    (times) => nextAttemptAt(situation({ names, attempts: failing(times, { names }) })) - NOW,
  )
  t.deepEqual(waits, [30 * SECOND, 2 * MINUTE, 8 * MINUTE, 32 * MINUTE, 128 * MINUTE, 6 * HOUR])
  const [one = 0, two = 0, three = 0, four = 0] = waits
  t.true(
    one + two + three < HOUR && one + two + three + four < HOUR,
    'five attempts in the first hour',
  )
  t.true(one + two + three + four + (waits[4] ?? 0) > HOUR, 'and no sixth')
})

test('a renewal that fails is not retried before it was due', (t) => {
  const attempts = failing(1)
  t.is(nextAttemptAt(situation({ attempts })), nextAttemptAt(situation()))
})

test('what failed is told for as long as another one is needed, and no longer', (t) => {
  const names = ['a.example', 'c.example']
  const attempts = failing(3, { names })
  t.is(faultAt(situation({ names, attempts }), NOW), 'no')
  t.is(faultAt(situation({ attempts }), NOW), undefined, 'the name has gone')
  t.is(faultAt(situation({ attempts, origin: 'acme y' }), NOW), 'no', 'nobody has it from there')
  t.is(faultAt(situation({ attempts, served: undefined }), NOW), 'no')
  t.is(faultAt(situation({ attempts }), nextAttemptAt(situation())), 'no', 'a renewal is due')
})

test('other names than those that failed are tried within seconds', (t) => {
  const attempts = failing(6, { names: ['typo.example'] })
  t.is(nextAttemptAt(situation({ names: ['c.example'], attempts })) - NOW, 5 * SECOND)
})

test('another start retries soon', (t) => {
  const names = ['c.example']
  const attempts = afterStart(failing(9, { names }), NOW)
  t.is(nextAttemptAt(situation({ names, attempts })) - NOW, 2 * MINUTE)
})

test('five are refused in an hour, whatever the names', (t) => {
  let [attempts, now, refused] = [NO_ATTEMPTS, NOW, 0]
  while (now < NOW + HOUR) {
    // A service more every ten minutes.
    const count = 1 + Math.floor((now - NOW) / (10 * MINUTE))
    const names = Array.from({ length: count }, (_, index) => `n${index}.example`)
    const due = nextAttemptAt(situation({ names, attempts }))
    if (due > now) {
      now = Math.min(due, NOW + count * 10 * MINUTE)
      continue
    }
    attempts = afterFailure(situation({ names, attempts }), 'no', now)
    refused += 1
  }
  t.is(refused, 5)
  const other = situation({ names: ['x.example'], attempts })
  t.true(nextAttemptAt(other) >= NOW + HOUR)
  const issued = afterSuccess(other, NOW + HOUR)
  t.deepEqual(issued.failedAt, attempts.failedAt, 'the authority forgets none for a success')
})

test('what one authority has issued and refused does not keep another one waiting', (t) => {
  const wanted = situation({ names: ['c.example'] })
  let attempts = NO_ATTEMPTS
  for (let count = 0; count < 5; count += 1) {
    attempts = afterSuccess({ ...wanted, attempts }, NOW)
    attempts = afterFailure({ ...wanted, attempts }, 'no', NOW)
  }
  const at = (origin: string): number =>
    nextAttemptAt({ ...wanted, origin, attempts: ofAuthority(attempts, origin) })
  t.is(at('acme x'), NOW + HOUR)
  t.true(at('acme xy') <= NOW)
})

test('what a clock that was ahead has noted counts from the start on', (t) => {
  const names = ['c.example']
  const ahead = afterFailure(situation({ names }), 'expired', NOW + 1000 * DAY)
  const attempts = afterStart({ ...ahead, issuedAt: [NOW + 1000 * DAY] }, NOW)
  t.deepEqual([attempts.lastAt, attempts.issuedAt, attempts.failedAt], [NOW, [NOW], [NOW]])
  t.is(nextAttemptAt(situation({ names, attempts })) - NOW, 30 * SECOND)
})

test('a success forgets the failures', (t) => {
  const { failures, fault } = afterSuccess(situation({ attempts: failing(3) }), NOW)
  t.deepEqual([failures, fault], [0, undefined])
})

test('names that keep changing wait: five certificates an hour', (t) => {
  let attempts = NO_ATTEMPTS
  for (let minute = 0; minute < 5; minute += 1) {
    const changed = situation({ names: [`n${minute}.example`], attempts })
    t.true(nextAttemptAt(changed) <= NOW + minute * MINUTE, `change ${minute}`)
    attempts = afterSuccess(changed, NOW + minute * MINUTE)
  }
  const sixth = situation({ names: ['n6.example'], attempts })
  t.is(nextAttemptAt(sixth), NOW + HOUR, 'an hour after the first')
})
