import test from 'ava'
import { type AccessRules, OPEN_ACCESS } from '../../../lib/catalogue/access-rules.ts'
import { readGateway } from '../../../lib/catalogue/gateway.ts'
import { DEV, type ProviderSettings } from '../../../lib/catalogue/providers.ts'
import type { Service } from '../../../lib/catalogue/service.ts'
import { createScopes, knowsAddresses } from '../../../oauth-server/scopes.ts'
import { changingGateway } from '../../support/changing-gateway.ts'

const service = (name: string, scopes: Record<string, string>): [string, Service] => [
  name,
  { name, scopes } as unknown as Service,
]
const live = (
  services: Iterable<[string, Service]>,
  providers: readonly ProviderSettings[] = [DEV],
) =>
  changingGateway({
    ...readGateway({}, '/nonexistent'),
    services: new Map(services),
    providers,
  })
const scopes = createScopes(
  live([
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
    { scope: 'mcp' },
    { text: 'Write notes' },
    { text: 'notes:read' },
  ])
})

test('an address is a scope where somebody tells addresses, and nowhere else', (t) => {
  const unknown = createScopes(live([service('notes', {})]))
  t.false(unknown.supported.includes('email'))
  t.deepEqual(unknown.grant('notes', ['email']), ['mcp'])
  const oidc = [{ kind: 'oidc' }] as unknown as ProviderSettings[]
  const known = createScopes(live([service('notes', {})], oidc))
  t.is(known.supported.at(-1), 'email')
  t.deepEqual(known.grant('notes', ['email']), ['mcp', 'email'])
  t.deepEqual(known.describe('notes', ['email']), [{ scope: 'email' }])
})

test('scopes come and go with their service', async (t) => {
  const gateway = live([service('notes', { 'notes:write': 'Write notes' })])
  const held = createScopes(gateway)
  t.true(held.supported.includes('notes:write'))
  await gateway.change({ services: new Map([service('mail', { 'mail:send': 'Send mail' })]) })
  t.deepEqual(held.grant('mail', ['mail:send', 'notes:write']), ['mcp', 'mail:send'])
  t.true(held.supported.includes('mail:send'))
  t.false(held.supported.includes('notes:write'))
})

test('OpenID Connect providers tell addresses, GitHub where a rule needs them, dev never', (t) => {
  const knows = (kinds: string[], gateway: AccessRules = [], narrow: AccessRules = []): boolean =>
    knowsAddresses({
      providers: kinds.map((kind) => ({ kind })) as unknown as ProviderSettings[],
      access: { gateway, services: new Map([['notes', narrow]]) },
    })
  const rule: AccessRules = [{ kind: 'email-domain', domain: 'example.com' }]
  t.true(knows(['dev', 'oidc']))
  t.false(knows(['github']))
  t.false(knows(['github'], [{ kind: 'everyone' }]))
  t.true(knows(['github'], rule))
  t.true(knows(['github'], [], [{ kind: 'email', email: 'a@example.com' }]))
  t.false(knows(['dev'], rule))
  t.false(knowsAddresses({ providers: [DEV], access: OPEN_ACCESS }))
})
