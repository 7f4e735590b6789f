import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { watchReadiness } from '../../../ext-authz/readiness.ts'
import { createLog } from '../../../lib/platform/log.ts'

const NEVER_MS = 3_600_000
const log = createLog('test', 'error')

test('what loads is waited for until it serves', async (t) => {
  let isServing = false
  let isOver = false
  const readiness = watchReadiness(() => isServing, log)
  const waiting = readiness.servingWithin(NEVER_MS).then(() => {
    isOver = true
  })
  await sleep(50)
  t.false(isOver)
  isServing = true
  await waiting
  t.true(isOver)
})

test('what does not serve is waited for a moment only', async (t) => {
  const readiness = watchReadiness(() => false, log)
  t.teardown(() => readiness.stop())
  const begun = performance.now()
  await readiness.servingWithin(50)
  // A timer may be up to a millisecond early.
  t.true(performance.now() - begun >= 49)
})
