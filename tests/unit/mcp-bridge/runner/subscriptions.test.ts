import test from 'ava'
import { RpcFault } from '../../../../mcp-bridge/json-rpc.ts'
import { SUBSCRIPTIONS_PER_SESSION_MAX } from '../../../../mcp-bridge/limits.ts'
import { type FakeProcess, fakeProcess } from '../../../support/fake-process.ts'

const uri = 'file:///a/b'
const shared = (): FakeProcess => fakeProcess({ isolation: 'shared' })
const methods = ({ sent }: FakeProcess): unknown[] => sent.map(({ method }) => method)
const update = (fake: FakeProcess, of = uri): void =>
  fake.say({ method: 'notifications/resources/updated', params: { uri: of } })

test('the server is asked once, and each session gets its answer', async (t) => {
  const fake = shared()
  const [one, two] = [await fake.session(), await fake.session('bob')]
  one.call('resources/subscribe', { uri }, 'a')
  two.call('resources/subscribe', { uri }, 'b')
  t.deepEqual(two.answers, [])
  fake.answer({ agreed: true })
  t.like(one.answers, [{ id: 'a', result: { agreed: true } }])
  t.like(two.answers, [{ id: 'b', result: { agreed: true } }])
  t.deepEqual(methods(fake), ['resources/subscribe'])
})

test('only who has subscribed hears of it, until the end of the subscription', async (t) => {
  const fake = shared()
  const [one, two, three] = [await fake.session(), await fake.session(), await fake.session()]
  one.call('resources/subscribe', { uri })
  fake.answer({})
  two.call('resources/subscribe', { uri })
  update(fake)
  t.deepEqual(
    [one, two, three].map(({ heard }) => heard.length),
    [1, 1, 0],
  )
  one.call('resources/unsubscribe', { uri }, 'off')
  t.like(one.answers.at(-1), { id: 'off', result: {} })
  update(fake)
  t.deepEqual(
    [one, two, three].map(({ heard }) => heard.length),
    [1, 2, 0],
  )
  two.call('resources/unsubscribe', { uri })
  t.deepEqual(methods(fake), ['resources/subscribe', 'resources/unsubscribe'])
  update(fake)
  t.is(two.heard.length, 2)
  t.is(fake.process.counts.dropped, 1)
})

test('what the server refuses is remembered by nobody: the next is asked for', async (t) => {
  const fake = shared()
  const [one, two] = [await fake.session(), await fake.session()]
  one.call('resources/subscribe', { uri })
  two.call('resources/subscribe', { uri })
  fake.refuse()
  t.like(one.answers, [{ error: { code: -1 } }])
  t.deepEqual(two.answers, [])
  fake.answer({})
  t.like(two.answers, [{ result: {} }])
  update(fake)
  t.deepEqual([one.heard.length, two.heard.length], [0, 1])
})

test('the last that leaves ends it; one that leaves before does not', async (t) => {
  const fake = shared()
  const [one, two] = [await fake.session(), await fake.session()]
  for (const session of [one, two]) session.call('resources/subscribe', { uri })
  fake.answer({})
  fake.process.leave(one.user)
  t.deepEqual(methods(fake), ['resources/subscribe'])
  fake.process.leave(two.user)
  t.deepEqual(methods(fake), ['resources/subscribe', 'resources/unsubscribe'])
})

test('one whose subscriber leaves while the server is asked is asked for the next', async (t) => {
  const fake = shared()
  const [one, two] = [await fake.session(), await fake.session()]
  one.call('resources/subscribe', { uri })
  two.call('resources/subscribe', { uri })
  fake.process.leave(one.user)
  t.like(one.answers, [{ error: { code: -32603 } }])
  const cancelled = 'notifications/cancelled'
  t.deepEqual(methods(fake), ['resources/subscribe', cancelled, 'resources/subscribe'])
  fake.answer({})
  t.like(two.answers, [{ result: {} }])
})

