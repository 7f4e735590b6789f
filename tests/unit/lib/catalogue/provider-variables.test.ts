import test from 'ava'
import { providerSecretNames } from '../../../../lib/catalogue/providers.ts'
import type { Environment } from '../../../../lib/platform/environment.ts'
import { faultsOf, readYaml } from '../../../support/configuration.ts'

const ACME = {
  OIDC_ISSUER: 'https://id.acme.example/realms/acme',
  OIDC_CLIENT_ID: 'gateway',
  ALLOWED_USERS: '*@acme.example',
}

test('an OpenID provider by variables alone', (t) => {
  const { providers, access } = readYaml('', { ...ACME, OIDC_NAME: 'acme' })
  t.like(providers[0], {
    kind: 'oidc',
    name: 'acme',
    label: 'Acme',
    issuer: ACME.OIDC_ISSUER,
    clientId: 'gateway',
  })
  t.deepEqual(providerSecretNames(providers), ['OIDC_CLIENT_SECRET'])
  t.deepEqual(access.gateway, [{ kind: 'email-domain', domain: 'acme.example' }])
  t.is(readYaml('', ACME).providers[0]?.name, 'oidc')
})

test('it stands beside GitHub, and ALLOWED_USERS beside ALLOWED_GITHUB_USERS', (t) => {
  const both = { ...ACME, GITHUB_CLIENT_ID: 'id', ALLOWED_GITHUB_USERS: 'octocat' }
  const { providers, access } = readYaml('', both)
  t.deepEqual(
    providers.map(({ name }) => name),
    ['github', 'oidc'],
  )
  t.deepEqual(access.gateway, [
    { kind: 'email-domain', domain: 'acme.example' },
    { kind: 'login', provider: 'github', login: 'octocat' },
  ])
})

test('the file wins, member by member', (t) => {
  const yaml = 'providers: { oidc: { label: Staff, client_id: other } }'
  t.like(readYaml(yaml, ACME).providers[0], {
    label: 'Staff',
    clientId: 'other',
    issuer: ACME.OIDC_ISSUER,
  })
})

const isFault = test.macro({
  exec(t, environment: Environment, expected: RegExp) {
    const faults = faultsOf(() => readYaml('', environment))
    t.is(faults.length, 1, faults.join('\n'))
    t.regex(faults[0] ?? '', expected)
  },
  title: (name = '') => `a fault: ${name}`,
})
test(
  'an issuer alone',
  isFault,
  { OIDC_ISSUER: 'https://x.example' },
  /^OIDC_ISSUER means nothing without OIDC_CLIENT_ID/,
)
test(
  'a client alone',
  isFault,
  { OIDC_CLIENT_ID: 'x' },
  /^OIDC_CLIENT_ID means nothing without OIDC_ISSUER/,
)
test('plain http', isFault, { ...ACME, OIDC_ISSUER: 'http://x.example' }, /\.issuer: must be https/)
test(
  'a rule that means nothing',
  isFault,
  { ...ACME, ALLOWED_USERS: '*@acme.example,github:octocat' },
  /^ALLOWED_USERS: there is no provider "github", only oidc/,
)
test('nobody named', isFault, { ...ACME, ALLOWED_USERS: '' }, /or set ALLOWED_USERS/)

test('a service may not name the secret', (t) => {
  const yaml = 'mcpServers: { x: { command: x, env: { A: "${secret.OIDC_CLIENT_SECRET}" } } }'
  t.regex(faultsOf(() => readYaml(yaml, ACME))[0] ?? '', /is the client secret of a login provider/)
})
