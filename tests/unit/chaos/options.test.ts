import test from 'ava'
import { readOptions } from '../../chaos/options.ts'

const read = (...args: string[]) => readOptions(args, () => 0.5)

test('what is not said is drawn, or as it comes', (t) => {
  t.like(read(), { seed: 2 ** 30, minutes: 4 })
  t.is(read().targets.length, 8)
})

test('a seed, minutes and targets as they are named', (t) => {
  t.deepEqual(read('--seed', '7', '--minutes', '0.5', '--only', 'envoy,store'), {
    seed: 7,
    minutes: 0.5,
    targets: ['store', 'envoy'],
  })
})

test('what is none is refused', (t) => {
  t.throws(() => read('--seed', 'seven'), { message: /--seed takes a number, not seven/ })
  t.throws(() => read('--only', 'store,redis'), { message: /not redis/ })
  t.throws(() => read('--forever'))
})
