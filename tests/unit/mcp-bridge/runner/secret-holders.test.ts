import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { createLog } from '../../../../lib/platform/log.ts'
import type { Ending } from '../../../../lib/platform/process-group.ts'
import { type Holder, SecretHolders } from '../../../../mcp-bridge/runner/secret-holders.ts'

const PLACE = { userId: 'dev:ann', service: 'notes' }
const log = createLog('test', 'error')
const NEVER_MS = 2_000_000_000

const createHolder = () => {
  const { promise: ended, resolve } = Promise.withResolvers<Ending>()
  let isStopping = false
  const ending: Ending = { exitCode: 0, signal: null }
  const holder: Holder = {
    ended,
    get isStopping() {
      return isStopping
    },
    stop() {
      isStopping = true
      resolve(ending)
      return ended
    },
  }
  return holder
}

const createHolders = (
  t: ExecutionContext,
  revision: () => Promise<number>,
  checkMs = NEVER_MS,
) => {
  const holders = new SecretHolders({ revision }, log, checkMs)
  t.teardown(() => holders.stop())
  return holders
}

test('whoever holds an older revision ends, and nobody else', (t) => {
  const holders = createHolders(t, async () => 5)
  const [old, current, other, elsewhere] = [0, 1, 2, 3].map(createHolder) as [
    Holder,
    Holder,
    Holder,
    Holder,
  ]
  holders.add(old, PLACE, 4)
  holders.add(current, PLACE, 5)
  holders.add(other, { ...PLACE, userId: 'dev:ben' }, 4)
  holders.add(elsewhere, { ...PLACE, service: 'memory' }, 4)
  holders.endOutdated(PLACE, 5)
  t.deepEqual(
    [old, current, other, elsewhere].map(({ isStopping }) => isStopping),
    [true, false, false, false],
  )
  holders.endOutdated(PLACE, 3)
  t.false(current.isStopping, 'who read before the change is late')
  holders.endOutdated(PLACE, 0)
  t.true(current.isStopping, 'nothing is left in the store')
})

test('a change is noticed without another session, and a failing store is no change', async (t) => {
  let answers: () => Promise<number> = async () => {
    throw new Error('the store is away')
  }
  const holder = createHolder()
  createHolders(t, () => answers(), 5).add(holder, PLACE, 7)
  await sleep(30)
  t.false(holder.isStopping)
  answers = async () => 7
  await sleep(30)
  t.false(holder.isStopping)
  answers = async () => 8
  for (let waited = 0; waited < 2000 && !holder.isStopping; waited += 5) await sleep(5)
  t.true(holder.isStopping)
})
