import test from 'ava'
import { toCancelled } from '../../../../mcp-bridge/json-rpc.ts'
import { ABANDONED_SECONDS, PENDING_PER_PROCESS_MAX } from '../../../../mcp-bridge/limits.ts'
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

test('nor is what was given up a turn that is free at once', async (t) => {
  const fake = fakeProcess({ isolation: 'user', calls: 'serial', callTimeout: 2 })
  const [one, two] = [await fake.session(), await fake.session()]
  one.call('first', {}, 1)
  two.call('second', {}, 2)
  const methods = () => fake.sent.map(({ method }) => method)
  for (let second = 0; second <= 2; second += 1) fake.process.beat()
  t.like(one.answers, [{ id: 1, error: { code: -32603 } }])
  t.deepEqual(methods(), ['first', CANCELLED])
  for (let second = 0; second <= ABANDONED_SECONDS; second += 1) fake.process.beat()
  t.deepEqual(methods(), ['first', CANCELLED, 'second'])
  fake.answer({})
  t.like(two.answers, [{ id: 2, result: {} }])
  t.is(fake.process.counts.timeouts, 1)
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

test('a session that ends is no end of what it has asked: the server is told, and the turn kept', async (t) => {
  const { fake, one, two, id, methods } = await serial()
  one.call('third', {}, 3)
  fake.process.leave(one.user)
  const error = { message: 'the service svc: the session has ended' }
  t.like(one.answers, [
    { id: 1, error },
    { id: 3, error },
  ])
  t.deepEqual(methods(), ['first', CANCELLED])
  const params = { requestId: id, reason: 'the session has ended' }
  t.like(fake.sent.at(-1), { method: CANCELLED, params })
  fake.say({ id, result: {} })
  t.deepEqual(methods(), ['first', CANCELLED, 'second'])
  t.deepEqual(two.answers, [])
})

test('a session that ends and comes again does not step around the bound on what waits', async (t) => {
  const fake = fakeProcess({ isolation: 'user' })
  for (let session = 0; session < 8; session += 1) {
    const one = await fake.session()
    for (let n = 0; n < PENDING_PER_PROCESS_MAX / 16; n += 1) one.call('x', {}, n)
    fake.process.leave(one.user)
  }
  const last = await fake.session()
  t.throws(() => last.call('x'), { message: /too many requests/ })
  for (let second = 0; second <= ABANDONED_SECONDS; second += 1) fake.process.beat()
  t.notThrows(() => last.call('x'))
})

test('a server of one session ends with it, and is told nothing', async (t) => {
  const fake = fakeProcess({ isolation: 'session' })
  const one = await fake.session()
  one.call('x')
  fake.process.leave(one.user)
  t.is(one.answers.length, 1)
  t.is(fake.sent.length, 1)
})
