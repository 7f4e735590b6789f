import test from 'ava'
import { toOlderError, toOlderResult } from '../../../../mcp-bridge/translate/older-answer.ts'

const SERVER = { 'io.modelcontextprotocol/serverInfo': { name: 's', version: '1' } }

test('what only the later revision has goes, the rest stays', (t) => {
  const later = { resultType: 'complete', ttlMs: 5, cacheScope: 'public', _meta: SERVER }
  t.deepEqual(toOlderResult('resources/list', { ...later, resources: [], nextCursor: 'n' }), {
    resources: [],
    nextCursor: 'n',
  })
  const _meta = { ...SERVER, 'x.example/y': 1 }
  t.deepEqual(toOlderResult('prompts/get', { ...later, _meta, messages: [] }), {
    _meta: { 'x.example/y': 1 },
    messages: [],
  })
})

test('schemas of tools that older clients cannot read do not cost them the list', (t) => {
  const object = { type: 'object', properties: { a: { type: 'string' } } }
  const anything = { type: 'object', properties: { a: true, b: false, c: {} } }
  const tools = [
    { name: 'plain', inputSchema: object, outputSchema: object },
    { name: 'list', inputSchema: object, outputSchema: { type: 'array' } },
    { name: 'any', inputSchema: anything, outputSchema: anything },
    'no tool',
  ]
  const older = { type: 'object', properties: { a: {}, b: { not: {} }, c: {} } }
  t.deepEqual(toOlderResult('tools/list', { tools }), {
    tools: [
      { name: 'plain', inputSchema: object, outputSchema: object },
      { name: 'list', inputSchema: object },
      { name: 'any', inputSchema: older, outputSchema: older },
      'no tool',
    ],
  })
})

for (const [title, given, expected] of [
  [
    'an object stays',
    { content: [], structuredContent: {} },
    { content: [], structuredContent: {} },
  ],
  [
    'a list becomes text',
    { content: [{ type: 'image' }], structuredContent: [1] },
    { content: [{ type: 'image' }, { type: 'text', text: '[1]' }] },
  ],
  [
    'a number that is text already goes',
    { content: [{ type: 'text', text: 'one' }], structuredContent: 1 },
    { content: [{ type: 'text', text: 'one' }] },
  ],
  ['null becomes text', { structuredContent: null }, { content: [{ type: 'text', text: 'null' }] }],
] as const) {
  test(`of what a tool returns ${title}`, (t) => {
    t.deepEqual(toOlderResult('tools/call', given), expected)
  })
}

for (const [method, error, code] of [
  ['tools/call', { code: -32021, data: { requiredCapabilities: {} } }, -32600],
  ['tools/call', { code: -32020 }, -32603],
  ['tools/call', { code: -32022, data: { supported: [] } }, -32603],
  ['tools/call', { code: -32602 }, -32602],
  ['tools/call', { code: -32601 }, -32601],
  ['resources/read', { code: -32602, data: { uri: 'a:b' } }, -32002],
  ['resources/read', { code: -32602 }, -32002],
  ['resources/read', { code: -32602, data: { reason: 'invalid_request_state' } }, -32602],
] as const) {
  test(`${error.code} of ${method} with ${JSON.stringify(error)} is ${code}`, (t) => {
    const request = { jsonrpc: '2.0', id: 1, method, params: { uri: 'a:b' } } as const
    t.deepEqual(toOlderError(request, { message: 'm', ...error }), { message: 'm', ...error, code })
  })
}

test('a request that names no resource names a wrong parameter', (t) => {
  const request = { jsonrpc: '2.0', id: 1, method: 'resources/read' } as const
  t.like(toOlderError(request, { code: -32602 }), { code: -32602 })
})
