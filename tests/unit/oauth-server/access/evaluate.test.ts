/** Who may in, as tables: each kind of rule, whom it lets in, and whom it does not. */

import test from 'ava'
import type { AccessRule, AccessSettings } from '../../../../lib/catalogue/access-rules.ts'
import {
  bindingsOf,
  claimsOf,
  isOpen,
  judge,
  needsOf,
  withoutPerishable,
} from '../../../../oauth-server/access/evaluate.ts'
import type { Bindings } from '../../../../oauth-server/store/bindings.ts'
import type { User } from '../../../../oauth-server/store/users.ts'

const SERVICES = ['echo', 'memory']

/** As the providers tell it. */
function loginOf(provider: string, name: string): string | undefined {
  if (provider === 'dev') return undefined
  return provider === 'github' ? name.toLowerCase() : name
}

function person(id: string, facts: Partial<User> = {}): User {
  const [provider = '', name = ''] = id.split(':')
  const login = loginOf(provider, facts.name ?? name)
  return { id, provider, name, login, emails: [], ...facts }
}

const settings = (...gateway: AccessRule[]): AccessSettings => ({ gateway, services: new Map() })

const maps = (bound: Record<string, string>): Bindings => new Map(Object.entries(bound))

/** As at a login: what the person is the first to fulfil is theirs. */
function mayIn(rules: AccessSettings, user: User, bound: Bindings = new Map()): boolean {
  const claims = claimsOf(rules, user, bound).map(({ binding, id }): [string, string] => [
    binding,
    id,
  ])
  return judge(rules, user, new Map([...claims, ...bound]), SERVICES).isAdmitted
}

const octocat = person('github:1', { name: 'Octocat' })
const ACME = { id: '77', name: 'acme' }
const PLATFORM = { id: '88', name: 'acme/platform' }

const login = (provider: string, name: string): AccessRule => ({
  kind: 'login',
  provider,
  login: name,
})
const organization: AccessRule = { kind: 'organization', provider: 'github', organization: 'acme' }
const team: AccessRule = { kind: 'team', provider: 'github', team: 'acme/platform' }
const group: AccessRule = { kind: 'group', provider: 'okta', group: 'Engineers' }
const address: AccessRule = { kind: 'email', email: 'alice@example.com' }
const domain: AccessRule = { kind: 'email-domain', domain: 'example.com' }
const id: AccessRule = { kind: 'id', provider: 'github', id: '583231' }

