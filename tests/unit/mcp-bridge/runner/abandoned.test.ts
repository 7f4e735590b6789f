import test from 'ava'
import { toCancelled } from '../../../../mcp-bridge/json-rpc.ts'
import { ABANDONED_SECONDS } from '../../../../mcp-bridge/limits.ts'
import { fakeProcess } from '../../../support/fake-process.ts'

const CANCELLED = 'notifications/cancelled'

/** Two sessions of one process that is asked one thing at a time: the first has its turn, the second waits. */
async function serial() {
  const fake = fakeProcess({ isolation: 'user', calls: 'serial' })
  const [one, two] = [await fake.session(), await fake.session()]
  const first = one.call('first', {}, 1)
  two.call('second', {}, 2)
  const id = fake.sent[0]?.id as number
  const methods = () => fake.sent.map(({ method }) => method)
  const cancel = (call = first) => fake.process.cancel(call, toCancelled(call.id, 'not wanted'))
  return { fake, one, two, first, id, methods, cancel }
}

test('a cancelled request keeps its turn until the server has answered it', async (t) => {
  const { fake, one, two, id, methods, cancel } = await serial()
  cancel()
  t.like(fake.sent.at(-1), { method: CANCELLED, params: { requestId: id, reason: 'not wanted' } })
  t.deepEqual(methods(), ['first', CANCELLED])
  fake.say({ id, result: {} })
  t.deepEqual(methods(), ['first', CANCELLED, 'second'])
  fake.answer({})
  t.deepEqual([one.answers.length, two.answers.length], [0, 1])
  t.is(fake.process.counts.dropped, 1)
})

test('a server need not answer what was cancelled: the next begins after a while', async (t) => {
  const { fake, methods, cancel } = await serial()
  fake.process.beat()
  cancel()
  for (let second = 0; second < ABANDONED_SECONDS; second += 1) fake.process.beat()
  t.deepEqual(methods(), ['first', CANCELLED])
  fake.process.beat()
  t.deepEqual(methods(), ['first', CANCELLED, 'second'])
  t.is(fake.process.counts.timeouts, 0)
})

test('an answer that is too large ends the turn too', async (t) => {
  const { fake, id, methods, cancel } = await serial()
  cancel()
  fake.skip(id)
  t.deepEqual(methods(), ['first', CANCELLED, 'second'])
})

test('one that is cancelled while it waits is not sent, and no server told', async (t) => {
  const { fake, one, two, id, methods, cancel } = await serial()
  const third = one.call('third', {}, 3)
  cancel(third)
  fake.say({ id, result: {} })
  fake.answer({})
  t.deepEqual(methods(), ['first', 'second'])
  t.deepEqual([one.answers.length, two.answers.length], [1, 1])
})

test('what comes after the end of the process waits for no turn', async (t) => {
  const { fake, one, two, cancel } = await serial()
  cancel()
  fake.end()
  t.like(two.answers, [{ id: 2, error: { code: -32603 } }])
  t.throws(() => one.call('later'), { message: /has ended/ })
})
