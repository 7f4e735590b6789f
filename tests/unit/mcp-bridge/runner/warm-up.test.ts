import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import type { Call } from '../../../../mcp-bridge/runner/process-user.ts'
import { WarmUp } from '../../../../mcp-bridge/runner/warm-up.ts'
import { fakeProcess } from '../../../support/fake-process.ts'

const serial = { isolation: 'user', calls: 'serial', callTimeout: 2 } as const

test('a spare that does not answer its ping answers the first call at once', async (t) => {
  const fake = fakeProcess(serial)
  fake.process.warm()
  t.like(fake.sent, [{ method: 'ping' }])
  for (let second = 0; second < 5; second += 1) fake.process.beat()
  t.is(fake.process.counts.timeouts, 0)
  t.like(fake.sent, [{ method: 'ping' }], 'it is told nothing')
  const session = await fake.session()
  t.is(fake.process.pending, 0)
  session.call('first')
  t.like(fake.sent.at(-1), { method: 'first' })
  fake.answer({})
  t.is(session.answers.length, 1)
})

test('a spare that answers its ping has nothing left to answer', (t) => {
  const fake = fakeProcess(serial)
  fake.process.warm()
  t.is(fake.process.pending, 1)
  fake.answer({})
  t.is(fake.process.pending, 0)
  t.is(fake.process.counts.dropped, 0)
})

test('a ping that nobody answers is forgotten after a while', async (t) => {
  const asked: Call[] = []
  const forgotten: Call[] = []
  const ports = {
    ask: (call: Call) => void asked.push(call),
    forget: (call: Call) => void forgotten.push(call),
  }
  new WarmUp(ports, 10).begin()
  t.deepEqual(forgotten, [])
  await sleep(100)
  t.is(asked.length, 1)
  t.deepEqual(forgotten, asked)
})

test('a spare that has ended, or does not read, is not asked', (t) => {
  const fake = fakeProcess(serial)
  fake.process.warm()
  fake.end()
  t.is(fake.process.pending, 0)
  t.notThrows(() => fake.process.warm())
  t.is(fake.process.pending, 0)
})
