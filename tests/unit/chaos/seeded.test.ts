/** The seed of a chaos run fixes its faults and what each client does. */

import test from 'ava'
import { planOperations } from '../../chaos/seeded/operations.ts'
import { describeFault, planFaults, TARGETS } from '../../chaos/seeded/plan.ts'
import { createRandom } from '../../chaos/seeded/random.ts'

const WEIGHTS = { call: 5, refresh: 2, revoke: 1 }
const faults = (seed: number) => planFaults(seed, TARGETS).take(60).map(describeFault).toArray()
const operations = (seed: number, client: string) =>
  planOperations(seed, client, WEIGHTS)
    .take(60)
    .map(({ name, random }) => `${name} ${random.next()}`)
    .toArray()

test('the same seed is the same run, another seed another', (t) => {
  t.deepEqual(faults(7), faults(7))
  t.notDeepEqual(faults(7), faults(8))
  t.deepEqual(operations(7, 'ann'), operations(7, 'ann'))
  t.notDeepEqual(operations(7, 'ann'), operations(7, 'bob'))
  t.notDeepEqual(operations(7, 'ann'), operations(8, 'ann'))
})

test('the numbers are these on every machine', (t) => {
  const random = createRandom(7, 'faults')
  t.deepEqual(
    [1, 2, 3, 4].map(() => random.below(1000)),
    [499, 742, 104, 49],
  )
})

test('what an operation draws disturbs no other one', (t) => {
  const third = (draws: number): number => {
    const [first, , last] = planOperations(7, 'ann', WEIGHTS).take(3).toArray()
    for (let count = 0; count < draws; count += 1) first?.random.next()
    return last?.random.next() ?? -1
  }
  t.is(third(0), third(9))
})

test('each target meets each of its faults before any comes again', (t) => {
  const deck = planFaults(3, TARGETS).take(21).toArray()
  t.is(new Set(deck.map(({ target, kind }) => `${target} ${kind}`)).size, 21)
  t.deepEqual(
    [...planFaults(3, ['disk']).take(2)].map(({ kind }) => kind),
    ['full', 'full'],
  )
  t.deepEqual([...planFaults(3, [])], [])
})

test('numbers are spread and within their bounds', (t) => {
  const random = createRandom('spread')
  const drawn = Array.from({ length: 6000 }, () => random.between(1, 6))
  for (const face of [1, 2, 3, 4, 5, 6]) {
    const count = drawn.filter((one) => one === face).length
    t.true(count > 850 && count < 1150, `${face}: ${count}`)
  }
  t.deepEqual(random.shuffle([1, 2, 3, 4]).sort(), [1, 2, 3, 4])
  t.throws(() => random.pick([]), { instanceOf: RangeError })
})
