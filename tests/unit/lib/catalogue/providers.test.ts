import test from 'ava'
import { DEV } from '../../../../lib/catalogue/providers.ts'
import type { Environment } from '../../../../lib/platform/environment.ts'
import { faultsOf, readYaml } from '../../../support/configuration.ts'

const FAR = { PUBLIC_URL: 'https://gw.example' }
const OPEN = 'access: { users: ["*"] }\n'
const OKTA =
  'okta: { issuer: "https://x.okta.com", client_id: id, client_secret: "${secret.OKTA}" }'

test('on loopback the dev provider is there until another one is', (t) => {
  t.deepEqual(readYaml('').providers, [DEV])
  t.deepEqual(readYaml('providers: {}').providers, [DEV])
  const names = (yaml: string): string[] => readYaml(OPEN + yaml).providers.map(({ name }) => name)
  t.deepEqual(names(`providers:\n  ${OKTA}`), ['okta'])
  t.deepEqual(names(`providers:\n  ${OKTA}\n  dev: {}`), ['okta', 'dev'])
  t.deepEqual(readYaml('', FAR).providers, [])
})

test('GitHub by variables alone', (t) => {
  const { providers } = readYaml(OPEN, { GITHUB_CLIENT_ID: 'id' })
  t.deepEqual(providers, [
    {
      kind: 'github',
      name: 'github',
      label: 'GitHub',
      issuer: 'https://github.com',
      url: 'https://github.com',
      apiUrl: 'https://api.github.com',
      clientId: 'id',
      secretName: 'GITHUB_CLIENT_SECRET',
    },
  ])
})

const gitHub = test.macro({
  exec(t, yaml: string, environment: Environment, expected: Record<string, string>) {
    const [found] = readYaml(OPEN + yaml, { GITHUB_CLIENT_ID: 'id', ...environment }).providers
    t.like(found, expected)
  },
  title: (name = '') => `GitHub: ${name}`,
})
test(
  'a server of one’s own has its API under a path',
  gitHub,
  '',
  { GITHUB_URL: 'https://ghe.example/' },
  {
    issuer: 'https://ghe.example',
    url: 'https://ghe.example',
    apiUrl: 'https://ghe.example/api/v3',
  },
)
test(
  'an enterprise in the cloud has a host for its API',
  gitHub,
  '',
  { GITHUB_URL: 'https://acme.ghe.com' },
  { apiUrl: 'https://api.acme.ghe.com' },
)
test(
  'an API elsewhere, in plain on this machine',
  gitHub,
  '',
  { GITHUB_URL: 'http://localhost:1', GITHUB_API_URL: 'http://127.0.0.1:2/api/' },
  { url: 'http://localhost:1', apiUrl: 'http://127.0.0.1:2/api' },
)
test(
  'the file wins member by member, variables complete it',
  gitHub,
  'providers: { github: { label: Work, client_secret: "${secret.GH}" } }',
  { GITHUB_URL: 'https://ghe.example' },
  { clientId: 'id', label: 'Work', secretName: 'GH', url: 'https://ghe.example' },
)
test(
  'the API of another GitHub than the file’s is not taken',
  gitHub,
  'providers: { github: { client_id: mine, url: "https://ghe.example" } }',
  { GITHUB_API_URL: 'https://other.example' },
  { clientId: 'mine', apiUrl: 'https://ghe.example/api/v3' },
)

