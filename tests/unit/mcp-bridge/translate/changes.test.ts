import test, { type ExecutionContext } from 'ava'
import { paramsOf, RpcFault } from '../../../../mcp-bridge/json-rpc.ts'
import { SUBSCRIPTIONS_PER_SESSION_MAX } from '../../../../mcp-bridge/limits.ts'
import { until } from '../../../support/live-session.ts'
import {
  ACKNOWLEDGED,
  bareParams,
  type Sent,
  type TranslatedSession,
  translatedSession,
} from '../../../support/translated-session.ts'

const INITIALIZED = 'notifications/initialized'
const UPDATED = 'notifications/resources/updated'
const TOOLS_CHANGED = 'notifications/tools/list_changed'
const LISTS = { tools: { listChanged: true }, resources: { subscribe: true, listChanged: false } }
const DONE = [{ jsonrpc: '2.0', id: 1, result: {} }]

/** The server is asked to tell of these, and of the tools unless they are none of its. */
function asked(
  t: ExecutionContext,
  session: TranslatedSession,
  uris: string[],
  tools = false,
): Sent {
  const sent = session.take()
  t.is(sent.request.method, 'subscriptions/listen')
  t.deepEqual(bareParams(sent.request), {
    notifications: {
      ...(tools && { toolsListChanged: true }),
      ...(uris.length > 0 && { resourceSubscriptions: uris }),
    },
  })
  return sent
}

function acknowledge(session: TranslatedSession, sent: Sent, uris?: unknown): void {
  const { notifications } = paramsOf(sent.request) as { notifications: object }
  const honoured =
    uris === undefined ? notifications : { ...notifications, resourceSubscriptions: uris }
  session.tell(sent, ACKNOWLEDGED, { notifications: honoured })
}

const heardOf = ({ heard }: TranslatedSession): unknown[] =>
  heard.splice(0).map(({ message, call }) => [message.method, message.params, call])

test('listens once the client is ready, if the server announces changes of lists', async (t) => {
  const session = await translatedSession({ offers: LISTS })
  t.is(session.sent.length, 0)
  session.note(INITIALIZED)
  session.note(INITIALIZED)
  const listening = asked(t, session, [], true)
  t.is(session.sent.length, 0)
  acknowledge(session, listening)
  session.tell(listening, TOOLS_CHANGED)
  t.deepEqual(heardOf(session), [[TOOLS_CHANGED, {}, undefined]])
  const quiet = await translatedSession()
  quiet.note(INITIALIZED)
  t.is(quiet.sent.length, 0)
})

test('a subscription is answered when the server has agreed to it', async (t) => {
  const session = await translatedSession()
  const { answers } = session.call('resources/subscribe', { uri: 'a:1' })
  const listening = asked(t, session, ['a:1'])
  t.deepEqual(answers, [])
  acknowledge(session, listening)
  t.deepEqual(answers, DONE)
  session.tell(listening, UPDATED, { uri: 'a:1' })
  t.deepEqual(heardOf(session), [[UPDATED, { uri: 'a:1' }, undefined]])
  t.deepEqual(session.call('resources/subscribe', { uri: 'a:1' }).answers, DONE)
  t.is(session.sent.length, 0, 'what is told already is not asked for again')
})

test('a resource of which the server does not tell is refused, the others are told', async (t) => {
  const session = await translatedSession()
  const one = session.call('resources/subscribe', { uri: 'a:1' })
  acknowledge(session, asked(t, session, ['a:1']), [])
  t.like(one.answers, [{ error: { code: -32602, data: { uri: 'a:1' } } }])
  const two = session.call('resources/subscribe', { uri: 'a:2' })
  acknowledge(session, asked(t, session, ['a:2']))
  t.deepEqual(two.answers, DONE)
})

test('another wish takes the place of the one before, and nothing is missed in between', async (t) => {
  const session = await translatedSession()
  session.call('resources/subscribe', { uri: 'a:1' })
  const first = asked(t, session, ['a:1'])
  acknowledge(session, first)
  const { answers } = session.call('resources/subscribe', { uri: 'a:2' })
  const second = asked(t, session, ['a:1', 'a:2'])
  session.tell(first, UPDATED, { uri: 'a:1' })
  t.is(heardOf(session).length, 1)
  t.deepEqual(session.cancelled, [])
  acknowledge(session, second)
  t.deepEqual(answers, DONE)
  t.is(session.cancelled[0]?.call, first.call)
  session.tell(first, UPDATED, { uri: 'a:1' })
  session.tell(second, UPDATED, { uri: 'a:2' })
  t.deepEqual(heardOf(session), [[UPDATED, { uri: 'a:2' }, undefined]])
})

test('wishes that come while the server has not agreed yet go together after that', async (t) => {
  const session = await translatedSession()
  const calls = ['a:1', 'a:2', 'a:3'].map((uri) => session.call('resources/subscribe', { uri }))
  const first = asked(t, session, ['a:1'])
  t.is(session.sent.length, 0)
  acknowledge(session, first)
  t.deepEqual(
    calls.map(({ answers }) => answers.length),
    [1, 0, 0],
  )
  acknowledge(session, asked(t, session, ['a:1', 'a:2', 'a:3']))
  t.true(calls.every(({ answers }) => answers.length === 1))
})

