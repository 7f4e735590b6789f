import test from 'ava'
import { isStateless } from '../../../services/native/era.ts'

const _meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' }

for (const [title, body] of [
  ['a request with the envelope', { method: 'tools/list', params: { _meta } }],
  ['one whose revision nobody knows', { method: 'x', params: { _meta: { ..._meta, more: 1 } } }],
  ['server/discover', { method: 'server/discover' }],
] as const) {
  test(`without sessions: ${title}`, (t) => t.true(isStateless(body)))
}

for (const [title, body] of [
  ['a request without an envelope', { method: 'tools/list', params: {} }],
  ['one with other metadata', { method: 'tools/call', params: { _meta: { progressToken: 1 } } }],
  ['initialize', { method: 'initialize', params: { protocolVersion: '2025-11-25', _meta } }],
  ['a batch', [{ method: 'tools/list', params: { _meta } }]],
  ['null', null],
  ['metadata that are none', { method: 'tools/list', params: { _meta: 'text' } }],
  ['params that are none', { method: 'tools/list', params: [_meta] }],
] as const) {
  test(`with sessions: ${title}`, (t) => t.false(isStateless(body)))
}