test('any OpenID Connect provider by its issuer, and a second GitHub', (t) => {
  const { providers } = readYaml(`${OPEN}providers:
  google: { issuer: "https://accounts.google.com", client_id: id, client_secret: "\${secret.G}", login_claim: email }
  entra:
    { type: oidc, label: Microsoft, issuer: "https://login.microsoftonline.com/t/v2.0", client_id: id,
      scopes: [a, b, a], trust_email: true, groups_claim: roles }
  work: { type: github, url: "https://ghe.example", client_id: id, client_secret: "\${secret.W}" }
`)
  const [google, entra, work] = providers
  t.deepEqual(google, {
    kind: 'oidc',
    name: 'google',
    label: 'Google',
    issuer: 'https://accounts.google.com',
    clientId: 'id',
    secretName: 'G',
    groupsClaim: 'groups',
    loginClaim: 'email',
    scopes: [],
    trustsEmail: false,
  })
  t.like(entra, {
    label: 'Microsoft',
    secretName: undefined,
    groupsClaim: 'roles',
    loginClaim: 'preferred_username',
    trustsEmail: true,
  })
  t.deepEqual(entra?.kind === 'oidc' ? entra.scopes : [], ['a', 'b'])
  t.like(work, { kind: 'github', name: 'work', secretName: 'W', label: 'GitHub' })
})

const isFault = test.macro({
  exec(t, yaml: string, environment: Environment, ...expected: RegExp[]) {
    const faults = faultsOf(() => readYaml(`${OPEN}providers:\n  ${yaml}\n`, environment))
    t.is(faults.length, expected.length, faults.join('\n'))
    for (const [index, pattern] of expected.entries()) t.regex(faults[index] ?? '', pattern)
  },
  title: (name = '') => `providers: ${name} is a fault`,
})

const URLS = 'client_id: id, client_secret: "${secret.X}"'
for (const issuer of [
  'http://x.example',
  'ftp://x.example',
  'x.example',
  'https://x.example?a=b',
  'https://x.example#',
  'https://x.example/a b',
  'http://localhost.example',
  'http:\\\\localhost',
]) {
  const yaml = `a: { ${URLS}, issuer: ${JSON.stringify(issuer)} }`
  test(`issuer ${issuer}`, isFault, yaml, {}, /^providers\.a\.issuer: must be https:\/\/HOST/)
}
test(
  'a login in an address',
  isFault,
  `a: { ${URLS}, issuer: "https://me:hush@x.example" }`,
  {},
  /issuer: must be .*not "…@x\.example"$/,
)
test(
  'two bad addresses, both told',
  isFault,
  `github: { ${URLS}, url: "http://ghe.example", api_url: x }`,
  {},
  /github\.url: must be/,
  /github\.api_url: must be/,
)
test('a name with capitals', isFault, `Okta: { ${URLS}, issuer: "https://x.example" }`, {}, /a-z/)
test('a name with a colon', isFault, `"a:b": { ${URLS}, issuer: "https://x.example" }`, {}, /a-z/)
test(
  'a name of 33 characters',
  isFault,
  `${'a'.repeat(33)}: { ${URLS}, issuer: "https://x.example" }`,
  {},
  /1 to 32/,
)
test(
  'the name of client credentials',
  isFault,
  `client: { ${URLS}, issuer: "https://x.example" }`,
  {},
  /^providers\.client: the name "client" is reserved/,
)
test('no kind', isFault, `a: { ${URLS} }`, {}, /^providers\.a: needs an issuer, or type: github/)
test(
  'OpenID Connect without an issuer',
  isFault,
  `a: { ${URLS}, type: oidc }`,
  {},
  /issuer: is not/,
)
test(
  'another kind under the name github',
  isFault,
  `github: { ${URLS}, type: oidc, issuer: "https://x.example" }`,
  {},
  /^providers\.github\.type: "github" can only be github/,
)
test('the dev kind under another name', isFault, 'me: { type: dev }', {}, /can only be named dev/)
test(
  'the dev provider where others reach it',
  isFault,
  'dev: {}',
  FAR,
  /^providers\.dev: believes whoever asks/,
)
test('a secret of nobody', isFault, 'dev: { client_id: x }', {}, /dev\.client_id: means nothing/)
test(
  'members of another kind',
  isFault,
  `github: { ${URLS}, groups_claim: g }\n  a: { ${URLS}, issuer: "https://x.example", url: "https://x.example" }`,
  {},
  /github\.groups_claim: means nothing for github/,
  /a\.url: means nothing for oidc/,
)
test(
  'no client_id',
  isFault,
  'github: {}\n  a: { issuer: "https://x.example" }',
  {},
  /github\.client_id: is not set, nor is GITHUB_CLIENT_ID/,
  /a\.client_id: is not set/,
)
test(
  'a second GitHub without a secret of its own',
  isFault,
  'work: { type: github, client_id: x }',
  {},
  /work\.client_secret: is not set/,
)
test(
  'a literal secret',
  isFault,
  'a: { client_id: x, client_secret: hush, issuer: "https://x.example" }',
  {},
  /a\.client_secret: must be written \$\{secret\.NAME\}/,
)
test(
  'a key of the gateway as secret',
  isFault,
  'a: { client_id: x, client_secret: "${secret.REDIS_PASSWORD}", issuer: "https://x.example" }',
  {},
  /REDIS_PASSWORD is a key of the gateway/,
)
test(
  'GitHub’s secret for somebody else',
  isFault,
  'a: { client_id: x, client_secret: "${secret.GITHUB_CLIENT_SECRET}", issuer: "https://x.example" }',
  {},
  /GITHUB_CLIENT_SECRET is a key of the gateway/,
)
test(
  'a scope with a blank',
  isFault,
  `a: { ${URLS}, issuer: "https://x.example", scopes: ["a b"] }`,
  {},
  /a\.scopes\.0/,
)
test('a key that nobody knows', isFault, `a: { ${URLS}, secret: y }`, {}, /secret/)
test(
  'an id that no header carries',
  isFault,
  'github: {}',
  { GITHUB_CLIENT_ID: 'a b' },
  /client_id: must be 1 to 255 printable/,
)

