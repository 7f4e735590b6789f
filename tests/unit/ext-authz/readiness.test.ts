import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { watchReadiness } from '../../../ext-authz/readiness.ts'
import { createLog } from '../../../lib/platform/log.ts'
import { until } from '../../support/replica.ts'

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

test('what takes long is told once, looked at now and then, and told when it serves', async (t) => {
  const lines: string[] = []
  const told = createLog('test', 'info', { write: (line) => void lines.push(line) })
  let looks = 0
  let isServing = false
  const readiness = watchReadiness(() => {
    looks += 1
    return isServing
  }, told)
  t.teardown(() => readiness.stop())
  await until(() => lines.length === 1)
  t.regex(lines[0] ?? '', /not serving yet/)
  const before = looks
  await sleep(1000)
  t.true(looks - before <= 5, `${looks - before} times a second`)
  isServing = true
  await until(() => lines.length === 2)
  t.regex(lines[1] ?? '', /"serving"/)
})
