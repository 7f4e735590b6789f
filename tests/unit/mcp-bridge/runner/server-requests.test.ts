import test from 'ava'
import { fakeProcess } from '../../../support/fake-process.ts'

const CANCELLED = 'notifications/cancelled'

test('what a server asks while it is nobody’s is answered, and excuses no silence later', async (t) => {
  const fake = fakeProcess({ isolation: 'session', callTimeout: 2 })
  fake.say({ id: 'p', method: 'ping' })
  fake.say({ id: 'e', method: 'elicitation/create' })
  fake.say({ id: 'r', method: 'roots/list' })
  t.like(fake.sent, [
    { id: 'p', result: {} },
    {
      id: 'e',
      error: {
        code: -32601,
        message: 'the gateway does not pass elicitation/create on before a session has begun',
      },
    },
    { id: 'r', error: { code: -32601 } },
  ])
  const session = await fake.session()
  session.call('tools/call')
  for (let second = 0; second <= 2; second += 1) fake.process.beat()
  t.like(session.answers, [{ error: { code: -32603 } }])
})

for (const [method, isExcuse] of [
  ['ping', false],
  ['sampling/createMessage', true],
  ['elicitation/create', true],
  ['roots/list', true],
] as const) {
  test(`${method} that the client has not answered is ${isExcuse ? 'an' : 'no'} excuse for silence`, async (t) => {
    const fake = fakeProcess({ isolation: 'session', callTimeout: 2 })
    const session = await fake.session()
    session.call('tools/call')
    fake.say({ id: 's', method })
    t.like(session.heard, [{ id: 's', method }])
    for (let second = 0; second <= 2; second += 1) fake.process.beat()
    t.is(session.answers.length, isExcuse ? 0 : 1)
    t.is(
      fake.sent.some((one) => one.method === CANCELLED),
      !isExcuse,
    )
  })
}
