import test from 'ava'
import type { JsonObject } from '../../../lib/platform/json.ts'
import { Asked } from '../../../mcp-bridge/asked.ts'
import type { RpcId, RpcRequest, RpcResponse } from '../../../mcp-bridge/json-rpc.ts'
import { ASKED_PER_SESSION_MAX } from '../../../mcp-bridge/limits.ts'
import { Ticker } from '../../../mcp-bridge/ticker.ts'

const ALL = { sampling: {}, elicitation: {}, roots: {} }

function setUp(capabilities: JsonObject = ALL) {
  const answers: RpcResponse[] = []
  const givenUp: RpcId[] = []
  const asked = new Asked({
    capabilities,
    seconds: new Ticker(1_000_000),
    answer: (response) => void answers.push(response),
    onGivenUp: (id) => void givenUp.push(id),
  })
  const ask = (method: string, id: RpcId = 1): boolean =>
    asked.add({ jsonrpc: '2.0', id, method } satisfies RpcRequest)
  const wait = (seconds: number): void => {
    for (let second = 0; second < seconds; second += 1) asked.beat()
  }
  const codes = () => answers.map(({ id, error }) => [id, (error as { code: number }).code])
  return { asked, answers, givenUp, ask, wait, codes }
}

for (const [method, seconds] of [
  ['ping', 30],
  ['roots/list', 30],
  ['sampling/createMessage', 600],
  ['elicitation/create', 600],
  ['x.example/unknown', 60],
] as const) {
  test(`${method} is answered by the bridge when the client has not in ${seconds} s`, (t) => {
    const { asked, ask, wait, codes, givenUp, answers } = setUp()
    t.true(ask(method, 'a'))
    wait(seconds - 1)
    t.deepEqual(answers, [])
    wait(1)
    t.deepEqual(codes(), [['a', -32000]])
    t.deepEqual(givenUp, ['a'])
    t.false(asked.take('a'), 'its late answer is not passed on')
    wait(600)
    t.is(answers.length, 1)
  })
}

for (const [method, capability] of [
  ['sampling/createMessage', 'sampling'],
  ['elicitation/create', 'elicitation'],
  ['roots/list', 'roots'],
] as const) {
  test(`${method} is refused at once when the client has not declared ${capability}`, (t) => {
    const { [capability]: _, ...others } = ALL
    const { ask, codes } = setUp(others)
    t.false(ask(method))
    t.deepEqual(codes(), [[1, -32601]])
    t.true(setUp({ [capability]: {} }).ask(method))
  })
}

test('an answer is taken once, and only one that was asked for', (t) => {
  const { asked, ask, wait, answers } = setUp()
  ask('ping')
  t.false(asked.take(2))
  t.true(asked.take(1))
  t.false(asked.take(1))
  wait(100)
  t.deepEqual(answers, [])
})

test('at the end of a session everything is answered', (t) => {
  const { asked, ask, codes, wait, givenUp } = setUp()
  for (const id of [1, 'two']) ask('ping', id)
  asked.end()
  t.deepEqual(codes(), [
    [1, -32000],
    ['two', -32000],
  ])
  wait(100)
  t.is(codes().length, 2)
  t.deepEqual(givenUp, [])
})

test('there is a bound on what waits for a client', (t) => {
  const { ask, codes, asked } = setUp()
  for (let id = 0; id < ASKED_PER_SESSION_MAX; id += 1) t.true(ask('ping', id))
  t.false(ask('ping', 'more'))
  t.deepEqual(codes(), [['more', -32603]])
  asked.take(0)
  t.true(ask('ping', 'again'))
})
