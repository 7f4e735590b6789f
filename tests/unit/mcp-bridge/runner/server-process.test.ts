import test from 'ava'
import { isObject } from '../../../../lib/platform/json.ts'
import { RpcFault, type RpcMessage } from '../../../../mcp-bridge/json-rpc.ts'
import { ABANDONED_SECONDS, PENDING_PER_PROCESS_MAX } from '../../../../mcp-bridge/limits.ts'
import { type FakeSession, fakeProcess } from '../../../support/fake-process.ts'

const JSON_RPC = { jsonrpc: '2.0' } as const
const CANCELLED = 'notifications/cancelled'

function beats({ beat }: { beat: () => void }, times: number): void {
  for (let n = 0; n < times; n += 1) beat()
}

function errorText({ answers: [first] }: FakeSession): string {
  return isObject(first?.error) ? String(first.error['message']) : ''
}

async function single(definition = {}) {
  const fake = fakeProcess({ isolation: 'session', callTimeout: 2, callCeiling: 5, ...definition })
  const session = await fake.session()
  const process = { beat: () => fake.process.beat() }
  return { fake, session, process }
}

test('a silent call is answered with what to do, and the server is told', async (t) => {
  const { fake, session, process } = await single()
  session.call('tools/call', {}, 'mine')
  const { id } = fake.sent[0] ?? {}
  beats(process, 3)
  t.like(session.answers, [{ id: 'mine', error: { code: -32603 } }])
  t.regex(errorText(session), /service svc: was silent for 2 s: .*callTimeout/)
  t.like(fake.sent[1], { method: CANCELLED, params: { requestId: id } })
  fake.say({ id, result: {} })
  t.is(session.answers.length, 1)
  t.like(fake.process.counts, { calls: 1, timeouts: 1, dropped: 1 })
})

test('a call that makes progress ends at the ceiling', async (t) => {
  const { fake, session, process } = await single()
  session.call('tools/call', { _meta: { progressToken: 'p' } })
  const params = { progressToken: fake.sent[0]?.id, progress: 1 }
  for (let second = 0; second < 6; second += 1) {
    t.deepEqual(session.answers, [])
    fake.say({ method: 'notifications/progress', params })
    process.beat()
  }
  t.regex(errorText(session), /within 5 s: .*callCeiling/)
})

test('nobody is silent while a person is asked; the answer begins the time anew', async (t) => {
  const { fake, session, process } = await single()
  session.call('tools/call')
  fake.say({ id: 'e', method: 'elicitation/create' })
  t.is(session.heard.length, 1)
  beats(process, 4)
  t.deepEqual(session.answers, [])
  fake.process.pass({ jsonrpc: '2.0', id: 'e', result: {} })
  process.beat()
  t.deepEqual(session.answers, [])
})

test('what the server has taken back is waited for no longer', async (t) => {
  const { fake, session, process } = await single()
  session.call('tools/call')
  fake.say({ id: 'e', method: 'elicitation/create' })
  fake.say({ method: CANCELLED, params: { requestId: 'e' } })
  t.like(session.heard, [{ id: 'e' }, { method: CANCELLED, params: { requestId: 'e' } }])
  beats(process, 3)
  t.is(session.answers.length, 1)
})

test('waiting for its turn is not silence', async (t) => {
  const { fake, session, process } = await single({ calls: 'serial' })
  session.call('one', {}, 1)
  session.call('two', {}, 2)
  beats(process, 3)
  t.deepEqual(
    session.answers.map(({ id }) => id),
    [1],
  )
  beats(process, ABANDONED_SECONDS + 1)
  t.deepEqual(
    fake.sent.map(({ method }) => method),
    ['one', CANCELLED, 'two'],
  )
  beats(process, 2)
  t.is(session.answers.length, 1)
})