test('the last one that is unsubscribed from ends it', async (t) => {
  const session = await translatedSession()
  for (const uri of ['a:1', 'a:2']) session.call('resources/subscribe', { uri })
  acknowledge(session, asked(t, session, ['a:1']))
  const both = asked(t, session, ['a:1', 'a:2'])
  acknowledge(session, both)
  t.deepEqual(session.call('resources/unsubscribe', { uri: 'a:1' }).answers, DONE)
  const one = asked(t, session, ['a:2'])
  acknowledge(session, one)
  t.deepEqual(session.call('resources/unsubscribe', { uri: 'a:2' }).answers, DONE)
  t.deepEqual(session.call('resources/unsubscribe', { uri: 'a:2' }).answers, DONE)
  t.is(session.sent.length, 0)
  t.is(session.cancelled.at(-1)?.call, one.call)
})

test('a subscription that is cancelled, or taken back, before the server has agreed is none', async (t) => {
  const session = await translatedSession()
  const { call, answers } = session.call('resources/subscribe', { uri: 'a:1' })
  const first = asked(t, session, ['a:1'])
  session.over.cancel(call, { jsonrpc: '2.0', method: 'notifications/cancelled' })
  acknowledge(session, first)
  t.deepEqual(answers, [])
  t.is(session.cancelled.at(-1)?.call, first.call, 'nothing is wished any more')
  const second = session.call('resources/subscribe', { uri: 'a:2' })
  t.deepEqual(session.call('resources/unsubscribe', { uri: 'a:2' }).answers, DONE)
  t.deepEqual(second.answers, DONE)
})

test('a server that refuses is asked again, later; who waits is told why', async (t) => {
  const session = await translatedSession({ offers: LISTS })
  session.note(INITIALIZED)
  acknowledge(session, asked(t, session, [], true))
  const { answers } = session.call('resources/subscribe', { uri: 'a:1' })
  asked(t, session, ['a:1'], true).refuse({ code: -32603, message: 'Subscription limit reached' })
  t.like(answers, [{ error: { message: 'Subscription limit reached' } }])
  t.deepEqual(session.cancelled, [], 'the one before goes on')
  session.deafen(new RpcFault(503, 'refused', 'it does not read'))
  const deaf = session.call('resources/subscribe', { uri: 'a:2' })
  t.like(deaf.answers, [{ error: { message: 'it does not read' } }])
})

test('a server that has stopped to tell is asked again; all may have changed in between', async (t) => {
  const session = await translatedSession({ offers: LISTS })
  session.call('resources/subscribe', { uri: 'a:1' })
  const first = asked(t, session, ['a:1'], true)
  acknowledge(session, first)
  first.answer({})
  await until(() => session.sent.length > 0)
  t.deepEqual(heardOf(session), [])
  asked(t, session, ['a:1'], true).refuse({ code: -32603, message: 'not yet' })
  await until(() => session.sent.length > 0)
  acknowledge(session, asked(t, session, ['a:1'], true))
  t.deepEqual(heardOf(session), [
    [TOOLS_CHANGED, {}, undefined],
    [UPDATED, { uri: 'a:1' }, undefined],
  ])
  session.over.end()
})

test('a server that tells nothing at all, or knows no such request, is left in peace', async (t) => {
  for (const answer of ['result', 'error'] as const) {
    const session = await translatedSession({ offers: LISTS })
    session.note(INITIALIZED)
    const listening = asked(t, session, [], true)
    if (answer === 'result') {
      session.tell(listening, ACKNOWLEDGED, { notifications: {} })
      listening.answer({})
    } else listening.refuse({ code: -32601, message: 'no such method' })
    await new Promise((resolve) => setTimeout(resolve, 50))
    t.is(session.sent.length, 0)
  }
})

test('a server that never agrees is given up', async (t) => {
  const session = await translatedSession({ waits: { acknowledgeMs: 20, againFirstMs: 60_000 } })
  const { answers } = session.call('resources/subscribe', { uri: 'a:1' })
  const listening = asked(t, session, ['a:1'])
  await until(() => answers.length > 0)
  t.like(answers, [{ error: { code: -32603 } }])
  t.is(session.cancelled[0]?.call, listening.call)
  acknowledge(session, listening)
  t.is(answers.length, 1)
  session.over.end()
})

test('the end of the session ends what was listened to', async (t) => {
  const session = await translatedSession()
  session.call('resources/subscribe', { uri: 'a:1' })
  const first = asked(t, session, ['a:1'])
  acknowledge(session, first)
  const { answers } = session.call('resources/subscribe', { uri: 'a:2' })
  const second = asked(t, session, ['a:1', 'a:2'])
  session.over.end()
  t.deepEqual(
    session.cancelled.map(({ call }) => call),
    [first.call, second.call],
  )
  t.like(answers, [{ error: { message: 'the session has ended' } }])
  second.refuse({ code: -1, message: 'over' })
  await new Promise((resolve) => setTimeout(resolve, 50))
  t.is(session.sent.length, 0)
})

test('a session has so many subscriptions, of URIs of so many characters', async (t) => {
  const session = await translatedSession()
  for (let n = 0; n < SUBSCRIPTIONS_PER_SESSION_MAX; n += 1) {
    session.call('resources/subscribe', { uri: `a:${n}` })
  }
  t.throws(() => session.call('resources/subscribe', { uri: 'a:more' }), { message: /end some/ })
  t.throws(() => session.call('resources/subscribe', { uri: 'x'.repeat(2000) }), {
    message: /characters/,
  })
})
