import test from 'ava'
import type { AccessRule } from '../../../../lib/catalogue/access-rules.ts'
import type { Environment } from '../../../../lib/platform/environment.ts'
import { faultsOf, readYaml } from '../../../support/configuration.ts'

const GITHUB = { GITHUB_CLIENT_ID: 'id' }
const PROVIDERS = `providers:
  okta: { issuer: "https://x.okta.com", client_id: id }
  work: { type: github, url: "https://ghe.example", client_id: id, client_secret: "\${secret.W}" }
  dev: {}
`

const rule = test.macro({
  exec(t, list: string, text: string, expected: AccessRule) {
    const access = `access: { ${list}: [${JSON.stringify(text)}] }`
    t.deepEqual(readYaml(`${access}\n${PROVIDERS}`, GITHUB).access.gateway, [expected])
  },
  title: (_name, list, text) => `${list}: ${text}`,
})

test(rule, 'users', '*', { kind: 'everyone' })
test(rule, 'users', 'github:*', { kind: 'provider', provider: 'github' })
test(rule, 'users', 'okta:*', { kind: 'provider', provider: 'okta' })
test(rule, 'users', 'dev:*', { kind: 'provider', provider: 'dev' })
test(rule, 'users', 'github:583231', { kind: 'id', provider: 'github', id: '583231' })
test(rule, 'users', 'github:OctoCat', { kind: 'login', provider: 'github', login: 'octocat' })
test(rule, 'users', 'github:Jane_acme', { kind: 'login', provider: 'github', login: 'jane_acme' })
test(rule, 'users', 'work:octo-cat', { kind: 'login', provider: 'work', login: 'octo-cat' })
test(rule, 'users', 'dev:Alice', { kind: 'login', provider: 'dev', login: 'Alice' })
test(rule, 'users', 'dev:123', { kind: 'login', provider: 'dev', login: '123' })
test(rule, 'users', 'okta:00uAb:C', { kind: 'login', provider: 'okta', login: '00uAb:C' })
test(rule, 'users', 'okta:Alice@Example.com', {
  kind: 'login',
  provider: 'okta',
  login: 'Alice@Example.com',
})
test(rule, 'users', 'Alice+x@Example.com', { kind: 'email', email: 'alice+x@example.com' })
test(rule, 'users', '*@Example.com', { kind: 'email-domain', domain: 'example.com' })
test(rule, 'organizations', 'github:Acme', {
  kind: 'organization',
  provider: 'github',
  organization: 'acme',
})
test(rule, 'teams', 'work:Acme/Platform.X', {
  kind: 'team',
  provider: 'work',
  team: 'acme/platform.x',
})
test(rule, 'groups', 'okta:/Staff/The Engineers', {
  kind: 'group',
  provider: 'okta',
  group: '/Staff/The Engineers',
})

const isFault = test.macro({
  exec(t, list: string, text: string, expected: RegExp) {
    const access = `access: { ${list}: ["*@example.com", ${JSON.stringify(text)}] }`
    const yaml = list === 'users' ? access : access.replace('"*@example.com", ', '')
    const faults = faultsOf(() => readYaml(`${yaml}\n${PROVIDERS}`, GITHUB))
    t.is(faults.length, 1, faults.join('\n'))
    const [fault = ''] = faults
    t.true(fault.startsWith(`access.${list}.${list === 'users' ? 1 : 0}: `), fault)
    t.true(fault.includes(`"${text}"`), fault)
    t.regex(fault, expected)
  },
  title: (_name, list, text) => `${list}: ${JSON.stringify(text)} is a fault`,
})

