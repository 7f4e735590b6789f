import test from 'ava'
import { leaksOf, tryLeaving } from '../../support/leak-trial.ts'

test('what is there more of than before is a leak, memory within a tenth is none', (t) => {
  const before = { counts: { processes: 1, Timeout: 3 }, bytes: 1000 }
  t.deepEqual(leaksOf({ before, after: { counts: { processes: 1, Timeout: 2 }, bytes: 1100 } }), [])
  const after = { counts: { processes: 2, Timeout: 3, Answer: 1 }, bytes: 1101 }
  t.deepEqual(leaksOf({ before, after }), [
    'processes: 1 before, 2 after',
    'Answer: 0 before, 1 after',
    'memory: 1000 bytes before, 1101 after',
  ])
})

test('of sessions that are left in every ugly way nothing stays behind', async (t) => {
  const trial = await tryLeaving(60, 60)
  t.deepEqual(trial.failures, [])
  t.deepEqual(leaksOf(trial), [])
  // It can tell: the sessions were in it.
  t.true((trial.before.counts['descriptors'] ?? 0) > 0)
  t.is(trial.before.counts['LiveSession'], 0)
})
