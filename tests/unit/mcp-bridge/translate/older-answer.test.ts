import test from 'ava'
import type { JsonObject } from '../../../../lib/platform/json.ts'
import { RpcFault } from '../../../../mcp-bridge/json-rpc.ts'
import {
  toOlderError,
  toOlderResult,
} from '../../../../mcp-bridge/translate/sessions/older-answer.ts'

const older = (method: string, result: JsonObject, revision = '2025-11-25') =>
  toOlderResult(method, result, revision)

const SERVER = { 'io.modelcontextprotocol/serverInfo': { name: 's', version: '1' } }

test('what only the later revision has goes, the rest stays', (t) => {
  const later = { resultType: 'complete', ttlMs: 5, cacheScope: 'public', _meta: SERVER }
  t.deepEqual(older('resources/list', { ...later, resources: [], nextCursor: 'n' }), {
    resources: [],
    nextCursor: 'n',
  })
  const _meta = { ...SERVER, 'x.example/y': 1 }
  t.deepEqual(older('prompts/get', { ...later, _meta, messages: [] }), {
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
  const objects = { type: 'object', properties: { a: {}, b: { not: {} }, c: {} } }
  t.deepEqual(older('tools/list', { tools }), {
    tools: [
      { name: 'plain', inputSchema: object, outputSchema: object },
      { name: 'list', inputSchema: object },
      { name: 'any', inputSchema: objects, outputSchema: objects },
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
    t.deepEqual(older('tools/call', given), expected)
  })
}

test('what is nested too deeply to be written as text is told so', (t) => {
  const structuredContent: unknown = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`)
  const fault = t.throws(() => older('tools/call', { structuredContent }), { instanceOf: RpcFault })
  t.regex(fault?.message ?? '', /nested too deeply/)
})

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

const link = {
  type: 'resource_link',
  uri: 'a:b',
  name: 'n',
  title: 'A title',
  description: 'Of it',
}
const audio = { type: 'audio', data: 'AAAA', mimeType: 'audio/wav', annotations: { priority: 1 } }
const text = { type: 'text', text: 't' }
const linkText = { type: 'text', text: 'A title\na:b\nOf it' }
const blob = {
  type: 'resource',
  resource: { uri: 'content:audio', mimeType: 'audio/wav', blob: 'AAAA' },
  annotations: { priority: 1 },
}

for (const [revision, content] of [
  ['2024-11-05', [text, linkText, blob]],
  ['2025-03-26', [text, linkText, audio]],
  ['2025-06-18', [text, link, audio]],
  ['2025-11-25', [text, link, audio]],
] as const) {
  test(`what ${revision} has no words for is said in others`, (t) => {
    const result = { content: [text, link, audio], structuredContent: {} }
    t.deepEqual(older('tools/call', result, revision), { content, structuredContent: {} })
    const messages = [text, link, audio].map((one) => ({ role: 'user', content: one }))
    t.deepEqual(older('prompts/get', { messages }, revision), {
      messages: content.map((one) => ({ role: 'user', content: one })),
    })
  })
}
