import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { askWithinDeadline, DeadlineError } from '../../../ext-authz/deadline.ts'

/** A store that answers each question after its own time; counts the questions. */
function store(...afterMs: number[]) {
  const state = { asked: 0 }
  const ask = async (): Promise<number> => {
    const number = state.asked
    state.asked += 1
    await sleep(afterMs[number] ?? 10_000, undefined, { ref: false })
    return number
  }
  return { state, ask }
}

test('an answer in time is taken, and the store asked once', async (t) => {
  const { state, ask } = store(5)
  t.is(await askWithinDeadline(ask, 50), 0)
  t.is(state.asked, 1)
})

test('a late answer to the first question still counts', async (t) => {
  const { ask } = store(60, 10_000)
  t.is(await askWithinDeadline(ask, 40), 0)
})

test('the second question may be the one that is answered', async (t) => {
  const { ask } = store(10_000, 5)
  t.is(await askWithinDeadline(ask, 20), 1)
})

test('silence ends after twice the time', async (t) => {
  const { state, ask } = store()
  const startedAt = performance.now()
  await t.throwsAsync(askWithinDeadline(ask, 20), { instanceOf: DeadlineError })
  t.true(performance.now() - startedAt < 5000)
  t.is(state.asked, 2)
})

test('a failure is no silence: it is told at once', async (t) => {
  let asked = 0
  const fails = (): Promise<never> => {
    asked += 1
    return Promise.reject(new Error('connection lost'))
  }
  await t.throwsAsync(askWithinDeadline(fails, 50), { message: 'connection lost' })
  t.is(asked, 1)
})

test('what arrived while the process was busy still counts', async (t) => {
  const { state, ask } = store(10)
  const answer = askWithinDeadline(ask, 20)
  for (const until = performance.now() + 60; performance.now() < until; );
  t.is(await answer, 0)
  t.is(state.asked, 1)
})
