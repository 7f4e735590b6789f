import test from 'ava'
import { type FakeProcess, type FakeSession, fakeProcess } from '../../../support/fake-process.ts'

const mine = (): FakeProcess => fakeProcess({ isolation: 'user' })
const told = ({ sent }: FakeProcess): unknown[] =>
  sent.map(({ method, params }) => (method === 'logging/setLevel' ? params : method))

/** Sets the level of a session, and answers for the server where it is asked. */
function set(fake: FakeProcess, session: FakeSession, level: unknown): void {
  const before = fake.sent.length
  session.call('logging/setLevel', { level })
  if (fake.sent.length > before) fake.answer({})
}

/** The levels a session hears of all that the server says. */
function hears(fake: FakeProcess, { heard }: FakeSession): unknown[] {
  heard.splice(0)
  for (const level of ['debug', 'info', 'warning', 'emergency', 'odd']) {
    fake.say({ method: 'notifications/message', params: { level, data: 1 } })
  }
  return heard.map(({ params }) => (params as { level: string }).level)
}

test('while nobody has set one, all hear what the server says', async (t) => {
  const fake = mine()
  const [one, two] = [await fake.session(), await fake.session()]
  for (const session of [one, two]) {
    t.deepEqual(hears(fake, session), ['debug', 'info', 'warning', 'emergency', 'odd'])
  }
  t.deepEqual(told(fake), [])
})

test('the server gets the most talkative, each hears what its own allows', async (t) => {
  const fake = mine()
  const [one, two, three] = [await fake.session(), await fake.session(), await fake.session()]
  set(fake, one, 'warning')
  t.deepEqual(told(fake), [{ level: 'info' }], 'those that have set none count as info')
  set(fake, two, 'debug')
  set(fake, three, 'emergency')
  t.deepEqual(told(fake), [{ level: 'info' }, { level: 'debug' }])
  t.deepEqual(hears(fake, one), ['warning', 'emergency', 'odd'])
  t.deepEqual(hears(fake, two), ['debug', 'info', 'warning', 'emergency', 'odd'])
  t.deepEqual(hears(fake, three), ['emergency', 'odd'])
  for (const { answers } of [one, two, three]) t.like(answers, [{ id: 1, result: {} }])
})

test('who has set none is not flooded with what another wants', async (t) => {
  const fake = mine()
  const [one, two] = [await fake.session(), await fake.session()]
  set(fake, one, 'debug')
  t.deepEqual(hears(fake, two), ['info', 'warning', 'emergency', 'odd'])
})

test('the server is told when the most talkative leaves, and when one comes', async (t) => {
  const fake = mine()
  const [one, two] = [await fake.session(), await fake.session()]
  set(fake, one, 'debug')
  set(fake, two, 'error')
  fake.process.leave(one.user)
  await fake.session()
  t.deepEqual(told(fake), [{ level: 'debug' }, { level: 'error' }, { level: 'info' }])
  fake.process.leave(two.user)
  t.is(fake.sent.length, 3)
})

test('what the server refuses is as it was before', async (t) => {
  const fake = mine()
  const one = await fake.session()
  set(fake, one, 'error')
  one.call('logging/setLevel', { level: 'debug' }, 2)
  fake.refuse()
  t.like(one.answers.at(-1), { id: 2, error: { code: -1 } })
  t.deepEqual(hears(fake, one), ['emergency', 'odd'])
  one.call('logging/setLevel', { level: 'debug' }, 3)
  t.is(fake.sent.length, 3, 'it is asked again')
})

test('a server that has no logging says so to each', async (t) => {
  const fake = mine()
  const [one, two] = [await fake.session(), await fake.session()]
  for (const session of [one, two]) {
    session.call('logging/setLevel', { level: 'info' })
    fake.refuse({ code: -32601, message: 'Method not found' })
    t.like(session.answers, [{ error: { code: -32601 } }])
  }
})

test('after one that was cancelled the server is told again', async (t) => {
  const fake = mine()
  const one = await fake.session()
  const call = one.call('logging/setLevel', { level: 'debug' })
  fake.process.cancel(call, { jsonrpc: '2.0', method: 'notifications/cancelled' })
  one.call('logging/setLevel', { level: 'debug' })
  t.deepEqual(told(fake), [{ level: 'debug' }, 'notifications/cancelled', { level: 'debug' }])
})

for (const level of ['loud', 3, null, undefined]) {
  test(`${level} is no level`, async (t) => {
    const fake = mine()
    const one = await fake.session()
    set(fake, one, level)
    t.like(one.answers, [{ error: { code: -32602 } }])
    t.deepEqual(fake.sent, [])
  })
}