test('variables of GitHub mean nothing without its client_id', (t) => {
  const faults = faultsOf(() => readYaml('', { GITHUB_URL: 'x', GITHUB_API_URL: 'y' }))
  t.deepEqual(faults, [
    'GITHUB_URL means nothing without GITHUB_CLIENT_ID',
    'GITHUB_API_URL means nothing without GITHUB_CLIENT_ID',
  ])
})

test('no fault tells what was written as a secret', (t) => {
  const faults = faultsOf(() => readYaml('providers: { a: { client_secret: hush-hush, x: 1 } }'))
  t.true(faults.length > 0)
  t.false(faults.join().includes('hush-hush'))
})

test('a file that cannot be read tells its own faults, not those of people missing there', (t) => {
  const faults = faultsOf(() =>
    readYaml('unknown: 1', { GITHUB_CLIENT_ID: 'id', ALLOWED_GITHUB_USERS: 'a' }),
  )
  t.is(faults.length, 1, faults.join('\n'))
  t.regex(faults[0] ?? '', /unknown/)
})

test('a provider’s secret is no client’s and no service’s', (t) => {
  const yaml = `${OPEN}
providers:
  ${OKTA}
clients:
  a: { client_secret: "\${secret.OKTA}", redirect_uris: ["https://a.example/cb"] }
  b: { client_secret: "\${secret.GITHUB_CLIENT_SECRET}", redirect_uris: ["https://a.example/cb"] }
mcpServers:
  x: { command: x, args: ["--key=\${secret.OKTA}"] }
  y: { command: y, env: { A: "\${secret.OKTA_OTHER}" } }
  z: { command: z, env: { A: "\${secret.GITHUB_CLIENT_SECRET}" } }
`
  const faults = faultsOf(() => readYaml(yaml))
  t.is(faults.length, 4, faults.join('\n'))
  for (const expected of [
    /^clients\.a\.client_secret: OKTA is the client secret of a login provider/,
    /^clients\.b\.client_secret: GITHUB_CLIENT_SECRET is a key of the gateway/,
    /^mcpServers\.x: \$\{secret\.OKTA\} is the client secret of a login provider/,
    /^mcpServers\.z: env\.A: /,
  ]) {
    t.true(
      faults.some((fault) => expected.test(fault)),
      String(expected),
    )
  }
})
