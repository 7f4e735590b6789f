import test from 'ava'
import { parseExactly } from '../../../../mcp-bridge/exact-json.ts'
import { RpcFault, type RpcRequest } from '../../../../mcp-bridge/json-rpc.ts'
import { MIRRORED_LISTS_MAX, MIRRORED_TOOLS_MAX } from '../../../../mcp-bridge/limits.ts'
import { MirroredArguments } from '../../../../mcp-bridge/stateless/mirrored-arguments.ts'

const ANN = { user: 'ann', service: 'one' }
const LIST: RpcRequest = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
const NEXT: RpcRequest = { ...LIST, params: { cursor: 'more' } }

const schema = (type: string, header: unknown = 'Region') => ({
  type: 'object',
  properties: { region: { type, 'x-mcp-header': header } },
})

const tool = (name: string, inputSchema: unknown = schema('string')) => ({ name, inputSchema })

const call = (args: unknown, name = 'find'): RpcRequest => ({
  jsonrpc: '2.0',
  id: 2,
  method: 'tools/call',
  params: { name, arguments: args },
})

function learnt(inputSchema: unknown): MirroredArguments {
  const mirrored = new MirroredArguments()
  mirrored.learn(ANN, LIST, { tools: [tool('find', inputSchema)] })
  return mirrored
}

const base64 = (text: string): string => `=?base64?${Buffer.from(text).toString('base64')}?=`

for (const [title, type, value, header] of [
  ['as it is', 'string', 'us-west1', 'us-west1'],
  ['encoded', 'string', 'Hello, 世界', base64('Hello, 世界')],
  ['plain text that begins like an encoded one', 'string', '=?base64?SGVs', '=?base64?SGVs'],
  ['what looks encoded, encoded', 'string', '=?base64?x?=', base64('=?base64?x?=')],
  ['a boolean', 'boolean', true, 'true'],
  ['an integer', 'integer', -7, '-7'],
  ['an integer with its fraction', 'integer', 42, '42.0'],
  ['an integer whose fraction is in the body', 'integer', parseExactly('[42.0]'), '42'],
  ['an absent value', 'string', undefined, undefined],
  ['an absent value with a header', 'string', undefined, 'ignored'],
  ['null', 'string', null, undefined],
  ['a value of another type than any header has', 'string', { a: 1 }, undefined],
] as const) {
  test(`a header may repeat an argument: ${title}`, (t) => {
    const region = Array.isArray(value) ? value[0] : value
    const headers = header === undefined ? {} : { 'mcp-param-region': header }
    t.notThrows(() => learnt(schema(type)).assert(ANN, headers, call({ region })))
  })
}

for (const [title, type, value, header] of [
  ['missing', 'string', 'us-west1', undefined],
  ['another text', 'string', 'us-west1', 'eu'],
  ['another case', 'string', 'us-west1', 'US-West1'],
  ['given twice', 'string', 'us', 'us, us'],
  ['encoded without its padding', 'string', 'Hello', '=?base64?SGVsbG8?='],
  ['encoded with other characters', 'string', 'Hello', '=?base64?SGVs!!!bG8=?='],
  ['encoded, but no UTF-8', 'string', '�', '=?base64?/w==?='],
  ['another number', 'integer', 42, '43'],
  ['a number in another notation', 'integer', 42, '0x2a'],
  ['empty for a number', 'integer', 0, ''],
  ['another boolean', 'boolean', true, 'True'],
] as const) {
  test(`a header that says something else than its argument is refused: ${title}`, (t) => {
    const headers = header === undefined ? {} : { 'mcp-param-region': header }
    const fault = t.throws(
      () => learnt(schema(type)).assert(ANN, headers, call({ region: value })),
      { instanceOf: RpcFault },
    )
    t.is(fault?.status, 400)
    t.is(fault?.code, -32020)
  })
}

test('an argument below others has its header too', (t) => {
  const place = { type: 'object', properties: { region: { type: 'string', 'x-mcp-header': 'At' } } }
  const mirrored = learnt({ type: 'object', properties: { place } })
  const asked = call({ place: { region: 'eu' } })
  t.notThrows(() => mirrored.assert(ANN, { 'mcp-param-at': 'eu' }, asked))
  t.throws(() => mirrored.assert(ANN, {}, asked), { instanceOf: RpcFault })
  t.notThrows(() => mirrored.assert(ANN, {}, call({ place: 'none' })))
})

test('members that every object inherits are no arguments', (t) => {
  const properties = { constructor: { type: 'string', 'x-mcp-header': 'C' } }
  t.notThrows(() => learnt({ type: 'object', properties }).assert(ANN, {}, call({})))
})

for (const [title, inputSchema] of [
  ['no name', schema('string', '')],
  ['a name that is no token', schema('string', 'a b')],
  ['a name that is no text', schema('string', 7)],
  ['a type that is no plain value', schema('object')],
  ['one below an array', { type: 'array', items: schema('string') }],
  ['a schema that is none', 'x'],
] as const) {
  test(`nothing is compared for a declaration that does not count: ${title}`, (t) => {
    t.notThrows(() => learnt(inputSchema).assert(ANN, {}, call({ region: 'eu' })))
  })
}

test('each person is judged by the list that person was shown', (t) => {
  const mirrored = learnt(schema('string'))
  const asked = call({ region: 'eu' })
  t.throws(() => mirrored.assert(ANN, {}, asked), { instanceOf: RpcFault })
  t.notThrows(() => mirrored.assert({ ...ANN, user: 'bob' }, {}, asked))
  t.notThrows(() => mirrored.assert({ ...ANN, service: 'two' }, {}, asked))
  t.notThrows(() => mirrored.assert(ANN, {}, call({ region: 'eu' }, 'other')))
  t.notThrows(() => mirrored.assert(ANN, {}, { ...asked, method: 'prompts/get' }))
})

test('a new list takes the place of the one before, its next pages add to it', (t) => {
  const mirrored = learnt(schema('string'))
  const isCompared = (name: string): boolean => {
    try {
      mirrored.assert(ANN, {}, call({ region: 'eu' }, name))
      return false
    } catch {
      return true
    }
  }
  mirrored.learn(ANN, NEXT, { tools: [tool('second')] })
  t.deepEqual(['find', 'second'].map(isCompared), [true, true])
  mirrored.learn(ANN, LIST, { tools: [tool('second')] })
  t.deepEqual(['find', 'second'].map(isCompared), [false, true])
  mirrored.learn(ANN, LIST, { tools: [{ name: 'second' }, { name: 7 }, 'x'] })
  t.deepEqual(['find', 'second'].map(isCompared), [false, false])
  for (const none of [undefined, 'x', { tools: 'x' }]) mirrored.learn(ANN, LIST, none)
})

test('what is remembered has a bound', (t) => {
  const mirrored = learnt(schema('string'))
  const many = Array.from({ length: MIRRORED_TOOLS_MAX + 1 }, (_, index) => tool(`t${index}`))
  mirrored.learn(ANN, LIST, { tools: many })
  const asked = (name: string) => call({ region: 'eu' }, name)
  t.throws(() => mirrored.assert(ANN, {}, asked(`t${MIRRORED_TOOLS_MAX - 1}`)))
  t.notThrows(() => mirrored.assert(ANN, {}, asked(`t${MIRRORED_TOOLS_MAX}`)))
  for (let user = 0; user < MIRRORED_LISTS_MAX; user += 1) {
    mirrored.learn({ user: String(user), service: 'one' }, LIST, { tools: [tool('find')] })
  }
  t.notThrows(() => mirrored.assert(ANN, {}, asked('t0')), 'the oldest is forgotten')
})
