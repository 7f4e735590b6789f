import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { Sweep } from '../../../../mcp-bridge/runner/sweep.ts'

/** Longer than any stall of a loaded machine. */
const PAUSE_MS = 1000

/** Finds what it is told to, once each; its walks take a moment. */
function setUp() {
  const walks: string[][] = []
  const left = new Set<string>()
  const sweep = new Sweep(async (values) => {
    walks.push([...values].sort())
    await sleep(5)
    const found = [...values].filter((value) => left.delete(value))
    return new Set(found)
  }, PAUSE_MS)
  return { sweep, walks, left }
}

test('the first ending is followed at once, those that come soon after it share a walk', async (t) => {
  const { sweep, walks } = setUp()
  const first = sweep.after('a')
  await sleep(1)
  t.deepEqual(walks, [['a']])
  // This walk may have passed them.
  const others = ['b', 'c'].map((value) => sweep.after(value))
  await first
  await sleep(20)
  const late = sweep.after('d')
  t.is(walks.length, 1)
  await Promise.all([...others, late])
  t.deepEqual(walks, [['a'], ['b', 'c', 'd']])
})

test('what was found is looked for again, and soon', async (t) => {
  const { sweep, walks, left } = setUp()
  left.add('a')
  const began = performance.now()
  await sweep.after('a')
  t.deepEqual(walks, [['a'], ['a']])
  t.true(performance.now() - began < PAUSE_MS, 'no pause before it')
})

test('a walk that fails fails whom it was for, and nobody after it', async (t) => {
  let isFailing = true
  const sweep = new Sweep(() =>
    isFailing ? Promise.reject(new Error('no /proc')) : Promise.resolve(new Set()),
  )
  await t.throwsAsync(sweep.after('a'), { message: 'no /proc' })
  isFailing = false
  await t.notThrowsAsync(sweep.after('b'))
})
