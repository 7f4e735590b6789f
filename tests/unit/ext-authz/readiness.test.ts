import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { untilServing } from '../../../ext-authz/readiness.ts'

const NEVER_MS = 3_600_000

test('what loads is waited for until it serves', async (t) => {
  let isServing = false
  let isOver = false
  const waiting = untilServing(() => isServing, NEVER_MS).then(() => {
    isOver = true
  })
  await sleep(50)
  t.false(isOver)
  isServing = true
  await waiting
  t.true(isOver)
})

test('what does not serve is waited for a moment only', async (t) => {
  const begun = performance.now()
  await untilServing(() => false, 50)
  t.true(performance.now() - begun >= 50)
})
