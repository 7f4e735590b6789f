import test from 'ava'
import type { RpcRequest } from '../../../../mcp-bridge/json-rpc.ts'
import {
  ROUND_SECONDS,
  ROUNDS_BYTES_MAX,
  ROUNDS_BYTES_PER_USER_MAX,
  ROUNDS_PER_USER_MAX,
} from '../../../../mcp-bridge/limits.ts'
import type { SessionOwner } from '../../../../mcp-bridge/sessions.ts'
import { digestOf } from '../../../../mcp-bridge/translate/stateless/older-request.ts'
import { Rounds, type Waiting } from '../../../../mcp-bridge/translate/stateless/rounds.ts'
import { RoundsBudget } from '../../../../mcp-bridge/translate/stateless/rounds-budget.ts'
import { handSeconds, OWNER } from '../../../support/standing.ts'

const toRequest = (params: object, method = 'tools/call'): RpcRequest => ({
  jsonrpc: '2.0',
  id: 1,
  method,
  params,
})
const REQUEST = toRequest({ name: 'work', arguments: { a: 1 } })

function setUp() {
  const { seconds, pass } = handSeconds()
  const rounds = new Rounds<Waiting>(seconds, 'here.1')
  let expired = 0
  const open = (owner: SessionOwner = OWNER, request = REQUEST): string =>
    rounds.open({
      owner,
      digest: digestOf(request),
      expire: () => {
        expired += 1
      },
    })
  return { rounds, open, pass, expired: () => expired }
}

test('a state is long, another each time, and names the bridge that gave it out', (t) => {
  const { rounds, open } = setUp()
  const states = [open(), open(), open()]
  t.is(new Set(states).size, 3)
  for (const state of states) t.regex(state, /^[\w-]{43}\.here\.1$/)
  t.is(rounds.instanceOf(states[0]), undefined, 'it is ours')
  t.is(rounds.instanceOf('x.there.2'), 'there.2')
  for (const none of ['', 'x', 'x.', 7, undefined, {}, `x.${'y'.repeat(300)}`]) {
    t.is(rounds.instanceOf(none), undefined)
  }
})

for (const [what, owner, request] of [
  ['another person', { ...OWNER, user: 'dev:ben' }, REQUEST],
  ['another client', { ...OWNER, client: 'other' }, REQUEST],
  ['another service', { ...OWNER, service: 'other' }, REQUEST],
  ['other arguments', OWNER, toRequest({ name: 'work', arguments: { a: 2 } })],
  ['another method', OWNER, toRequest({ name: 'work', arguments: { a: 1 } }, 'prompts/get')],
] as const) {
  test(`a state is of no use for ${what}, and is not used up by it`, (t) => {
    const { rounds, open } = setUp()
    const state = open()
    const fault = t.throws(() => rounds.take(state, owner, request)) as { code?: number }
    t.is(fault.code, -32602)
    t.truthy(rounds.take(state, OWNER, REQUEST))
    t.throws(() => rounds.take(state, OWNER, REQUEST), { message: /call again/ })
  })
}

test('what differs from round to round does not count', (t) => {
  const { rounds, open } = setUp()
  const params = { ...(REQUEST.params as object), _meta: { a: 1 }, inputResponses: {}, task: {} }
  t.truthy(rounds.take(open(), OWNER, toRequest({ ...params, requestState: 'x' })))
})

test('it expires, once', (t) => {
  const { rounds, open, pass, expired } = setUp()
  const state = open()
  pass(ROUND_SECONDS - 1)
  t.is(expired(), 0)
  pass(1)
  t.is(expired(), 1)
  t.throws(() => rounds.take(state, OWNER, REQUEST), { message: /expired/ })
  pass(ROUND_SECONDS)
  t.is(expired(), 1)
})

test('of one person’s the oldest gives way, of nobody else’s', (t) => {
  const { rounds, open, expired } = setUp()
  const other = open({ ...OWNER, user: 'dev:ben' })
  const states = Array.from({ length: ROUNDS_PER_USER_MAX + 1 }, () => open())
  t.is(expired(), 1)
  t.throws(() => rounds.take(states[0], OWNER, REQUEST))
  t.truthy(rounds.take(states[1], OWNER, REQUEST))
  t.truthy(rounds.take(other, { ...OWNER, user: 'dev:ben' }, REQUEST))
})

test('what waits is bounded, of each and of all', (t) => {
  const budget = new RoundsBudget()
  t.false(budget.take('ann', ROUNDS_BYTES_PER_USER_MAX + 1))
  t.true(budget.take('ann', ROUNDS_BYTES_PER_USER_MAX))
  t.false(budget.take('ann', 1))
  const people = ROUNDS_BYTES_MAX / ROUNDS_BYTES_PER_USER_MAX
  for (let person = 1; person < people; person += 1) {
    t.true(budget.take(`person-${person}`, ROUNDS_BYTES_PER_USER_MAX))
  }
  t.false(budget.take('last', 1))
  budget.give('ann', 1)
  t.true(budget.take('last', 1))
  t.false(budget.take('last', Number.POSITIVE_INFINITY))
})
