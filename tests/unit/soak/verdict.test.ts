/** The verdict of a soak can say no: figures that grow are told from those that only waver. */

import test from 'ava'
import { median, quantile, type Sample, trendOf } from '../../soak/flatness.ts'
import { bytesEach, toStoreFigures } from '../../soak/store-figures.ts'
import { toRows } from '../../soak/verdict.ts'

const MIB = 1024 * 1024
const BOUND = { share: 0.1, least: 1 }

const samples = (valueAt: (index: number) => number, count = 40): Sample[] =>
  Array.from({ length: count }, (_, index) => ({ atMs: index * 10_000, value: valueAt(index) }))

test('what stays, falls or wavers is flat; what climbs is not', (t) => {
  t.true(
    trendOf(
      samples(() => 100),
      BOUND,
    ).isFlat,
  )
  t.true(
    trendOf(
      samples((index) => 100 - index),
      BOUND,
    ).isFlat,
  )
  t.true(
    trendOf(
      samples((index) => 100 + (index % 2) * 50),
      BOUND,
    ).isFlat,
  )
  const climbing = trendOf(
    samples((index) => 100 + index),
    BOUND,
  )
  t.like(climbing, { middle: 120, growth: 39, isFlat: false })
})

test('bursts bend no line, and hide none', (t) => {
  const burst = (index: number): number => (index % 10 === 9 ? 5000 : 0)
  t.true(
    trendOf(
      samples((index) => 100 + burst(index)),
      BOUND,
    ).isFlat,
  )
  t.false(
    trendOf(
      samples((index) => 100 + index + burst(index)),
      BOUND,
    ).isFlat,
  )
})

test('a trend of one sample is none', (t) => {
  t.throws(
    () =>
      trendOf(
        samples(() => 1, 1),
        BOUND,
      ),
    { instanceOf: RangeError },
  )
})

test('quantiles of few and of none', (t) => {
  t.is(median([3, 1, 2]), 2)
  t.is(quantile([1, 2, 3, 4], 0.99), 4)
  t.is(quantile([], 0.5), Number.NaN)
})

test('each figure is judged in its second half, the store’s memory apart', (t) => {
  const leaking = samples((index) => 100 * MIB + index * MIB)
  const growsAtFirst = samples((index) => 100 * MIB + Math.min(index, 20) * MIB)
  const rows = toRows({
    memory: new Map([
      ['bridge', leaking],
      ['envoy', growsAtFirst],
      ['bin/valkey-server', leaking],
      ['child', leaking.slice(0, 5)],
    ]),
    descriptors: new Map([['bridge', samples((index) => 30 + 2 * index)]]),
    halves: new Map([['echo', samples((index) => 10 + index)]]),
    tails: new Map([['echo', samples((index) => 100 + 5 * index)]]),
  })
  t.deepEqual(
    rows.map(({ figure, name, trend }) => `${figure} ${name} ${trend.isFlat}`),
    [
      'memory bridge false',
      'memory envoy true',
      'descriptors bridge false',
      'p50 echo false',
      'p99 echo true',
    ],
  )
})

test('what an operation costs in the store', (t) => {
  const before = toStoreFigures('# Memory\r\nused_memory:1000\r\ndb0:keys=10,expires=9\r\n', 50)
  t.deepEqual(before, { bytes: 1000, keys: 10, operations: 50 })
  t.is(bytesEach(before, { bytes: 6000, keys: 20, operations: 60 }), 500)
  t.is(bytesEach(before, { bytes: 6000, keys: 10, operations: 50 }), 5000)
})
