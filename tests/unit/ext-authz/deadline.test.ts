import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { askWithinDeadline, DeadlineError } from '../../../ext-authz/deadline.ts'

/** A store that answers after its own time; counts the questions. */
function store(afterMs: number) {
  const state = { asked: 0 }
  const ask = async (): Promise<string> => {
    state.asked += 1
    await sleep(afterMs, undefined, { ref: false })
    return 'answer'
  }
  return { state, ask }
}

test('an answer in time is taken', async (t) => {
  const { state, ask } = store(5)
  t.is(await askWithinDeadline(ask, 50), 'answer')
  t.is(state.asked, 1)
})

test('silence ends after the time, and not after twice as much', async (t) => {
  const { state, ask } = store(150)
  const error = await t.throwsAsync(askWithinDeadline(ask, 100), { instanceOf: DeadlineError })
  t.is(error?.message, 'no answer within 100 ms')
  t.is(state.asked, 1)
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
  t.is(await answer, 'answer')
  t.is(state.asked, 1)
})
