import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { RpcFault } from '../../../../mcp-bridge/json-rpc.ts'
import {
  PENDING_PER_SESSION_MAX,
  ROUND_SECONDS,
  ROUNDS_BYTES_PER_USER_MAX,
} from '../../../../mcp-bridge/limits.ts'
import { ALL, type Seen, standing } from '../../../support/standing.ts'

const CALL = 'tools/call'
const WORK = { name: 'work' }
const FORM = { method: 'elicitation/create', params: { message: 'who?' } }
const ACCEPTED = { action: 'accept' }

async function isAnswered(exchange: Pick<Seen, 'settled'>): Promise<void> {
  for (let time = 0; time < 1000 && exchange.settled === undefined; time += 1) await sleep(5)
}

/** What its first question is called. */
const keyOf = ({ questions }: Pick<Seen, 'questions'>): string => Object.keys(questions)[0] ?? ''
const codeOf = (message: { error?: unknown } | undefined): number | undefined =>
  (message?.error as { code: number } | undefined)?.code

test('the server is begun with what the client has declared, and a name', async (t) => {
  const { handshake } = await standing({ ...ALL, tasks: {} })
  t.is(handshake[0]?.method, 'initialize')
  t.deepEqual(handshake[0]?.params, {
    protocolVersion: '2025-11-25',
    capabilities: ALL,
    clientInfo: { name: 'unnamed', version: '0' },
  })
  t.is(handshake[1]?.method, 'notifications/initialized')
})

test('the youngest that waits is asked; one whose client will come back, if none does', async (t) => {
  const { server, ask, answerTo, comeBack } = await standing()
  const [old, young, list] = [ask(CALL, WORK), ask('prompts/get', WORK), ask('tools/list')]
  server.say({ id: 'a', ...FORM })
  await isAnswered(young)
  t.deepEqual(Object.values(young.questions), [FORM])
  server.say({ id: 'b', ...FORM })
  await isAnswered(old)
  t.deepEqual(Object.values(old.questions), [FORM])
  // Nobody waits but one that cannot be asked.
  server.say({ id: 'c', method: 'roots/list' })
  const again = comeBack(young.state, 'prompts/get', WORK, { [keyOf(young)]: ACCEPTED })
  t.deepEqual(answerTo('a')?.result, ACCEPTED)
  await isAnswered(again)
  t.deepEqual(Object.values(again.questions), [{ method: 'roots/list', params: {} }])
  t.is(list.settled, undefined)
  t.is(answerTo('b'), undefined)
})

test('while nothing is open that may carry a question, the server is refused', async (t) => {
  const { server, ask, answerTo } = await standing()
  server.say({ id: 'a', ...FORM })
  ask('tools/list')
  server.say({ id: 'b', ...FORM })
  t.deepEqual(['a', 'b'].map(answerTo).map(codeOf), [-32000, -32000])
})

test('what its carrier was not asked yet is passed on when that has its answer', async (t) => {
  const { server, ask, answerTo } = await standing()
  const old = ask(CALL, WORK)
  const young = ask(CALL, WORK, { id: 'young' })
  server.say({ id: 'a', ...FORM })
  server.answer({ content: [] })
  t.like(young.settled, { id: 'young', result: { resultType: 'complete', content: [] } })
  await isAnswered(old)
  t.deepEqual(Object.values(old.questions), [FORM])
  t.is(answerTo('a'), undefined)
})

test('with its only carrier gone, a question is refused, and the server told', async (t) => {
  const { server, ask, answerTo } = await standing()
  const only = ask(CALL, WORK)
  const id = server.sent.at(-1)?.id
  server.say({ id: 'a', ...FORM })
  only.leave()
  t.is(codeOf(answerTo('a')), -32000)
  const cancelled = server.sent.find(({ method }) => method === 'notifications/cancelled')
  t.like(cancelled?.params, { requestId: id })
  only.leave()
  t.is(server.sent.filter(({ method }) => method === 'notifications/cancelled').length, 1)
})

test('whoever never comes back is given up, with what they were asked', async (t) => {
  const { server, client, ask, answerTo, pass, comeBack } = await standing()
  const gone = ask(CALL, WORK)
  server.say({ id: 'a', method: 'roots/list' })
  await isAnswered(gone)
  t.true(client.isBusy, 'it may come back')
  pass(ROUND_SECONDS - 1)
  t.is(answerTo('a'), undefined)
  pass(1)
  t.is(codeOf(answerTo('a')), -32000)
  t.true(server.sent.some(({ method }) => method === 'notifications/cancelled'))
  t.false(client.isBusy)
  t.throws(() => comeBack(gone.state, CALL, WORK), { message: /call again/ })
})

test('an answer that nobody waits for is kept until its client comes, or for a while', async (t) => {
  const { server, ask, comeBack, pass, rounds } = await standing()
  const [one, two] = [ask(CALL, WORK), ask(CALL, { name: 'other' })]
  const first = server.sent[0]?.id
  for (const id of ['a', 'b']) server.say({ id, ...FORM })
  await isAnswered(two)
  server.say({ id: 'c', ...FORM })
  await isAnswered(one)
  server.say({ id: first, result: { content: ['kept'] } })
  server.say({ id: server.sent[1]?.id, error: { code: -32002, message: 'none' } })
  const again = comeBack(one.state, CALL, WORK)
  t.like(again.settled, { id: 'again', result: { content: ['kept'], resultType: 'complete' } })
  pass(ROUND_SECONDS)
  t.throws(() => comeBack(two.state, CALL, { name: 'other' }), { message: /call again/ })
  t.true(rounds.budget.take('dev:ann', ROUNDS_BYTES_PER_USER_MAX), 'nothing is left of it')
})