for (const text of ['', ' ', 'octocat', 'octo*', '**', '* ', '@', '@example.com', 'a@', 'a@b']) {
  test(isFault, 'users', text, /must be "PROVIDER:LOGIN", .* or "\*", not/)
}
for (const text of [
  'a@*.com',
  '**@example.com',
  '*a@example.com',
  'a b@example.com',
  '*@*',
  'a@b@c.d',
]) {
  test(isFault, 'users', text, /must be "PROVIDER:LOGIN", .* or "\*", not/)
}
for (const text of ['a@-x.com', 'a@x..com', 'a@x.com ', '"a b"@x.com', '*@']) {
  test(isFault, 'users', text, /must be "PROVIDER:LOGIN"/)
}
for (const text of ['gitlab:alice', ':alice', 'GitHub:octocat', 'mailto:a@example.com']) {
  test(isFault, 'users', text, /there is no provider ".*", only github, okta, work, dev/)
}
for (const text of ['github:', 'github:octo*', 'github: octocat', 'github:a@b.example']) {
  test(isFault, 'users', text, /must be a GitHub login/)
}
// What a number would become must be what was written.
for (const text of ['github:0', 'github:0583231', 'github:9007199254740993']) {
  test(isFault, 'users', text, /must be a GitHub login .* a GitHub id/)
}
for (const text of ['dev:', 'dev:a b', 'dev:ä', `dev:${'a'.repeat(65)}`, 'okta:', 'okta: a']) {
  test(isFault, 'users', text, /must be "PROVIDER:LOGIN"/)
}
for (const text of [
  'okta:a ',
  'okta:al*',
  'okta:a\u202eb',
  'okta:a\nb',
  `okta:${'a'.repeat(256)}`,
]) {
  test(isFault, 'users', text, /must be "PROVIDER:LOGIN"/)
}
test(isFault, 'organizations', 'acme', /must be "PROVIDER:NAME"/)
test(isFault, 'organizations', '*', /must be "PROVIDER:NAME"/)
test(isFault, 'organizations', 'github:*', /must be "PROVIDER:ORGANISATION"/)
test(isFault, 'organizations', 'github:acme/x', /must be "PROVIDER:ORGANISATION"/)
test(isFault, 'organizations', 'okta:acme', /only github providers tell them, and "okta" is oidc/)
test(isFault, 'organizations', 'nobody:acme', /there is no provider "nobody"/)
test(isFault, 'teams', 'github:acme', /must be "PROVIDER:ORGANISATION\/TEAM"/)
test(isFault, 'teams', 'github:acme/*', /must be "PROVIDER:ORGANISATION\/TEAM"/)
test(isFault, 'teams', 'dev:acme/x', /only github providers tell them, and "dev" is dev/)
test(isFault, 'groups', 'github:acme', /only oidc providers tell them, and "github" is github/)
test(isFault, 'groups', 'okta:eng*', /must be "PROVIDER:GROUP"/)
test(isFault, 'groups', 'okta:', /must be "PROVIDER:GROUP"/)

test('with the dev provider alone no rule is needed, and one that is written counts', (t) => {
  const none = readYaml('')
  t.is(none.access.gateway, undefined)
  t.deepEqual(none.notes, [])
  t.deepEqual(readYaml('access: { users: ["dev:alice"] }').access.gateway, [
    { kind: 'login', provider: 'dev', login: 'alice' },
  ])
  const [fault] = faultsOf(() => readYaml('access: { users: ["*@example.com"] }'))
  t.regex(fault ?? '', /^access\.users\.0: no provider here tells e-mail addresses/)
})

