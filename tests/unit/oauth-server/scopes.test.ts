import test from 'ava'
import type { Service } from '../../../lib/catalogue/service.ts'
import { createScopes } from '../../../oauth-server/scopes.ts'

const service = (name: string, scopes: Record<string, string>): [string, Service] => [
  name,
  { name, scopes } as unknown as Service,
]
const scopes = createScopes(
  new Map([
    service('notes', { 'notes:write': 'Write notes', 'notes:read': '' }),
    service('mail', { 'mail:send': 'Send mail' }),
  ]),
)

test('every scope that can be granted is supported, and nothing else', (t) => {
  t.deepEqual(scopes.supported, [
    'mcp',
    'notes:write',
    'notes:read',
    'mail:send',
    'offline_access',
    'openid',
    'profile',
  ])
})

test('what belongs to the service or to none is granted, beside the base scope', (t) => {
  t.deepEqual(scopes.grant('notes', []), ['mcp'])
  t.deepEqual(scopes.grant('notes', ['notes:write', 'mail:send', 'openid', 'unheard']), [
    'mcp',
    'notes:write',
    'openid',
  ])
  t.deepEqual(scopes.grant('notes', ['offline_access', 'mcp', 'constructor', '__proto__']), [
    'mcp',
    'offline_access',
  ])
})

test('each is described in words, or by its name', (t) => {
  t.deepEqual(scopes.describe('notes', ['mcp', 'notes:write', 'notes:read']), [
    'Use the service notes',
    'Write notes',
    'notes:read',
  ])
})
