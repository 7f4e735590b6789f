import test from 'ava'
import { backoffMs, failuresAfter } from '../../../cli/supervisor/backoff.ts'
import { type Part, toWaves } from '../../../cli/supervisor/part.ts'

const part = (name: string, ...dependsOn: string[]): Part => ({
  name,
  command: name,
  args: [],
  env: {},
  dependsOn,
  terminateMs: 1,
})
const names = (parts: Part[]): string[][] => toWaves(parts).map((w) => w.map(({ name }) => name))

test('a part comes after what it needs, whatever the order of the table', (t) => {
  const parts = [part('edge', 'room', 'files'), part('room', 'store'), part('files'), part('store')]
  t.deepEqual(names(parts), [['files', 'store'], ['room'], ['edge']])
})

test('a circle is refused', (t) => {
  t.throws(() => names([part('a', 'b'), part('b', 'a')]), { message: /circle: a,b/ })
})

test('a need for what is not in the table is refused', (t) => {
  t.throws(() => names([part('a', 'absent')]), { instanceOf: TypeError })
})

for (const [failures, expected] of [
  [1, 100],
  [2, 200],
  [7, 6400],
  [8, 10_000],
  [1000, 10_000],
] as const) {
  test(`after ${failures} failures in a row it waits ${expected} ms`, (t) => {
    t.is(backoffMs(failures), expected)
  })
}

test('a life of half a minute clears the past, one just short of it does not', (t) => {
  t.is(failuresAfter(5, 30_000), 1)
  t.is(failuresAfter(5, 29_999), 6)
})
