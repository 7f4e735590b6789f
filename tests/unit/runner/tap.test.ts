import test from 'ava'
import { type Counts, isSuccess, readTapLine, toSummary } from '../../runner/tap.ts'

const count = (...lines: string[]): Counts => {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for (const line of lines) readTapLine(line, counts)
  return counts
}

const counts = test.macro({
  title: (given, line: string) => given ?? line,
  exec: (t, line: string, expected: Partial<Counts>) => {
    t.deepEqual(count(line), { passed: 0, failed: 0, skipped: 0, ...expected })
  },
})

test(counts, 'ok 1 - unit › passes', { passed: 1 })
test(counts, 'not ok 2 - unit › fails', { failed: 1 })
test('a skipped test', counts, 'ok 3 - in a browser # SKIP', { skipped: 1 })
test('a test still to be written', counts, 'not ok 4 - later # TODO', { skipped: 1 })
test('a title that speaks of skipping passes', counts, 'ok 5 - reads # SKIP lines', { passed: 1 })
test('a title that ends in SKIP does not hide a failure', counts, 'not ok 6 - # SKIP', {
  failed: 1,
})
test('details count for nothing', counts, '    message: not ok 1 - quoted', {})
test('the plan counts for nothing', counts, '1..9', {})

test('details of a failure are shown, the machinery is not', (t) => {
  const none = { passed: 0, failed: 0, skipped: 0 }
  t.is(readTapLine('    message: boo', none), '    message: boo')
  for (const line of ['TAP version 13', '1..2', '# tests 2', '# before hook']) {
    t.is(readTapLine(line, none), undefined)
  }
})

test('the summary is the line that is promised', (t) => {
  t.is(toSummary({ passed: 12, failed: 0, skipped: 3 }), '12 passed, 0 failed, 3 skipped')
})

test('a run of nothing has failed', (t) => {
  t.false(isSuccess({ passed: 0, failed: 0, skipped: 4 }))
  t.false(isSuccess({ passed: 4, failed: 1, skipped: 0 }))
  t.true(isSuccess({ passed: 1, failed: 0, skipped: 0 }))
})