test('what is too large to be kept is said to be so, to the client and to the server', async (t) => {
  const { server, ask, comeBack, answerTo, rounds } = await standing()
  const one = ask(CALL, WORK)
  const { id } = server.sent[0] ?? {}
  server.say({ id: 'a', ...FORM })
  await isAnswered(one)
  rounds.budget.take('dev:ann', ROUNDS_BYTES_PER_USER_MAX - 1000)
  server.say({ id: 'b', method: FORM.method, params: { message: 'x'.repeat(1000) } })
  t.is(codeOf(answerTo('b')), -32000)
  server.say({ id, result: { content: ['x'.repeat(1000)] } })
  const again = comeBack(one.state, CALL, WORK, { [keyOf(one)]: ACCEPTED })
  t.regex(JSON.stringify(again.settled?.error), /too large to be kept/)
})

test('a question that is taken back is not asked, and not answered', async (t) => {
  const { server, ask, answerTo, comeBack } = await standing()
  const one = ask(CALL, WORK)
  server.say({ id: 'a', ...FORM })
  server.say({ method: 'notifications/cancelled', params: { requestId: 'a' } })
  server.say({ id: 'b', method: 'roots/list' })
  await isAnswered(one)
  t.deepEqual(Object.values(one.questions), [{ method: 'roots/list', params: {} }])
  server.say({ method: 'notifications/cancelled', params: { requestId: 'b' } })
  const again = comeBack(one.state, CALL, WORK, { [keyOf(one)]: { roots: [] } })
  t.is(again.settled, undefined, 'it waits for the server')
  t.is(answerTo('b'), undefined)
  t.is(one.told.length, 0)
})

test('progress has the token of the exchange that it comes in', async (t) => {
  const { server, ask, comeBack } = await standing()
  const withToken = (progressToken: string) => ({ ...WORK, _meta: { progressToken } })
  const one = ask(CALL, withToken('first'))
  const { id } = server.sent[0] ?? {}
  const tick = (progress: number): void =>
    server.say({ method: 'notifications/progress', params: { progressToken: id, progress } })
  tick(1)
  server.say({ id: 'a', ...FORM })
  await isAnswered(one)
  tick(2)
  const next = comeBack(one.state, CALL, withToken('second'))
  tick(3)
  const tokens = [...one.told, ...next.told].map(({ params: told }) => told)
  t.deepEqual(tokens, [
    { progressToken: 'first', progress: 1 },
    { progressToken: 'second', progress: 3 },
  ])
})

test('what belongs to no request reaches the youngest that waits, unless nobody may hear it', async (t) => {
  const { server, ask } = await standing()
  const [old, young] = [ask('tools/list'), ask(CALL, WORK)]
  for (const method of ['elicitation/complete', 'tasks/status', 'cancelled', 'vendor/own']) {
    server.say({ method: `notifications/${method}`, params: {} })
  }
  t.deepEqual(
    young.told.map(({ method }) => method),
    ['notifications/vendor/own'],
  )
  t.deepEqual(old.told, [])
})

test('at its end all are told, by name; what was kept remains', async (t) => {
  const { server, client, ask, answerTo, comeBack, ends } = await standing()
  const [away, waits] = [ask(CALL, WORK), ask('tools/list')]
  server.say({ id: 'a', ...FORM })
  await isAnswered(away)
  server.end()
  t.regex(JSON.stringify(waits.settled?.error), /the service svc/)
  t.is(codeOf(answerTo('a')), undefined, 'nobody is there to be told')
  t.true(client.isOver)
  client.end()
  t.is(ends(), 1)
  const again = comeBack(away.state, CALL, WORK, { [keyOf(away)]: ACCEPTED })
  t.regex(JSON.stringify(again.settled?.error), /the service svc/)
})

test('whoever may wait no longer is told why; one that has its answer is left alone', async (t) => {
  const { server, ask } = await standing()
  const fault = new RpcFault(200, 'refused', 'revoked')
  const one = ask(CALL, WORK, { id: 7 })
  one.withdraw(fault)
  t.like(one.settled, { id: 7, error: { message: 'revoked' } })
  const two = ask(CALL, WORK)
  server.say({ id: 'a', ...FORM })
  await isAnswered(two)
  const before = server.sent.length
  two.withdraw(fault)
  t.is(server.sent.length, before)
})

test('a client that does not read holds its server back', async (t) => {
  const { client, ask } = await standing()
  const one = ask(CALL, WORK)
  t.false(client.isCongested)
  one.isCongested = true
  t.true(client.isCongested)
  one.leave()
  t.false(client.isCongested)
})

test('so many requests wait at most', async (t) => {
  const { ask } = await standing()
  for (let count = 0; count < PENDING_PER_SESSION_MAX; count += 1) ask('tools/list')
  t.throws(() => ask('tools/list'), { message: /wait for some/ })
})
