import test from 'ava'
import { Effort } from '../../../mcp-bridge/effort.ts'
import { RpcFault } from '../../../mcp-bridge/json-rpc.ts'
import {
  EFFORT_BURST_MS,
  EFFORT_BYTES_MIN,
  EFFORT_MS_PER_SECOND,
} from '../../../mcp-bridge/limits.ts'

/** Reading takes as long as the test says. */
function setUp() {
  let now = 1000
  const effort = new Effort(() => now)
  const pass = (ms: number): void => {
    now += ms
  }
  const read = (user: string, ms: number, bytes = EFFORT_BYTES_MIN): string =>
    effort.read(user, bytes, () => {
      pass(ms)
      return 'read'
    })
  return { effort, read, pass }
}

test('whoever sends what takes long is refused, until some time has passed; nobody else is', (t) => {
  const { read, pass } = setUp()
  t.is(read('ann', EFFORT_BURST_MS), 'read')
  t.is(read('ann', EFFORT_BURST_MS), 'read', 'what is begun within the bound is read to its end')
  const fault = t.throws(() => read('ann', 1), { instanceOf: RpcFault })
  t.is(fault?.status, 429)
  t.deepEqual(fault?.options.headers, { 'retry-after': '2' })
  t.is(read('ben', EFFORT_BURST_MS), 'read')
  t.is(read('ann', 1, EFFORT_BYTES_MIN - 1), 'read', 'small ones are')
  pass((EFFORT_BURST_MS / EFFORT_MS_PER_SECOND) * 1000)
  t.is(read('ann', 1), 'read')
})

test('what is no message has taken its time as well', (t) => {
  const { effort, read, pass } = setUp()
  const fail = () =>
    effort.read('ann', EFFORT_BYTES_MIN, () => {
      pass(EFFORT_BURST_MS + 1)
      throw new SyntaxError('no JSON')
    })
  t.throws(fail, { instanceOf: SyntaxError })
  t.throws(() => read('ann', 1), { instanceOf: RpcFault })
})

test('in the long run each may have a part of each second', (t) => {
  const { read, pass } = setUp()
  let taken = 0
  for (let second = 0; second < 60; second += 1) {
    for (let count = 0; count < 10; count += 1) {
      try {
        read('ann', 90)
        taken += 90
      } catch {
        // Refused.
      }
    }
    pass(1000)
  }
  const allowed = EFFORT_BURST_MS + 90 + 120 * EFFORT_MS_PER_SECOND
  t.true(taken > 60 * EFFORT_MS_PER_SECOND && taken <= allowed, `${taken} ms`)
})

test('thousands of persons are not remembered for ever, and those who owe something are', (t) => {
  const { read, pass } = setUp()
  read('ann', EFFORT_BURST_MS * 2)
  for (let n = 0; n < 5000; n += 1) {
    read(`user ${n}`, 0)
    pass(0.1)
  }
  t.throws(() => read('ann', 1), { instanceOf: RpcFault })
})
