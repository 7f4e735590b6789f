import test from 'ava'
import {
  isStateless,
  isStatelessPost,
  olderRevision,
  toUnsupported,
  withServedRevision,
} from '../../../mcp-bridge/era.ts'

const jsonrpc = '2.0' as const
const envelope = { _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } }

for (const [title, method, params, expected] of [
  ['a call', 'tools/call', { name: 'x' }, false],
  ['a call with other _meta', 'tools/call', { _meta: { progressToken: 1 } }, false],
  ['a call with _meta that is no object', 'tools/call', { _meta: 'x' }, false],
  ['a call with params that are no object', 'tools/call', [1], false],
  ['a call with the envelope elsewhere', 'tools/call', { arguments: envelope }, false],
  ['a call with the envelope', 'tools/call', envelope, true],
  ['a notification with the envelope', 'notifications/cancelled', envelope, true],
  ['discover', 'server/discover', undefined, true],
  ['initialize', 'initialize', {}, false],
  ['initialize with the envelope alone', 'initialize', envelope, true],
  [
    'initialize that asks for a revision, with the envelope',
    'initialize',
    { ...envelope, protocolVersion: '2025-11-25' },
    false,
  ],
] as const) {
  test(`${title} is ${expected ? '' : 'not '}of the era without sessions`, (t) => {
    t.is(isStateless({ jsonrpc, id: 1, method, params }), expected)
  })
}

for (const [title, message, revision, session, expected] of [
  ['the envelope decides, whatever the headers say', envelope, '2025-06-18', 'a-session', true],
  [
    'a header alone, without a session: the envelope was forgotten',
    {},
    '2026-07-28',
    undefined,
    true,
  ],
  ['a header alone, in a session: some clients send it so', {}, '2026-07-28', 'a-session', false],
  ['neither', {}, '2025-11-25', undefined, false],
  ['no header', {}, undefined, undefined, false],
] as const) {
  test(title, (t) => {
    const one = { jsonrpc, id: 1, method: 'tools/list', params: message }
    t.is(isStatelessPost({ messages: [one], isBatch: false }, revision, session), expected)
  })
}

test('to initialize is to want a session, whatever the header says', (t) => {
  const one = { jsonrpc, id: 1, method: 'initialize', params: {} }
  t.false(isStatelessPost({ messages: [one], isBatch: false }, '2026-07-28', undefined))
})

test('the refusal of a revision names the request and what is served', (t) => {
  const fault = toUnsupported('1900-01-01', ['2025-11-25'], 'x')
  t.is(fault.status, 400)
  t.deepEqual(fault.toResponse(), {
    jsonrpc,
    id: 'x',
    error: {
      code: -32022,
      message: fault.message,
      data: { supported: ['2025-11-25'], requested: '1900-01-01' },
    },
  })
})

for (const [asked, served] of [
  ['2026-07-28', '2025-11-25'],
  ['2025-11-26', '2025-11-25'],
  ['2025-11-25', '2025-11-25'],
  ['2025-06-18', '2025-06-18'],
  ['1900-01-01', '1900-01-01'],
  ['latest', 'latest'],
] as const) {
  test(`an initialize for ${asked} reaches the server as ${served}`, (t) => {
    const params = { protocolVersion: asked, capabilities: { roots: {} } }
    const request = { jsonrpc, id: 1, method: 'initialize', params }
    t.deepEqual(withServedRevision(request), {
      ...request,
      params: { ...params, protocolVersion: served },
    })
  })
}

for (const [asked, settled, expected] of [
  ['2025-06-18', '2025-11-25', '2025-06-18'],
  ['2025-11-25', '2025-06-18', '2025-06-18'],
  ['1900-01-01', '2025-06-18', '2025-06-18'],
  [undefined, '2025-06-18', '2025-06-18'],
] as const) {
  test(`${asked} asked of a server that settled on ${settled} is ${expected}`, (t) => {
    t.is(olderRevision(asked, settled), expected)
  })
}
