import test from 'ava'
import { createLog } from '../../../../lib/platform/log.ts'
import { RpcFault } from '../../../../mcp-bridge/json-rpc.ts'
import { REMOTE_REST_MAX_MS, REMOTE_TRIAL_MS } from '../../../../mcp-bridge/limits.ts'
import { Circuit } from '../../../../mcp-bridge/remote/circuit.ts'

function world() {
  let now = 1_000_000
  const circuit = new Circuit('docs', () => now, createLog('test', 'error'))
  return {
    circuit,
    pass: (ms: number) => {
      now += ms
    },
    fail: (times: number) => {
      for (let n = 0; n < times; n += 1) circuit.begin().failed(undefined)
    },
  }
}

test('it opens with the third failure in a row, and says when to come back', (t) => {
  const { circuit, fail } = world()
  fail(2)
  t.notThrows(() => circuit.assertMayTry())
  fail(1)
  t.false(circuit.isClosed)
  const fault = t.throws<RpcFault>(() => circuit.assertMayTry(), { instanceOf: RpcFault })
  t.is(fault?.status, 503)
  t.is(fault?.options.headers?.['retry-after'], '1')
  t.regex(fault?.message ?? '', /service docs: .*try again in 1 s/)
})

test('whoever reaches it closes it', (t) => {
  const { circuit, fail } = world()
  fail(2)
  circuit.begin().reached()
  fail(2)
  t.true(circuit.isClosed)
})

test('after its rest one at a time tries; each failure doubles the rest', (t) => {
  const { circuit, fail, pass } = world()
  fail(3)
  pass(1000)
  const trial = circuit.begin()
  t.throws(() => circuit.begin(), { instanceOf: RpcFault })
  trial.failed(undefined)
  pass(1999)
  t.throws(() => circuit.begin())
  pass(1)
  circuit.begin().reached()
  t.notThrows(() => [circuit.begin(), circuit.begin()])
})

test('a trial that takes long keeps its turn for a while, not for as long as it takes', (t) => {
  const { circuit, fail, pass } = world()
  fail(3)
  pass(1000)
  const slow = circuit.begin()
  pass(REMOTE_TRIAL_MS - 1)
  t.throws(() => circuit.begin(), { instanceOf: RpcFault })
  pass(1)
  const next = circuit.begin()
  slow.given()
  t.throws(() => circuit.begin(), { instanceOf: RpcFault }, 'it is the turn of the next')
  next.reached()
  t.notThrows(() => circuit.begin())
})

test('a trial that nobody waits for any more gives its turn back', (t) => {
  const { circuit, fail, pass } = world()
  fail(3)
  pass(1000)
  circuit.begin().given()
  t.notThrows(() => circuit.begin())
})

test('what had begun before it opened does not lengthen the rest', (t) => {
  const { circuit, pass } = world()
  const trials = Array.from({ length: 50 }, () => circuit.begin())
  for (const trial of trials) trial.failed(undefined)
  pass(1000)
  t.notThrows(() => circuit.assertMayTry())
})

test('it rests half a minute at most', (t) => {
  const { circuit, fail, pass } = world()
  fail(3)
  for (let n = 0; n < 20; n += 1) {
    pass(REMOTE_REST_MAX_MS)
    circuit.begin().failed(undefined)
  }
  pass(REMOTE_REST_MAX_MS)
  t.notThrows(() => circuit.assertMayTry())
})

test('a clock that is put back does not prolong its rest', (t) => {
  const { circuit, fail, pass } = world()
  fail(3)
  t.throws(() => circuit.assertMayTry())
  pass(-600_000)
  t.notThrows(() => circuit.assertMayTry())
})
