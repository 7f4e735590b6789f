import test from 'ava'
import type { ServiceLimits } from '../../../../lib/catalogue/service.ts'
import { RpcFault, type RpcMessage, type RpcResponse } from '../../../../mcp-bridge/json-rpc.ts'
import { PENDING_PER_PROCESS_MAX } from '../../../../mcp-bridge/limits.ts'
import { Correlation } from '../../../../mcp-bridge/runner/correlation.ts'
import type { Call, ProcessUser } from '../../../../mcp-bridge/runner/process-user.ts'

const jsonrpc = '2.0' as const

function caller() {
  const delivered: { message: RpcMessage; call: Call | undefined }[] = []
  const user: ProcessUser = {
    userId: undefined,
    isCongested: false,
    deliver: (message, call) => void delivered.push({ message, call }),
    processEnded: () => {},
  }
  const settled: RpcResponse[] = []
  const call = (id: string | number): Call => ({ id, settle: (one) => void settled.push(one) })
  return { user, call, delivered, settled }
}

const request = (id: string | number, params: object = {}) => ({ jsonrpc, id, method: 'm', params })

test('equal ids of two callers become two, and each gets its own answer', (t) => {
  const correlation = new Correlation()
  const [one, two] = [caller(), caller()]
  const [own, other] = [one.call(1), two.call(1)]
  const first = correlation.outgoing(one.user, own, request(1))
  const second = correlation.outgoing(two.user, other, request(1))
  t.not(first.id, second.id)
  t.like(correlation.settle({ jsonrpc, id: second.id, result: 'two' }), { call: other })
  t.like(correlation.settle({ jsonrpc, id: first.id, result: 'one' }), { call: own })
})

for (const id of [99, '99', '01', '1 ', '1e0', '0x1', '', null, 1.5]) {
  test(`an answer to ${JSON.stringify(id)} belongs to nobody`, (t) => {
    const correlation = new Correlation()
    const { user, call } = caller()
    correlation.outgoing(user, call(1), request(1))
    t.is(correlation.settle({ jsonrpc, id, result: {} }), undefined)
    t.is(correlation.size, 1)
  })
}

test('an answer to the number as text is the answer to the number', (t) => {
  const correlation = new Correlation()
  const { user, call } = caller()
  const own = call('x')
  const { id } = correlation.outgoing(user, own, request('x'))
  t.like(correlation.settle({ jsonrpc, id: String(id), result: {} }), { call: own })
})

test('a second answer to one request belongs to nobody', (t) => {
  const correlation = new Correlation()
  const { user, call } = caller()
  const { id } = correlation.outgoing(user, call(1), request(1))
  t.truthy(correlation.settle({ jsonrpc, id, result: {} }))
  t.is(correlation.settle({ jsonrpc, id, result: {} }), undefined)
})

for (const token of ['t', 0, '']) {
  test(`progress under ${JSON.stringify(token)} finds its call and its token`, (t) => {
    const correlation = new Correlation()
    const { user, call, delivered } = caller()
    const own = call(1)
    const params = { _meta: { progressToken: token, other: 1 }, arg: 2 }
    const sent = correlation.outgoing(user, own, request(1, params))
    t.deepEqual(sent.params, { _meta: { progressToken: sent.id, other: 1 }, arg: 2 })
    const progress = { progressToken: sent.id, progress: 5 }
    const method = 'notifications/progress'
    t.is(correlation.progress({ jsonrpc, method, params: progress }), user)
    t.deepEqual(delivered[0]?.message.params, { progressToken: token, progress: 5 })
    t.is(delivered[0]?.call, own)
  })
}

test('a request without a token is sent as it is, and progress for it is nobody’s', (t) => {
  const correlation = new Correlation()
  const { user, call, delivered } = caller()
  const sent = correlation.outgoing(user, call('a'), request('a', { arg: 1 }))
  t.deepEqual(sent, { ...request('a', { arg: 1 }), id: sent.id })
  const params = { progressToken: sent.id, progress: 1 }
  t.is(correlation.progress({ jsonrpc, method: 'notifications/progress', params }), undefined)
  t.deepEqual(delivered, [])
})

