import test from 'ava'
import type { RpcMessage, RpcResponse } from '../../../../mcp-bridge/json-rpc.ts'
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
  const first = correlation.outgoing(one.user, one.call(1), request(1))
  const second = correlation.outgoing(two.user, two.call(1), request(1))
  t.not(first.id, second.id)
  t.truthy(correlation.settle({ jsonrpc, id: second.id, result: 'two' }))
  t.truthy(correlation.settle({ jsonrpc, id: first.id, result: 'one' }))
  t.deepEqual(one.settled, [{ jsonrpc, id: 1, result: 'one' }])
  t.deepEqual(two.settled, [{ jsonrpc, id: 1, result: 'two' }])
})

for (const id of [99, '1', null]) {
  test(`an answer to ${JSON.stringify(id)} belongs to nobody`, (t) => {
    const correlation = new Correlation()
    const { user, call, settled } = caller()
    correlation.outgoing(user, call(1), request(1))
    t.is(correlation.settle({ jsonrpc, id, result: {} }), undefined)
    t.deepEqual(settled, [])
  })
}

test('a second answer to one request belongs to nobody', (t) => {
  const correlation = new Correlation()
  const { user, call, settled } = caller()
  const { id } = correlation.outgoing(user, call(1), request(1))
  correlation.settle({ jsonrpc, id, result: {} })
  t.is(correlation.settle({ jsonrpc, id, result: {} }), undefined)
  t.is(settled.length, 1)
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
    t.true(correlation.progress({ jsonrpc, method: 'notifications/progress', params: progress }))
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
  t.false(correlation.progress({ jsonrpc, method: 'notifications/progress', params }))
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
    t.is(arrives(), known)
    correlation.forgetTasks(user)
    t.false(arrives())
  })
}

test('a cancelled call is forgotten under the id the process knows', (t) => {
  const correlation = new Correlation()
  const { user, call, settled } = caller()
  const own = call(1)
  const { id } = correlation.outgoing(user, own, request(1))
  t.is(correlation.cancel(own), id)
  t.is(correlation.cancel(own), undefined)
  correlation.settle({ jsonrpc, id, result: {} })
  t.deepEqual(settled, [])
})
