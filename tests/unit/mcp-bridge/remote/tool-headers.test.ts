import test from 'ava'
import { parseExactly } from '../../../../mcp-bridge/exact-json.ts'
import { ToolHeaders } from '../../../../mcp-bridge/remote/tool-headers.ts'

const marked = (header: unknown, type = 'string') => ({ type, 'x-mcp-header': header })
const tool = (properties: object, more: object = {}) => ({
  name: 'tool',
  inputSchema: { type: 'object', properties, ...more },
})

function headersOf(properties: object, args: unknown): Readonly<Record<string, string>> {
  const tools = new ToolHeaders()
  tools.learn([tool(properties)])
  return tools.headersFor('tool', args)
}

test('what is marked becomes a header, wherever it is nested', (t) => {
  const properties = {
    region: marked('Region'),
    count: marked('Count', 'integer'),
    dry: marked('Dry-Run', 'boolean'),
    query: { type: 'string' },
    deep: { type: 'object', properties: { er: marked('Deeper') } },
  }
  const args = { region: 'us-west1', count: -7, dry: false, query: 'q', deep: { er: 'x' } }
  t.deepEqual(headersOf(properties, args), {
    'mcp-param-region': 'us-west1',
    'mcp-param-count': '-7',
    'mcp-param-dry-run': 'false',
    'mcp-param-deeper': 'x',
  })
})

test('what is not there, or null, or of another kind, is left out', (t) => {
  const properties = { a: marked('A'), b: marked('B'), c: marked('C'), d: marked('D', 'integer') }
  t.deepEqual(headersOf(properties, { b: null, c: ['x'], d: 1.5 }), {})
  t.deepEqual(headersOf(properties, undefined), {})
  t.deepEqual(headersOf(properties, { d: 2 ** 53 }), {})
})

test('a number that kept its text is its value', (t) => {
  t.deepEqual(headersOf({ n: marked('N', 'integer') }, parseExactly('{"n":42.0}')), {
    'mcp-param-n': '42',
  })
})

// The examples of the specification.
for (const [value, header] of [
  ['us-west1', 'us-west1'],
  ['Hello, 世界', '=?base64?SGVsbG8sIOS4lueVjA==?='],
  [' padded ', '=?base64?IHBhZGRlZCA=?='],
  ['line1\nline2', '=?base64?bGluZTEKbGluZTI=?='],
  ['=?base64?literal?=', '=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?='],
  ['', '=?base64??='],
] as const) {
  test(`${JSON.stringify(value)} as a header`, (t) => {
    t.deepEqual(headersOf({ a: marked('A') }, { a: value }), { 'mcp-param-a': header })
  })
}

for (const [what, properties, more] of [
  ['an empty name', { a: marked('') }],
  ['no token', { a: marked('a b') }],
  ['a line break', { a: marked('a\r\nb: c') }],
  ['no text', { a: marked(1) }],
  ['twice the same', { a: marked('A'), b: marked('a') }],
  ['a number', { a: marked('A', 'number') }],
  ['an object', { a: marked('A', 'object') }],
  ['items', { a: { type: 'array', items: marked('A') } }],
  ['a choice', { a: { anyOf: [marked('A')] } }],
  ['a condition', {}, { if: { properties: { a: marked('A') } } }],
  ['a definition', {}, { $defs: { a: marked('A') } }],
  ['the root', {}, { 'x-mcp-header': 'A' }],
] as const) {
  test(`${what} marked: the tool is left out, the others stay`, (t) => {
    const tools = new ToolHeaders()
    const other = { name: 'other', inputSchema: { type: 'object' } }
    const learnt = tools.learn([tool(properties, more), other])
    t.deepEqual(learnt, { tools: [other], refused: ['tool'] })
    t.deepEqual(tools.headersFor('tool', { a: 'x' }), {})
  })
}

test('a parameter may have the keyword for a name, and a value may contain it', (t) => {
  const properties = { 'x-mcp-header': { type: 'string' }, a: { default: { 'x-mcp-header': 'A' } } }
  t.deepEqual(new ToolHeaders().learn([tool(properties)]).refused, [])
})

test('what is shown last counts', (t) => {
  const tools = new ToolHeaders()
  tools.learn([tool({ a: marked('A') })])
  tools.learn([tool({ a: { type: 'string' } })])
  t.deepEqual(tools.headersFor('tool', { a: 'x' }), {})
})

test('a schema without an end is refused, not followed', (t) => {
  let deep: object = { type: 'string' }
  for (let depth = 0; depth < 10_000; depth += 1) deep = { properties: { a: deep } }
  t.deepEqual(new ToolHeaders().learn([{ name: 'deep', inputSchema: deep }]).refused, ['deep'])
})