test('a server that answers none of three calls ends', async (t) => {
  const { fake, session, process } = await single()
  for (const id of [1, 2, 3]) {
    t.is(fake.stops, 0)
    session.call('x', {}, id)
    beats(process, 3)
  }
  t.is(fake.stops, 1)
  t.true(session.wasEnded)
})

test('a server that answers something between them lives', async (t) => {
  const { fake, session, process } = await single()
  for (const id of [1, 2, 3, 4]) {
    session.call('x', {}, id)
    beats(process, 3)
    session.call('ping', {}, 'ping')
    fake.answer({})
  }
  t.is(fake.stops, 0)
})

test('a shared server ends only when that lasted as long as a call may', async (t) => {
  const { fake, session, process } = await single({ isolation: 'shared', callTimeout: 1 })
  for (const id of [1, 2, 3]) session.call('x', {}, id)
  beats(process, 2)
  t.is(session.answers.length, 3)
  t.is(fake.stops, 0)
  session.call('x', {}, 4)
  beats(process, 2)
  t.is(fake.stops, 0)
  session.call('x', {}, 5)
  beats(process, 2)
  t.is(fake.stops, 1)
})

test('begins once: initialize in a session is refused', async (t) => {
  for (const isolation of ['session', 'user', 'shared'] as const) {
    const { fake, session } = await single({ isolation })
    const again = () => session.call('initialize')
    t.like(t.throws(again, { instanceOf: RpcFault }), { status: 400, code: -32600 })
    t.deepEqual(fake.sent, [])
  }
})

test('holds the server back while its only client does not read', async (t) => {
  const { fake, session } = await single()
  session.user.isCongested = true
  fake.say({ method: 'notifications/message' })
  fake.say({ method: 'notifications/message' })
  t.deepEqual(fake.flow, ['pause'])
  session.user.isCongested = false
  fake.process.relieved(session.user)
  fake.process.relieved(session.user)
  t.deepEqual(fake.flow, ['pause', 'resume'])
  session.call('x')
  session.user.isCongested = true
  fake.answer({})
  fake.process.leave(session.user)
  t.deepEqual(fake.flow, ['pause', 'resume', 'pause', 'resume'])
})

test('a server that is held back is not blamed for its silence', async (t) => {
  const { fake, session, process } = await single()
  session.call('x')
  session.user.isCongested = true
  fake.say({ method: 'notifications/message' })
  beats(process, 4)
  t.deepEqual(session.answers, [])
  fake.process.relieved(session.user)
  beats(process, 3)
  t.is(session.answers.length, 1)
})

test('holds back a server that others share only while none of them reads', async (t) => {
  const { fake, session } = await single({ isolation: 'shared' })
  const other = await fake.session('bob')
  const say = (): void => fake.say({ method: 'notifications/tools/list_changed' })
  session.user.isCongested = true
  say()
  t.deepEqual(fake.flow, [])
  other.user.isCongested = true
  say()
  t.deepEqual(fake.flow, ['pause'])
  await fake.session('eve')
  t.deepEqual(fake.flow, ['pause', 'resume'], 'one has come that reads')
})

test('a server that does not read is no fault of what it is told', async (t) => {
  const { fake, session } = await single()
  fake.deafen(new RpcFault(503, 'internal', 'does not read'))
  t.throws(() => session.call('x'), { instanceOf: RpcFault })
  t.is(fake.process.pending, 0)
  fake.process.pass({ jsonrpc: '2.0', method: 'notifications/x' })
  fake.say({ id: 1, method: 'roots/list' })
  t.pass()
})

test('a request of the server with an endless id is dropped', async (t) => {
  const { fake, session } = await single()
  fake.say({ id: 'x'.repeat(5000), method: 'ping' })
  t.deepEqual(session.heard, [])
  t.is(fake.process.counts.dropped, 1)
})

