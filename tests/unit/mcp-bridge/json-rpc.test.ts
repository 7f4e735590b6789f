import test from 'ava'
import { parseBody, RpcFault, toMessage } from '../../../mcp-bridge/json-rpc.ts'
import { ID_CHARACTERS_MAX } from '../../../mcp-bridge/limits.ts'

const base = { jsonrpc: '2.0' }

for (const [title, value] of [
  ['a request', { ...base, id: 1, method: 'm' }],
  ['a request with a text id', { ...base, id: '', method: 'm' }],
  ['a notification', { ...base, method: 'm' }],
  ['a result', { ...base, id: 1, result: null }],
  ['an error', { ...base, id: 'x', error: {} }],
  ['an error to nothing that could be read', { ...base, id: null, error: {} }],
  ['members nobody knows', { ...base, id: 1, method: 'm', more: true }],
] as const) {
  test(`reads ${title}`, (t) => {
    t.is(toMessage(value) as unknown, value)
  })
}

for (const [title, value] of [
  ['no version', { id: 1, method: 'm' }],
  ['a number for a version', { jsonrpc: 2, id: 1, method: 'm' }],
  ['a null id with a method', { ...base, id: null, method: 'm' }],
  ['an object for an id', { ...base, id: {}, method: 'm' }],
  ['a number for a method', { ...base, id: 1, method: 1 }],
  ['neither method, result nor error', { ...base, id: 1 }],
  ['a result without an id', { ...base, result: {} }],
  ['an array', [base]],
  ['null', null],
  ['a text', 'm'],
] as const) {
  test(`refuses ${title}`, (t) => {
    t.is(toMessage(value), undefined)
  })
}

test('a byte order mark before the body does not matter', (t) => {
  const body = Buffer.from('\uFEFF{"jsonrpc":"2.0","id":1,"method":"m"}')
  t.is(parseBody(body).messages[0].method, 'm')
})

test('a batch of one is a batch', (t) => {
  t.true(parseBody(Buffer.from('[{"jsonrpc":"2.0","id":1,"method":"m"}]')).isBatch)
})

test('one bad message spoils a batch', (t) => {
  const body = Buffer.from('[{"jsonrpc":"2.0","id":1,"method":"m"},{"id":2}]')
  t.throws(() => parseBody(body), { instanceOf: RpcFault })
})

test('what was not foreseen says nothing of itself', (t) => {
  const fault = RpcFault.from(new Error('redis://user:canary@host'))
  t.is(fault.status, 500)
  t.false(JSON.stringify(fault.toResponse(1)).includes('canary'))
})

for (const [what, message] of [
  ['id', (id: unknown) => ({ id })],
  ['progressToken', (progressToken: unknown) => ({ id: 1, params: { _meta: { progressToken } } })],
] as const) {
  test(`an ${what} that is longer than anybody needs is refused`, (t) => {
    const read = (characters: number) => {
      const body = { jsonrpc: '2.0', method: 'm', ...message('x'.repeat(characters)) }
      return parseBody(Buffer.from(JSON.stringify(body)))
    }
    t.is(read(ID_CHARACTERS_MAX).messages.length, 1)
    const fault = t.throws(() => read(ID_CHARACTERS_MAX + 1), { instanceOf: RpcFault })
    t.is(fault?.status, 400)
    t.is(fault?.message, `${what} has more than ${ID_CHARACTERS_MAX} characters`)
  })
}