const TABLE: readonly (readonly [string, AccessRule, User, boolean])[] = [
  ['everyone', { kind: 'everyone' }, octocat, true],
  ['whoever logs in there', { kind: 'provider', provider: 'github' }, octocat, true],
  ['whoever logs in elsewhere', { kind: 'provider', provider: 'okta' }, octocat, false],
  ['this id', id, person('github:583231'), true],
  ['another id', id, person('github:5832311'), false],
  ['this id elsewhere', id, person('okta:583231'), false],
  ['a login of these digits', id, person('github:2', { name: '583231' }), false],
  ['a login in other capitals', login('github', 'octocat'), octocat, true],
  ['another login', login('github', 'octocat'), person('github:1', { name: 'octocats' }), false],
  ['the login elsewhere', login('github', 'octocat'), person('okta:octocat'), false],
  ['a name at dev', login('dev', 'alice'), person('dev:alice'), true],
  ['its capitals at dev', login('dev', 'alice'), person('dev:Alice'), false],
  ['the id of an OpenID provider', login('okta', '00u1'), person('okta:00u1', { name: 'x' }), true],
  ['its capitals', login('okta', '00u1'), person('okta:00U1', { name: 'x' }), false],
  ['the login there', login('okta', 'a@b.c'), person('okta:9', { name: 'a@b.c' }), true],
  [
    'the login in other capitals',
    login('okta', 'a@b.c'),
    person('okta:9', { name: 'A@b.c' }),
    false,
  ],
  ['what only looks so', login('okta', 'mike'), person('okta:9', { name: 'mi\u212ae' }), false],
  [
    'a name that is no login',
    login('okta', 'x'),
    person('okta:9', { name: 'x', login: undefined }),
    false,
  ],
  ['an address', address, person('okta:1', { emails: ['x@y.z', 'alice@example.com'] }), true],
  ['an address of any provider', address, { ...octocat, emails: ['alice@example.com'] }, true],
  ['no address', address, person('okta:alice@example.com', { name: 'alice@example.com' }), false],
  ['a domain', domain, person('okta:1', { emails: ['bob@example.com'] }), true],
  ['a domain below', domain, person('okta:1', { emails: ['bob@sub.example.com'] }), false],
  ['a domain that ends so', domain, person('okta:1', { emails: ['bob@badexample.com'] }), false],
  ['a domain before', domain, person('okta:1', { emails: ['b@example.com.evil.org'] }), false],
  ['a quoted @', domain, person('okta:1', { emails: ['"b@example.com"@evil.org'] }), false],
  ['a member', organization, { ...octocat, organizations: [ACME] }, true],
  ['a member elsewhere', organization, person('okta:1', { organizations: [ACME] }), false],
  ['a member of others', organization, { ...octocat, organizations: [PLATFORM] }, false],
  ['a member of none', organization, { ...octocat, organizations: [] }, false],
  ['whose organisations nobody asked for', organization, octocat, false],
  ['somebody in the team', team, { ...octocat, teams: [PLATFORM] }, true],
  ['a member without the team', team, { ...octocat, organizations: [ACME], teams: [] }, false],
  ['whose teams nobody asked for', team, { ...octocat, organizations: [ACME] }, false],
  ['somebody in the group', group, person('okta:1', { groups: ['x', 'Engineers'] }), true],
  ['a group in small letters', group, person('okta:1', { groups: ['engineers'] }), false],
  ['that group elsewhere', group, person('corp:1', { groups: ['Engineers'] }), false],
  ['whose groups nobody asked for', group, person('okta:1'), false],
]

for (const [who, rule, user, expected] of TABLE) {
  test(`${JSON.stringify(rule)}: ${who} ${expected ? 'may' : 'may not'}`, (t) => {
    t.is(mayIn(settings(rule), user), expected)
  })
}

test('no rule at all lets everybody in, an empty list nobody', (t) => {
  const open: AccessSettings = { gateway: undefined, services: new Map() }
  t.true(isOpen(open))
  t.true(mayIn(open, octocat))
  t.false(isOpen(settings()))
  t.false(mayIn(settings(), octocat))
})

test('one rule that holds is enough', (t) => {
  t.true(mayIn(settings(group, organization, login('github', 'octocat')), octocat))
})

test('rules of a service narrow it, and open it to nobody who may not in', (t) => {
  const rules: AccessSettings = {
    gateway: [login('dev', 'alice'), login('dev', 'bob')],
    services: new Map([['memory', [login('dev', 'alice'), login('dev', 'eve')]]]),
  }
  t.false(isOpen(rules))
  const servicesOf = (name: string) => [
    ...judge(rules, person(`dev:${name}`), new Map(), SERVICES).services,
  ]
  t.deepEqual(servicesOf('alice'), ['echo', 'memory'])
  t.deepEqual(servicesOf('bob'), ['echo'])
  t.deepEqual(servicesOf('eve'), [])
  const narrowedAlone: AccessSettings = { gateway: undefined, services: rules.services }
  t.false(isOpen(narrowedAlone))
  t.deepEqual([...judge(narrowedAlone, person('dev:bob'), new Map(), SERVICES).services], ['echo'])
})

test('a login that is bound is one person’s, whatever anybody is called', (t) => {
  const rules = settings(login('github', 'octocat'))
  const bound = maps({ 'login:github:octocat': 'github:1' })
  t.true(mayIn(rules, octocat, bound))
  t.true(mayIn(rules, { ...octocat, name: 'renamed' }, bound))
  t.false(mayIn(rules, person('github:2', { name: 'octocat' }), bound))
})

test('two accounts that swap their logins keep what each had', (t) => {
  const rules: AccessSettings = {
    gateway: [login('github', 'a'), login('github', 'b')],
    services: new Map([['memory', [login('github', 'a')]]]),
  }
  const bound = maps({ 'login:github:a': 'github:1', 'login:github:b': 'github:2' })
  const first = judge(rules, person('github:1', { name: 'b' }), bound, SERVICES)
  const second = judge(rules, person('github:2', { name: 'a' }), bound, SERVICES)
  t.deepEqual([...first.services], ['echo', 'memory'])
  t.deepEqual([...second.services], ['echo'])
})

