import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { Ticker } from '../../../mcp-bridge/ticker.ts'

const MS = 10

async function until(isDone: () => boolean): Promise<void> {
  for (let time = 0; time < 500 && !isDone(); time += 1) await sleep(MS)
}

function counting() {
  const one = {
    beats: 0,
    beat() {
      one.beats += 1
    },
  }
  return one
}

test('everybody is told again and again, until they have enough', async (t) => {
  const ticker = new Ticker(MS)
  t.teardown(() => ticker.stop())
  const [one, two] = [counting(), counting()]
  ticker.add(one)
  ticker.add(two)
  await until(() => one.beats > 2 && two.beats > 2)
  t.true(one.beats > 2 && two.beats > 2)
  ticker.remove(one)
  const { beats } = one
  const more = two.beats + 3
  await until(() => two.beats >= more)
  t.is(one.beats, beats)
  ticker.remove(two)
  await sleep(5 * MS)
  ticker.add(one)
  await until(() => one.beats > beats)
  t.true(one.beats > beats, 'it runs again')
})

test('of too many, those who have waited longest are told first', async (t) => {
  const ticker = new Ticker(MS, 2)
  t.teardown(() => ticker.stop())
  const all = [counting(), counting(), counting()]
  for (const one of all) ticker.add(one)
  const [first, second, third] = all
  await until(() => (first?.beats ?? 0) > 1)
  t.true((second?.beats ?? 0) > 1)
  t.is(third?.beats, 0)
  if (first) ticker.remove(first)
  await until(() => (third?.beats ?? 0) > 0)
  t.true((third?.beats ?? 0) > 0)
})

test('nobody is told after the end', async (t) => {
  const ticker = new Ticker(MS)
  const one = counting()
  ticker.add(one)
  ticker.stop()
  await sleep(5 * MS)
  t.is(one.beats, 0)
})