for (const [title, result, known] of [
  ['a result', { content: [] }, false],
  ['a task', { task: { taskId: 'x' } }, true],
] as const) {
  test(`after ${title} the token is ${known ? 'still' : 'no longer'} known`, (t) => {
    const correlation = new Correlation()
    const { user, call } = caller()
    const params = { _meta: { progressToken: 'p' } }
    const { id } = correlation.outgoing(user, call(1), request(1, params))
    correlation.settle({ jsonrpc, id, result })
    const late = { progressToken: id, progress: 1 }
    const arrives = () =>
      correlation.progress({ jsonrpc, method: 'notifications/progress', params: late })
    t.is(arrives() !== undefined, known)
    correlation.forgetTasks(user)
    t.is(arrives(), undefined)
  })
}

test('an abandoned call is forgotten under the id the process knows, and released once', (t) => {
  const released: Call[] = []
  const correlation = new Correlation((one) => void released.push(one))
  const { user, call } = caller()
  const own = call(1)
  const { id } = correlation.outgoing(user, own, request(1))
  t.is(correlation.abandon(own), id)
  t.is(correlation.abandon(own), undefined)
  t.is(correlation.size, 0)
  t.deepEqual(released, [])
  for (const answer of [id, id]) {
    t.is(correlation.settle({ jsonrpc, id: answer, result: {} }), undefined)
  }
  t.deepEqual(released, [own])
})

const limits: ServiceLimits = {
  idleMs: 0,
  processesPerUser: 1,
  callTimeoutMs: 2000,
  callCeilingMs: 5000,
  messageBytes: 1,
}

/** Seconds until something is overdue, and why; `during` happens in each. */
function secondsUntilOverdue(
  correlation: Correlation,
  during: (second: number) => boolean = () => false,
): readonly [number, string] {
  for (let second = 1; second < 20; second += 1) {
    const [overdue] = correlation.nextSecond(limits, during(second))
    if (overdue !== undefined) return [second, overdue.was]
  }
  return [Number.POSITIVE_INFINITY, 'never']
}

function asked(params: object = {}, isTimed = true) {
  const correlation = new Correlation()
  const { user, call } = caller()
  const own = call('c')
  const { id } = correlation.outgoing(user, own, request('c', params), isTimed)
  return { correlation, id, own }
}

test('a silent call is overdue after its time, the second in which it began not counted', (t) => {
  const { correlation, id, own } = asked()
  t.deepEqual(secondsUntilOverdue(correlation), [3, 'silent'])
  t.is(correlation.size, 0)
  t.is(correlation.abandon(own), undefined)
  t.is(correlation.settle({ jsonrpc, id, result: {} }), undefined)
})

test('progress begins the silence anew, until the call has lasted too long', (t) => {
  const { correlation, id } = asked({ _meta: { progressToken: 'p' } })
  const told = secondsUntilOverdue(correlation, () => {
    const params = { progressToken: id, progress: 1 }
    correlation.progress({ jsonrpc, method: 'notifications/progress', params })
    return false
  })
  t.deepEqual(told, [6, 'long'])
})

test('what the server waits for is no silence, but counts in the whole', (t) => {
  t.deepEqual(
    secondsUntilOverdue(asked().correlation, (second) => second <= 2),
    [5, 'silent'],
  )
  t.deepEqual(
    secondsUntilOverdue(asked().correlation, () => true),
    [6, 'long'],
  )
})

test('a call that another watches over is never overdue', (t) => {
  t.deepEqual(secondsUntilOverdue(asked({}, false).correlation)[1], 'never')
})

test('no more wait than the bound, and nobody has more than half once it is half full', (t) => {
  const correlation = new Correlation()
  const person = (userId: string): ProcessUser => ({ ...caller().user, userId })
  const [ann, bob, eve] = [person('ann'), person('bob'), person('eve')]
  const { call } = caller()
  const ask = (user: ProcessUser): unknown => correlation.outgoing(user, call(1), request(1))
  const half = PENDING_PER_PROCESS_MAX / 2
  for (let n = 0; n < half - 1; n += 1) ask(ann)
  const left = call(1)
  correlation.outgoing(ann, left, request(1))
  correlation.abandon(left)
  t.like(
    t.throws(() => ask(ann), { instanceOf: RpcFault }),
    { status: 503 },
  )
  for (let n = 0; n < half - 1; n += 1) ask(bob)
  ask(eve)
  t.throws(() => ask(eve), { instanceOf: RpcFault, message: /too many requests/ })
  t.is(correlation.size, PENDING_PER_PROCESS_MAX - 1, 'and one that was abandoned')
})