test('an organisation and a team are known by id: another that takes the name is another', (t) => {
  const bound = maps({ 'organization:github:acme': '77', 'team:github:acme/platform': '88' })
  const rules = settings(organization, team)
  const member = (facts: Partial<User>) => mayIn(rules, { ...octocat, ...facts }, bound)
  t.true(member({ organizations: [{ id: '77', name: 'acme-renamed' }] }))
  t.false(member({ organizations: [{ id: '99', name: 'acme' }] }))
  t.true(member({ teams: [{ id: '88', name: 'acme/renamed' }] }))
  t.false(member({ teams: [{ id: '99', name: 'acme/platform' }] }))
})

test('only names are bound, by whoever has them, and not twice', (t) => {
  const rules: AccessSettings = {
    gateway: [id, login('github', 'octocat'), organization, group, address, domain],
    services: new Map([['memory', [team, login('github', 'octocat')]]]),
  }
  t.deepEqual(
    [...bindingsOf(rules)],
    ['login:github:octocat', 'organization:github:acme', 'team:github:acme/platform'],
  )
  const member = { ...octocat, organizations: [ACME], teams: [PLATFORM] }
  t.deepEqual(
    new Map(claimsOf(rules, member, new Map()).map(({ binding, id: of }) => [binding, of])),
    maps({
      'login:github:octocat': 'github:1',
      'organization:github:acme': '77',
      'team:github:acme/platform': '88',
    }),
  )
  t.deepEqual(claimsOf(rules, person('github:2', { name: 'else' }), new Map()), [])
  t.deepEqual(
    claimsOf(
      rules,
      member,
      maps(Object.fromEntries([...bindingsOf(rules)].map((binding) => [binding, 'somebody']))),
    ),
    [],
  )
})

test('where the name is the id nothing is bound: nobody takes a name in other capitals', (t) => {
  const rules = settings(login('dev', 'alice'))
  t.deepEqual(claimsOf(rules, person('dev:alice'), new Map()), [])
  t.deepEqual(claimsOf(rules, person('dev:Alice'), new Map()), [])
})

test('an id in a rule is bound by whoever has it: nobody can call themselves so any more', (t) => {
  const rules = settings(login('okta', '00u1'))
  const claims = claimsOf(rules, person('okta:00u1', { name: 'alice' }), new Map())
  t.deepEqual(claims, [{ binding: 'login:okta:00u1', id: 'okta:00u1' }])
  const bound = maps({ 'login:okta:00u1': 'okta:00u1' })
  t.true(mayIn(rules, person('okta:00u1', { name: 'alice' }), bound))
  t.false(mayIn(rules, person('okta:9', { name: '00u1' }), bound))
})

test('what perishes is forgotten, what lasts is not', (t) => {
  const known = person('okta:1', { emails: ['bob@example.com'], groups: ['Engineers'] })
  t.false(mayIn(settings(group), withoutPerishable(known)))
  t.true(mayIn(settings(domain), withoutPerishable(known)))
})

test('a provider is asked for what rules about it need, also those of one service', (t) => {
  const nothing = { emails: false, organizations: false, teams: false, groups: false }
  const rules: AccessSettings = {
    gateway: [{ kind: 'everyone' }, id, login('github', 'x'), organization],
    services: new Map([['memory', [team, group]]]),
  }
  t.deepEqual(needsOf(rules, 'github'), { ...nothing, organizations: true, teams: true })
  t.deepEqual(needsOf(rules, 'okta'), { ...nothing, groups: true })
  t.deepEqual(needsOf(rules, 'dev'), nothing)
  t.deepEqual(needsOf(settings(address), 'github'), { ...nothing, emails: true })
  t.deepEqual(needsOf(settings(domain), 'okta'), { ...nothing, emails: true })
  t.deepEqual(needsOf({ gateway: undefined, services: new Map() }, 'github'), nothing)
})
