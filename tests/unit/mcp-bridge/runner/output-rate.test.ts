import test from 'ava'
import {
  OUTPUT_BURST_BYTES,
  OUTPUT_BYTES_PER_SECOND,
  OUTPUT_PAUSE_MS,
  OUTPUT_PIECE_BYTES,
} from '../../../../mcp-bridge/limits.ts'
import { OutputRate } from '../../../../mcp-bridge/runner/output-rate.ts'

const MIB = 1024 * 1024

function create() {
  const time = { now: 1_000_000 }
  return { time, rate: new OutputRate(() => time.now) }
}

test('the largest messages pass at once', (t) => {
  const { rate } = create()
  for (let count = 0; count < 3; count += 1) t.is(rate.took(10 * MIB, 1), 0)
})

test('beyond the burst it waits until the rate is kept', (t) => {
  const { rate } = create()
  t.is(rate.took(OUTPUT_BURST_BYTES - OUTPUT_PIECE_BYTES, 1), 0)
  t.is(rate.took(0, 1), OUTPUT_PAUSE_MS, 'not a timer for each chunk')
  const waitMs = rate.took(OUTPUT_BYTES_PER_SECOND, 0)
  t.true(waitMs > 1000 && waitMs < 1001)
})

test('what was not used comes back, up to the burst', (t) => {
  const { rate, time } = create()
  t.true(rate.took(OUTPUT_BURST_BYTES + OUTPUT_BYTES_PER_SECOND, 0) > 0)
  time.now += 3_600_000
  t.is(rate.took(OUTPUT_BURST_BYTES, 0), 0)
  t.true(rate.took(1, 0) > 0)
})

test('many small lines count for more than their bytes', (t) => {
  const { rate } = create()
  const lines = OUTPUT_BURST_BYTES / OUTPUT_PIECE_BYTES
  t.is(rate.took(0, lines), 0)
  t.true(rate.took(0, 1) > 0)
})

test('lines that were asked for cost their bytes alone', (t) => {
  const { rate } = create()
  t.is(rate.took(OUTPUT_BURST_BYTES - 2 * OUTPUT_PIECE_BYTES, 0), 0)
  for (let count = 0; count < 1000; count += 1) {
    rate.sent()
    t.is(rate.took(0, 1), 0)
  }
  t.is(rate.took(0, 2), 0)
  t.true(rate.took(0, 1) > 0, 'and no more than those')
})

test('a clock that is set back gives nothing and takes nothing', (t) => {
  const { rate, time } = create()
  t.is(rate.took(OUTPUT_BURST_BYTES, 0), 0)
  time.now -= 3_600_000
  t.true(rate.took(OUTPUT_BYTES_PER_SECOND, 0) >= 1000)
  time.now += 2000
  t.is(rate.took(0, 1), 0)
})