test('one that is cancelled while it waits is never answered, and holds nothing', async (t) => {
  const fake = shared()
  const [one, two] = [await fake.session(), await fake.session()]
  one.call('resources/subscribe', { uri })
  const waiting = two.call('resources/subscribe', { uri })
  fake.process.cancel(waiting, { jsonrpc: '2.0', method: 'notifications/cancelled' })
  fake.answer({})
  update(fake)
  t.deepEqual([two.answers, two.heard], [[], []])
  t.is(one.heard.length, 1)
})

test('one that was cancelled when the server was asked is told off', async (t) => {
  const fake = shared()
  const one = await fake.session()
  const call = one.call('resources/subscribe', { uri })
  fake.process.cancel(call, { jsonrpc: '2.0', method: 'notifications/cancelled' })
  t.deepEqual(methods(fake).slice(1), ['notifications/cancelled', 'resources/unsubscribe'])
})

test('an end that comes before the answer waits for it', async (t) => {
  const fake = shared()
  const one = await fake.session()
  one.call('resources/subscribe', { uri }, 1)
  one.call('resources/unsubscribe', { uri }, 2)
  t.deepEqual(methods(fake), ['resources/subscribe'])
  fake.answer({})
  t.deepEqual(methods(fake), ['resources/subscribe', 'resources/unsubscribe'])
  fake.answer({})
  t.deepEqual(
    one.answers.map(({ id }) => id),
    [1, 2],
  )
  update(fake)
  t.deepEqual(one.heard, [])
})

test('who has not subscribed ends no subscription of another', async (t) => {
  const fake = shared()
  const [one, two] = [await fake.session(), await fake.session('bob')]
  one.call('resources/subscribe', { uri })
  fake.answer({})
  two.call('resources/unsubscribe', { uri })
  t.like(two.answers, [{ result: {} }])
  update(fake)
  t.is(one.heard.length, 1)
  t.deepEqual(methods(fake), ['resources/subscribe'])
})

for (const [part, isHeard] of [
  ['file:///a/b/c/d', true],
  ['file:///a/b#x', true],
  ['file:///a/b?x=/', true],
  ['file:///a/bc', false],
  ['file:///a', false],
  [null, false],
  [7, false],
] as const) {
  test(`who has subscribed to ${uri} ${isHeard ? 'hears' : 'does not hear'} of ${part}`, async (t) => {
    const fake = shared()
    const one = await fake.session()
    one.call('resources/subscribe', { uri })
    fake.answer({})
    update(fake, part as unknown as string)
    t.is(one.heard.length, isHeard ? 1 : 0)
  })
}

test('a folder that ends with a slash has parts too', async (t) => {
  const fake = shared()
  const one = await fake.session()
  one.call('resources/subscribe', { uri: 'file:///a/' })
  fake.answer({})
  update(fake, 'file:///a/b')
  t.is(one.heard.length, 1)
})

test('a session has so many, and none of endless names', async (t) => {
  const fake = shared()
  const one = await fake.session()
  for (let n = 0; n < SUBSCRIPTIONS_PER_SESSION_MAX; n += 1) {
    one.call('resources/subscribe', { uri: `x:${n}` })
    fake.answer({})
  }
  const more = (given: string) => () => one.call('resources/subscribe', { uri: given })
  t.like(t.throws(more('x:more'), { instanceOf: RpcFault }), { status: 429 })
  t.like(t.throws(more('x'.repeat(5000)), { instanceOf: RpcFault }), { code: -32602 })
})

test('the end of the server answers those that wait', async (t) => {
  const fake = shared()
  const [one, two] = [await fake.session(), await fake.session()]
  one.call('resources/subscribe', { uri })
  two.call('resources/subscribe', { uri })
  fake.end()
  for (const { answers, wasEnded } of [one, two]) {
    t.like(answers, [{ error: { message: 'the service svc: ended before it answered' } }])
    t.true(wasEnded)
  }
})

test('a process of one session passes everything as it is', async (t) => {
  const fake = fakeProcess({ isolation: 'session' })
  const one = await fake.session()
  for (const id of [1, 2]) one.call('resources/subscribe', { uri }, id)
  t.deepEqual(methods(fake), ['resources/subscribe', 'resources/subscribe'])
  update(fake, 'file:///elsewhere')
  t.is(one.heard.length, 1)
})
