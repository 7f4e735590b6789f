/** The provider against GitHub’s own ways, its odd ones too. */

import { createHash, randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import type { GitHubSettings } from '../../../../lib/catalogue/providers.ts'
import { Secret } from '../../../../lib/platform/secret.ts'
import {
  createGitHubProvider,
  type GitHubOptions,
} from '../../../../oauth-server/login/providers/github.ts'
import {
  type Needs,
  ProviderError,
  type ProviderFault,
  type RedirectProvider,
  type UpstreamLogin,
} from '../../../../oauth-server/login/providers/provider.ts'
import {
  type Endpoint,
  type Failure,
  type GitHubEmulator,
  type GitHubEmulatorOptions,
  startGitHub,
} from '../../../support/github-emulator.ts'
import { createGitHubVisitor } from '../../../support/github-visitor.ts'
import { keepNothing } from '../../../support/oidc-login.ts'

const CALLBACK = 'http://localhost:8642/callback'
const NOTHING: Needs = { emails: false, organizations: false, teams: false, groups: false }
const EVERYTHING: Needs = { emails: true, organizations: true, teams: true, groups: false }

interface World {
  readonly github: GitHubEmulator
  readonly provider: RedirectProvider
  /** The same without a deadline of the test: for what has to succeed. */
  readonly patient: RedirectProvider
  /** Goes through GitHub’s pages as this person; resolves with the address of the callback. */
  visit(login: UpstreamLogin, person: string, decision?: 'authorize' | 'cancel'): Promise<URL>
}

async function createWorld(
  t: ExecutionContext,
  options: GitHubEmulatorOptions & GitHubOptions & { secret?: string } = {},
): Promise<World> {
  const github = await startGitHub({ callbackUrl: CALLBACK, ...options })
  t.teardown(() => github.stop())
  const settings: GitHubSettings = {
    kind: 'github',
    name: 'github',
    label: 'GitHub',
    issuer: github.url,
    url: github.url,
    apiUrl: github.apiUrl,
    clientId: github.clientId,
    secretName: 'GITHUB_CLIENT_SECRET',
  }
  const secret = new Secret(options.secret ?? github.clientSecret)
  const provider = createGitHubProvider(settings, secret, options)
  return {
    github,
    provider,
    patient: createGitHubProvider(settings, secret),
    async visit(login, person, decision) {
      const departure = await provider.begin(login)
      return new URL(await createGitHubVisitor(github).visit(departure.href, person, decision))
    },
  }
}

const toLogin = (changes: Partial<UpstreamLogin> = {}): UpstreamLogin => ({
  state: randomBytes(32).toString('base64url'),
  codeVerifier: randomBytes(32).toString('base64url'),
  nonce: randomBytes(32).toString('base64url'),
  redirectUri: CALLBACK,
  needs: NOTHING,
  loginHint: undefined,
  anew: false,
  ...changes,
})

async function faultOf(t: ExecutionContext, work: Promise<unknown>): Promise<ProviderFault> {
  const error = await t.throwsAsync(work, { instanceOf: ProviderError })
  return error.fault
}

for (const enterprise of [false, true]) {
  test(`a person is known by their numeric id${enterprise ? ', at an enterprise too' : ''}`, async (t) => {
    const { github, provider, visit } = await createWorld(t, { enterprise })
    const { id } = github.add('Octo-Cat')
    const login = toLogin()
    const answer = await provider.finish(login, await visit(login, 'Octo-Cat'))
    t.deepEqual(answer.identity, {
      providerId: String(id),
      name: 'Octo-Cat',
      login: 'octo-cat',
      emails: [],
      organizations: undefined,
      teams: undefined,
    })
    t.is(answer.token, undefined, 'nothing is kept that nothing needs')
    t.deepEqual(github.lastScopes(), ['read:user'])
    const asked = github.requests.map(({ path }) => path)
    t.false(asked.some((path) => /emails|orgs|teams/.test(path)))
  })
}

test('what the rules need is asked for, and read with the right scopes', async (t) => {
  const { github, provider, visit } = await createWorld(t)
  github.add('ada', {
    emails: [
      { email: 'Second@Example.com', verified: true, primary: false },
      { email: 'unproven@example.com', verified: false, primary: false },
      { email: 'first@example.com', verified: true, primary: true },
    ],
    organizations: ['Acme', 'globex'],
    teams: ['Acme/Platform'],
  })
  const login = toLogin({ needs: EVERYTHING })
  const { identity, token } = await provider.finish(login, await visit(login, 'ada'))
  t.deepEqual(identity.emails, ['first@example.com', 'second@example.com'])
  t.deepEqual(
    identity.organizations?.map(({ name }) => name),
    ['acme', 'globex'],
  )
  t.true(identity.organizations?.every(({ id }) => /^[0-9]+$/.test(id)))
  t.deepEqual(
    identity.teams?.map(({ name }) => name),
    ['acme/platform'],
  )
  t.deepEqual(github.lastScopes(), ['read:user', 'user:email', 'read:org'])
  t.true(token?.startsWith('gho_'), 'kept, because memberships change')
})

test('lists of many pages are read to their end', async (t) => {
  const { github, provider, visit } = await createWorld(t)
  const organizations = Array.from({ length: 230 }, (_, index) => `org-${index}`)
  github.add('ada', { organizations })
  const login = toLogin({ needs: { ...NOTHING, organizations: true } })
  const { identity } = await provider.finish(login, await visit(login, 'ada'))
  t.deepEqual(
    identity.organizations?.map(({ name }) => name),
    organizations,
  )
})

test('a person who withholds a scope was not asked: that is not the same as belonging nowhere', async (t) => {
  const { github, provider, visit } = await createWorld(t)
  github.add('ada', { organizations: ['acme'] })
  github.withheld.add('read:org').add('user:email')
  const login = toLogin({ needs: EVERYTHING })
  const { identity } = await provider.finish(login, await visit(login, 'ada'))
  t.is(identity.organizations, undefined)
  t.is(identity.teams, undefined)
  t.deepEqual(identity.emails, [])
})

test('an organisation that may not be read keeps nobody out', async (t) => {
  const { github, provider, visit } = await createWorld(t)
  const { id } = github.add('ada', { organizations: ['acme'] })
  github.failures.set('orgs', { kind: 'status', status: 403 })
  const login = toLogin({ needs: EVERYTHING })
  const { identity } = await provider.finish(login, await visit(login, 'ada'))
  t.is(identity.providerId, String(id))
  t.is(identity.organizations, undefined)
})

test('facts are read again with the token, under the same id whatever the login is by then', async (t) => {
  const { github, provider, visit } = await createWorld(t)
  const person = github.add('ada', { organizations: ['acme'] })
  const login = toLogin({ needs: EVERYTHING })
  const { token = '' } = await provider.finish(login, await visit(login, 'ada'))
  person.organizations = []
  github.rename('ada', 'lovelace')
  const { identity } = await provider.read(token, EVERYTHING, keepNothing)
  t.is(identity.providerId, String(person.id))
  t.is(identity.name, 'lovelace')
  t.deepEqual(identity.organizations, [])
})

test('what is said of a person is read with the id alone: two who swap logins stay who they are', async (t) => {
  const { github, provider, visit } = await createWorld(t)
  const [left, right] = [github.add('left'), github.add('right')]
  github.rename('left', 'between')
  github.rename('right', 'left')
  github.rename('between', 'right')
  for (const [name, { id }] of [
    ['right', left],
    ['left', right],
  ] as const) {
    const login = toLogin()
    const { identity } = await provider.finish(login, await visit(login, name))
    t.deepEqual([identity.providerId, identity.name], [String(id), name])
  }
})

test('requests say who asks, in GitHub’s own terms; the secret travels in a body alone', async (t) => {
  const { github, provider, visit } = await createWorld(t, { enterprise: true })
  github.add('ada')
  const login = toLogin({ needs: EVERYTHING })
  const start = await provider.begin(login)
  t.is(start.href.split('?')[0], `${github.url}/login/oauth/authorize`)
  t.deepEqual(Object.fromEntries(start.searchParams), {
    client_id: github.clientId,
    redirect_uri: CALLBACK,
    scope: 'read:user user:email read:org',
    state: login.state,
    code_challenge: createHash('sha256').update(login.codeVerifier).digest('base64url'),
    code_challenge_method: 'S256',
    allow_signup: 'false',
  })
  const before = github.requests.length
  await provider.finish(login, await visit(login, 'ada'))
  const asked = github.requests.slice(before).filter(({ path }) => /token$|^\/api/.test(path))
  t.deepEqual(asked.map(({ path }) => path).toSorted(), [
    '/api/v3/user',
    '/api/v3/user/emails',
    '/api/v3/user/orgs',
    '/api/v3/user/teams',
    '/login/oauth/access_token',
  ])
  for (const { path, headers } of asked) {
    const isApi = path.startsWith('/api/')
    t.is(headers.get('user-agent'), 'mcp-oauth-gateway')
    t.is(headers.get('accept'), isApi ? 'application/vnd.github+json' : 'application/json')
    t.is(headers.get('x-github-api-version'), isApi ? '2022-11-28' : null)
    t.is(headers.get('authorization')?.split(' ')[0], isApi ? 'Bearer' : undefined)
  }
})

test('a code of more than ten minutes ago is none', async (t) => {
  const { github, provider, visit } = await createWorld(t)
  github.add('ada')
  const login = toLogin()
  const back = await visit(login, 'ada')
  github.expireCodes()
  t.is(await faultOf(t, provider.finish(login, back)), 'invalid')
})

test('who logs in often has a token that still reads', async (t) => {
  const { github, provider, visit } = await createWorld(t)
  github.add('ada')
  const tokens: string[] = []
  for (let count = 0; count < 12; count += 1) {
    const login = toLogin({ needs: EVERYTHING })
    tokens.push((await provider.finish(login, await visit(login, 'ada'))).token ?? '')
  }
  t.is(github.tokensOf('ada'), 10)
  t.is(await faultOf(t, provider.read(tokens[0] ?? '', EVERYTHING, keepNothing)), 'expired')
  t.is((await provider.read(tokens.at(-1) ?? '', EVERYTHING, keepNothing)).token, tokens.at(-1))
})

test('a token that was revoked, or whose account is gone, is expired; a suspended one is shut out', async (t) => {
  const { github, provider, visit } = await createWorld(t)
  const person = github.add('ada')
  const login = toLogin({ needs: EVERYTHING })
  const { token = '' } = await provider.finish(login, await visit(login, 'ada'))
  person.isGone = true
  t.is(await faultOf(t, provider.read(token, EVERYTHING, keepNothing)), 'expired')
  person.isGone = false
  person.isSuspended = true
  t.is(await faultOf(t, provider.read(token, EVERYTHING, keepNothing)), 'blocked')
  person.isSuspended = false
  t.truthy(await provider.read(token, EVERYTHING, keepNothing))
  github.revokeApp('ada')
  t.is(await faultOf(t, provider.read(token, EVERYTHING, keepNothing)), 'expired')
})

test('somebody who says no at GitHub has cancelled', async (t) => {
  const { github, provider, visit } = await createWorld(t)
  github.add('ada')
  const login = toLogin()
  t.is(await faultOf(t, provider.finish(login, await visit(login, 'ada', 'cancel'))), 'cancelled')
})

test('who permitted the app before is not asked again, and the account can be chosen anew', async (t) => {
  const { github, provider, visit } = await createWorld(t)
  github.add('ada')
  const first = toLogin()
  await provider.finish(first, await visit(first, 'ada'))
  const again = toLogin({ anew: true, loginHint: 'ada' })
  const start = await provider.begin(again)
  t.is(start.searchParams.get('prompt'), 'select_account')
  t.is(start.searchParams.get('login'), 'ada')
  t.truthy((await provider.finish(again, await visit(again, 'ada'))).identity)
})

test('PKCE is sent and holds: another verifier gets nothing', async (t) => {
  const { github, provider, visit } = await createWorld(t)
  github.add('ada')
  const login = toLogin()
  const back = await visit(login, 'ada')
  const other = { ...login, codeVerifier: randomBytes(32).toString('base64url') }
  t.is(await faultOf(t, provider.finish(other, back)), 'invalid')
})

test('errors that come with status 200 are errors', async (t) => {
  const { github, provider, visit } = await createWorld(t)
  github.add('ada')
  const login = toLogin()
  const back = await visit(login, 'ada')
  await provider.finish(login, back)
  t.is(await faultOf(t, provider.finish(login, back)), 'invalid', 'a code used twice')
  const wrong = await createWorld(t, { secret: 'a wrong secret' })
  wrong.github.add('ada')
  const second = toLogin()
  const arrived = await wrong.visit(second, 'ada')
  t.is(await faultOf(t, wrong.provider.finish(second, arrived)), 'misconfigured')
})

test('a callback that GitHub does not know is the operator’s to mend', async (t) => {
  const { github, provider } = await createWorld(t)
  github.add('ada')
  const login = toLogin({ redirectUri: 'http://localhost:8642/elsewhere' })
  const start = await provider.begin(login)
  const response = await fetch(start, { redirect: 'manual' })
  const back = new URL(response.headers.get('location') ?? '')
  t.is(await faultOf(t, provider.finish(login, back)), 'misconfigured')
})

const callbacks: Readonly<Record<string, (params: URLSearchParams) => void>> = {
  'no state': (params) => params.delete('state'),
  'another state': (params) => params.set('state', 'x'.repeat(43)),
  'two states': (params) => params.append('state', params.get('state') ?? ''),
  'no code': (params) => params.delete('code'),
  'two codes': (params) => params.append('code', params.get('code') ?? ''),
  'an endless code': (params) => params.set('code', 'x'.repeat(10_000)),
  'a code with a line end': (params) => params.set('code', 'a\r\nb'),
  'an unknown error': (params) => params.set('error', '<script>'),
  'an error named like a member of every object': (params) => params.set('error', 'constructor'),
  'two errors': (params) => {
    params.append('error', 'access_denied')
    params.append('error', 'access_denied')
  },
}
for (const [title, change] of Object.entries(callbacks)) {
  test(`a callback with ${title} is not believed, and GitHub is not asked`, async (t) => {
    const { github, provider, visit } = await createWorld(t)
    github.add('ada')
    const login = toLogin()
    const back = await visit(login, 'ada')
    change(back.searchParams)
    t.is(await faultOf(t, provider.finish(login, back)), 'invalid')
    t.false(github.requests.some(({ path }) => path.endsWith('/access_token')))
  })
}

const elsewhere = 'http://127.0.0.1:1/elsewhere'
const failures: Readonly<Record<string, Failure>> = {
  'status 500': { kind: 'status', status: 500 },
  'status 502': { kind: 'status', status: 502 },
  'too many requests': { kind: 'status', status: 429 },
  'a rate limit': { kind: 'status', status: 403, headers: { 'x-ratelimit-remaining': '0' } },
  HTML: { kind: 'html' },
  'no answer': { kind: 'hang' },
  'an answer byte by byte': { kind: 'slow-body' },
  'a huge answer': { kind: 'huge' },
  'a redirect': { kind: 'redirect', to: elsewhere },
  'a closed connection': { kind: 'drop' },
  'an empty object': { kind: 'json', body: {} },
  null: { kind: 'json', body: null },
  'a number': { kind: 'json', body: 7 },
}
const LATE_MS = 400
for (const endpoint of ['token', 'user', 'orgs', 'teams', 'emails'] as const) {
  for (const [title, failure] of Object.entries(failures)) {
    test(`${endpoint}: ${title} is no login`, async (t) => {
      const isSlow = failure.kind === 'hang' || failure.kind === 'slow-body'
      const { github, provider, visit } = await createWorld(t, isSlow ? { deadlineMs: 1500 } : {})
      github.add('ada')
      const login = toLogin({ needs: EVERYTHING })
      const back = await visit(login, 'ada')
      github.failures.set(endpoint, failure)
      t.is(await faultOf(t, provider.finish(login, back)), 'unavailable')
    })
  }
}

// A wrong `expired` costs a person every login they have.
for (const [title, failure] of Object.entries(failures)) {
  test(`facts read again: ${title} tells nothing about the person`, async (t) => {
    const isSlow = failure.kind === 'hang' || failure.kind === 'slow-body'
    const { github, provider, patient, visit } = await createWorld(
      t,
      isSlow ? { deadlineMs: 1500 } : {},
    )
    github.add('ada')
    const login = toLogin({ needs: EVERYTHING })
    const { token = '' } = await patient.finish(login, await visit(login, 'ada'))
    for (const endpoint of ['user', 'orgs'] as const) {
      github.failures.set(endpoint, failure)
      t.is(await faultOf(t, provider.read(token, EVERYTHING, keepNothing)), 'unavailable', endpoint)
      github.failures.clear()
    }
    t.truthy(await patient.read(token, EVERYTHING, keepNothing))
  })
}

for (const [status, fault] of [
  [401, 'blocked'],
  [403, 'blocked'],
  [404, 'unavailable'],
] as const) {
  test(`a new token that /user answers with ${status} is no login, and no expired one: ${fault}`, async (t) => {
    const { github, provider, visit } = await createWorld(t)
    github.add('ada')
    const login = toLogin()
    const back = await visit(login, 'ada')
    github.failures.set('user', { kind: 'status', status })
    t.is(await faultOf(t, provider.finish(login, back)), fault)
  })
}

test('who is suspended on the way back is told so, and not that GitHub is away', async (t) => {
  const { github, provider, visit } = await createWorld(t)
  const person = github.add('ada')
  const login = toLogin({ needs: EVERYTHING })
  const back = await visit(login, 'ada')
  person.isSuspended = true
  t.is(await faultOf(t, provider.finish(login, back)), 'blocked')
})

/** Somebody who has logged in through a GitHub App whose tokens expire. */
async function startExpiring(t: ExecutionContext) {
  const time = { ms: Date.now() }
  const world = await createWorld(t, { isExpiring: true, clock: () => time.ms })
  const person = world.github.add('ada', { organizations: ['acme'] })
  const login = toLogin({ needs: EVERYTHING })
  const { token = '' } = await world.provider.finish(login, await world.visit(login, 'ada'))
  const kept: string[] = []
  const read = (using: string) =>
    world.provider.read(using, EVERYTHING, async (next) => void kept.push(next))
  return { ...world, person, time, token, kept, read }
}

test('tokens of a GitHub App that expire are renewed, once each, and the next one is told at once', async (t) => {
  const { github, person, time, token, kept, read } = await startExpiring(t)
  t.is((await read(token)).token, token, 'while it lives it reads')
  t.deepEqual(kept, [])
  time.ms += 8 * 3_600_000
  github.expireTokens()
  const { identity, token: second = '' } = await read(token)
  t.is(identity.providerId, String(person.id))
  t.deepEqual(
    identity.organizations?.map(({ name }) => name),
    ['acme'],
  )
  t.not(second, token)
  t.deepEqual(kept, [second])
  t.is(await faultOf(t, read(token)), 'expired', 'it was used up')
  t.is((await read(second)).token, second)
})

test('a token that ends before its time is renewed too', async (t) => {
  const { github, token, kept, read } = await startExpiring(t)
  github.expireTokens()
  t.deepEqual(kept, [])
  const { token: second } = await read(token)
  t.deepEqual(kept, [second])
})

test('the renewed token is kept also when the facts cannot be read then', async (t) => {
  const { github, token, kept, read } = await startExpiring(t)
  github.expireTokens()
  github.failures.set('orgs', { kind: 'status', status: 500 })
  t.is(await faultOf(t, read(token)), 'unavailable')
  github.failures.clear()
  t.is(kept.length, 1)
  t.truthy((await read(kept[0] ?? '')).identity)
})

test('what cannot be renewed has expired; a GitHub that is away has told nothing', async (t) => {
  const { github, token, read } = await startExpiring(t)
  github.expireTokens()
  github.failures.set('token', { kind: 'status', status: 502 })
  t.is(await faultOf(t, read(token)), 'unavailable')
  github.failures.clear()
  github.expireRefreshTokens()
  t.is(await faultOf(t, read(token)), 'expired')
})

test('the deadline is one for all of a login: being a little late everywhere is too late', async (t) => {
  const { github, provider, visit } = await createWorld(t, { deadlineMs: 1.5 * LATE_MS })
  github.add('ada')
  const login = toLogin()
  const back = await visit(login, 'ada')
  github.failures.set('token', { kind: 'late', milliseconds: LATE_MS })
  github.failures.set('user', { kind: 'late', milliseconds: LATE_MS })
  t.is(await faultOf(t, provider.finish(login, back)), 'unavailable')
  const again = toLogin()
  const returned = await visit(again, 'ada')
  github.failures.delete('user')
  t.truthy((await provider.finish(again, returned)).identity, 'late once is in time')
})

const tokenAnswers: Readonly<Record<string, [Failure, ProviderFault]>> = {
  'a wrong client': [
    { kind: 'json', body: { error: 'incorrect_client_credentials' } },
    'misconfigured',
  ],
  'another redirect URI': [
    { kind: 'json', body: { error: 'redirect_uri_mismatch' } },
    'misconfigured',
  ],
  'an address that was not proved': [
    { kind: 'json', body: { error: 'unverified_user_email' } },
    'invalid',
  ],
  'an error beside a token': [
    { kind: 'json', body: { error: 'bad_verification_code', access_token: 'gho_x' } },
    'invalid',
  ],
  'an error that is none': [{ kind: 'json', body: { error: { a: 1 } } }, 'invalid'],
  'a token of another kind': [
    { kind: 'json', body: { access_token: 'gho_x', token_type: 'mac' } },
    'unavailable',
  ],
  'a token with a line end': [
    { kind: 'json', body: { access_token: 'gho_x\r\nX-A: b', token_type: 'bearer' } },
    'unavailable',
  ],
  'a token that is a number': [{ kind: 'json', body: { access_token: 7 } }, 'unavailable'],
  'status 404': [{ kind: 'status', status: 404 }, 'unavailable'],
}
for (const [title, [failure, fault]] of Object.entries(tokenAnswers)) {
  test(`token: ${title} is ${fault}`, async (t) => {
    const { github, provider, visit } = await createWorld(t)
    github.add('ada')
    const login = toLogin()
    const back = await visit(login, 'ada')
    github.failures.set('token', failure)
    t.is(await faultOf(t, provider.finish(login, back)), fault)
    t.false(github.requests.some(({ path }) => path.endsWith('/user')))
  })
}

const noAccounts: Readonly<Record<string, unknown>> = {
  'id null': { id: null, login: 'ada' },
  'id as text': { id: '583231', login: 'ada' },
  'id 0': { id: 0, login: 'ada' },
  'a negative id': { id: -1, login: 'ada' },
  'a fraction': { id: 1.5, login: 'ada' },
  'an id beyond what can be told apart': { id: 2 ** 53, login: 'ada' },
  'no id': { login: 'ada' },
  'no login': { id: 583_231 },
  'no text as login': { id: 583_231, login: 7 },
  'a login of two words': { id: 583_231, login: 'ada lovelace' },
  'a login that is markup': { id: 583_231, login: '<b>ada</b>' },
  'an endless login': { id: 583_231, login: 'a'.repeat(1000) },
  'a list': [{ id: 583_231, login: 'ada' }],
}
for (const [title, body] of Object.entries(noAccounts)) {
  test(`an account with ${title} is nobody`, async (t) => {
    const { github, provider, visit } = await createWorld(t)
    github.add('ada')
    const login = toLogin()
    const back = await visit(login, 'ada')
    github.failures.set('user', { kind: 'json', body })
    t.is(await faultOf(t, provider.finish(login, back)), 'unavailable')
  })
}

test('a next page somewhere else is not fetched: the token goes nowhere else', async (t) => {
  const { github, provider, visit } = await createWorld(t)
  const other = await startGitHub()
  t.teardown(() => other.stop())
  github.add('ada')
  for (const link of [`${other.apiUrl}/user/orgs`, `${github.apiUrl}/user/emails`, 'nonsense']) {
    const login = toLogin({ needs: { ...NOTHING, organizations: true } })
    const back = await visit(login, 'ada')
    github.failures.set('orgs', {
      kind: 'json',
      body: [],
      headers: { link: `<${link}>; rel="next"` },
    })
    t.is(await faultOf(t, provider.finish(login, back)), 'unavailable')
    github.failures.delete('orgs')
  }
  t.is(other.requests.length, 0)
})

test('errors carry no secret, code, verifier or token', async (t) => {
  const { github, provider, visit } = await createWorld(t)
  github.add('ada')
  for (const [endpoint, failure] of [
    ['token', { kind: 'drop' }],
    ['token', { kind: 'json', body: { error: 'bad_verification_code' } }],
    ['user', { kind: 'status', status: 500 }],
    ['orgs', { kind: 'html' }],
  ] as [Endpoint, Failure][]) {
    const login = toLogin({ needs: EVERYTHING })
    const back = await visit(login, 'ada')
    github.failures.set(endpoint, failure)
    const error = await t.throwsAsync(provider.finish(login, back))
    github.failures.delete(endpoint)
    const told = inspect(error, { depth: 10, showHidden: true })
    const secrets = [
      github.clientSecret,
      login.codeVerifier,
      login.state,
      back.searchParams.get('code') ?? 'no code',
      'gho_',
    ]
    for (const secret of secrets) t.false(told.includes(secret))
  }
})

test('a GitHub that is not there is unavailable', async (t) => {
  const { github, provider, visit } = await createWorld(t)
  github.add('ada')
  const login = toLogin()
  const back = await visit(login, 'ada')
  await github.stop()
  t.is(await faultOf(t, provider.finish(login, back)), 'unavailable')
})