test('a real provider without a rule is a fault that says what to write', (t) => {
  for (const yaml of ['', 'access: {}', 'access: { services: { echo: { users: ["*"] } } }']) {
    const faults = faultsOf(() => readYaml(yaml, GITHUB))
    t.is(faults.length, 1, faults.join('\n'))
    t.regex(
      faults[0] ?? '',
      /nobody is named who may in: write access: \{ users: \["github:LOGIN"\]/,
    )
    t.regex(faults[0] ?? '', /ALLOWED_GITHUB_USERS/)
  }
  const [fault] = faultsOf(() => readYaml(PROVIDERS.replace(/ {2}work.*\n/, '')))
  t.regex(fault ?? '', /users: \["okta:LOGIN"\]/)
  t.notRegex(fault ?? '', /ALLOWED_GITHUB_USERS/)
})

test('ALLOWED_GITHUB_USERS adds rules', (t) => {
  const read = (users: string, yaml = '') =>
    readYaml(yaml, { ...GITHUB, ALLOWED_GITHUB_USERS: users }).access.gateway
  t.deepEqual(read(' OctoCat ,, 583231'), [
    { kind: 'login', provider: 'github', login: 'octocat' },
    { kind: 'id', provider: 'github', id: '583231' },
  ])
  t.deepEqual(read('*'), [{ kind: 'provider', provider: 'github' }])
  t.deepEqual(read('b', 'access: { users: ["github:a"] }'), [
    { kind: 'login', provider: 'github', login: 'a' },
    { kind: 'login', provider: 'github', login: 'b' },
  ])
})

const isVariableFault = test.macro({
  exec(t, environment: Environment, expected: RegExp) {
    const faults = faultsOf(() => readYaml('', environment))
    t.is(faults.length, 1, faults.join('\n'))
    t.regex(faults[0] ?? '', expected)
  },
  title: (name = '') => `ALLOWED_GITHUB_USERS: ${name} is a fault`,
})
const NOBODY = /nobody is named who may in/
test('empty', isVariableFault, { ...GITHUB, ALLOWED_GITHUB_USERS: '' }, NOBODY)
test('a blank', isVariableFault, { ...GITHUB, ALLOWED_GITHUB_USERS: ' ' }, NOBODY)
test('a comma', isVariableFault, { ...GITHUB, ALLOWED_GITHUB_USERS: ' , ' }, NOBODY)
test(
  'a pattern',
  isVariableFault,
  { ...GITHUB, ALLOWED_GITHUB_USERS: 'a,b*' },
  /^ALLOWED_GITHUB_USERS must be a GitHub login .*not "b\*"/,
)
test(
  'without GitHub',
  isVariableFault,
  { ALLOWED_GITHUB_USERS: 'octocat' },
  /^ALLOWED_GITHUB_USERS is set, but nobody logs in through GitHub/,
)

test('rules of services narrow; names are those of mcpServers', (t) => {
  const yaml = `mcpServers:
  My Tools: { command: x }
  far: { url: "https://x.example/mcp" }
access:
  services:
    echo: { users: ["dev:alice"] }
    My Tools: { users: ["dev:bob", "dev:carol"] }
    memory: { users: [] }
    far: { users: ["dev:alice"] }
`
  const { access } = readYaml(yaml, { MCP_MEMORY_ENABLED: 'false' })
  t.is(access.gateway, undefined)
  t.deepEqual(
    [...access.services].map(([name, rules]) => [name, rules.length]),
    [
      ['echo', 1],
      ['my-tools', 2],
      ['memory', 0],
      ['far', 1],
    ],
  )
})

test('unknown, empty and doubled services are faults', (t) => {
  const yaml = `mcpServers: { my-tools: { command: x } }
access:
  services:
    nobody: { users: ["*"] }
    echo: {}
    my-tools: { users: ["dev:a"] }
    My Tools: { users: ["dev:b"] }
    memory: { users: [x] }
`
  const faults = faultsOf(() => readYaml(yaml))
  t.is(faults.length, 4, faults.join('\n'))
  t.regex(faults[0] ?? '', /^access\.services\.nobody: there is no such service, only .*\becho, /)
  t.regex(faults[1] ?? '', /^access\.services\.echo: needs users, organizations, teams or groups/)
  t.regex(faults[2] ?? '', /^access\.services\.My Tools: "my-tools" has rules already/)
  t.regex(faults[3] ?? '', /^access\.services\.memory\.users\.0: must be/)
})

test('what is wider or narrower than most mean is said at start', (t) => {
  const notes = (yaml: string): readonly string[] => readYaml(yaml, GITHUB).notes
  t.deepEqual(notes('access: { users: ["github:a"] }'), [])
  t.deepEqual(notes('access: { users: ["github:a", "*"] }'), [
    'access: "*" lets everyone in who can log in through GitHub',
  ])
  t.deepEqual(notes('access: { users: ["github:*"] }'), [
    'access: "github:*" lets everyone in who has an account there',
  ])
  const empty = 'access: { users: [], services: { echo: { teams: [] } } }'
  t.deepEqual(readYaml(empty, GITHUB).access.gateway, [])
  t.deepEqual(notes(empty), [
    'access: no rule is written there, so nobody may in',
    'access.services.echo: no rule is written there, so nobody may in',
  ])
})