test('answers twice, to nothing, of all forms: one counts, the rest is counted', async (t) => {
  const { fake, session } = await single()
  session.call('x', {}, 'mine')
  const { id } = fake.sent[0] ?? {}
  fake.say({ id: 77, result: {} })
  fake.say({ id: null, error: { code: 1, message: 'm' } })
  fake.say({ id: String(id), result: 'first', error: null })
  fake.say({ id, result: 'second' })
  t.deepEqual(session.answers, [{ jsonrpc: '2.0', id: 'mine', result: 'first' }])
  t.is(fake.process.counts.dropped, 3)
})

test('an answer that cannot be handed over fails its own call, and no other', async (t) => {
  const { fake, session } = await single({ isolation: 'shared' })
  const other = await fake.session('bob')
  other.call('later', {}, 2)
  const answers: RpcMessage[] = []
  const settle = (answer: RpcMessage): void => {
    if (answer.error === undefined) throw new RangeError('nobody has thought of that')
    answers.push(answer)
  }
  fake.process.request(session.user, { id: 1, settle }, { ...JSON_RPC, id: 1, method: 'x' })
  t.notThrows(() => fake.answer({}))
  t.like(answers, [{ id: 1, error: { code: -32603 } }])
  t.is(fake.stops, 0)
  t.deepEqual(other.answers, [])
})

test('a message that cannot be handled ends its server, and only that', async (t) => {
  const { fake, session } = await single()
  session.call('x', {}, 1)
  session.user.deliver = () => {
    throw new RangeError('nobody has thought of that')
  }
  t.notThrows(() => fake.say({ method: 'notifications/message', params: {} }))
  t.is(fake.stops, 1)
  t.true(session.wasEnded)
  t.regex(errorText(session), /ended before it answered/)
})

test('what was too large fails its call; all of them where that is not known, and none that it was not for', async (t) => {
  const { fake, session } = await single({ isolation: 'shared' })
  const other = await fake.session('bob')
  session.call('x', {}, 1)
  const mine = Number(fake.sent.at(-1)?.id)
  other.call('y', {}, 2)
  fake.skip('none')
  t.deepEqual([...session.answers, ...other.answers], [])
  t.is(fake.process.counts.dropped, 1)
  fake.skip(mine)
  t.regex(errorText(session), /larger than the gateway passes on/)
  t.deepEqual(other.answers, [])
  fake.skip(undefined)
  t.regex(errorText(other), /larger than the gateway passes on/)
})

test('a process that has ended takes nothing more', async (t) => {
  const { fake, session } = await single()
  fake.end()
  t.like(
    t.throws(() => session.call('x'), { instanceOf: RpcFault }),
    { status: 502 },
  )
})

for (const isolation of ['session', 'user', 'shared'] as const) {
  test(`${isolation}: fixed roots are told by the bridge`, async (t) => {
    const rootFolders = ['/data/a']
    const { fake, session } = await single({ isolation, roots: 'fixed', rootFolders })
    fake.say({ id: 'r', method: 'roots/list' })
    t.deepEqual(session.heard, [])
    t.deepEqual(fake.sent.at(-1)?.result, { roots: [{ uri: 'file:///data/a', name: 'a' }] })
  })
}

test('who waits for a turn counts: nobody has more than half, and whoever comes next has the next turn', async (t) => {
  const fake = fakeProcess({ isolation: 'shared', calls: 'serial' })
  const [ann, bob] = [await fake.session('ann'), await fake.session('bob')]
  const half = PENDING_PER_PROCESS_MAX / 2
  for (let n = 0; n < half; n += 1) ann.call('tools/call', { name: 'hers' }, n)
  t.like(
    t.throws(() => ann.call('tools/call'), { instanceOf: RpcFault }),
    { status: 503 },
  )
  bob.call('tools/call', { name: 'his' })
  t.is(fake.sent.length, 1)
  fake.answer({})
  t.like(fake.sent.at(-1), { params: { name: 'hers' } })
  fake.answer({})
  t.like(fake.sent.at(-1), { params: { name: 'his' } })
  fake.answer({})
  ann.call('tools/call')
  t.is(ann.answers.length, 2)
})
