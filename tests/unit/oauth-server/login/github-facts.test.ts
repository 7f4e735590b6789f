import test from 'ava'
import {
  type FactsRequest,
  readFacts,
} from '../../../../oauth-server/login/providers/github/github-facts.ts'
import type { GitHubAnswer } from '../../../../oauth-server/login/providers/github/github-fetch.ts'
import { type Needs, ProviderError } from '../../../../oauth-server/login/providers/provider.ts'

const API = 'https://ghe.example/api/v3'
const NOTHING: Needs = { emails: false, organizations: false, teams: false, groups: false }
const EMAILS: Needs = { ...NOTHING, emails: true }
const ORGANIZATIONS: Needs = { ...NOTHING, organizations: true }
const TEAMS: Needs = { ...NOTHING, teams: true }

const USER = `${API}/user`
const listOf = (name: string): string => `${API}/user/${name}?per_page=100`
const [ORGS, TEAM_LIST, EMAIL_LIST] = [listOf('orgs'), listOf('teams'), listOf('emails')]
const acme = { id: 7, login: 'Acme' }
const globex = { id: 8, login: 'globex' }

interface Answer {
  readonly body: unknown
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
}

type Answers = Readonly<Record<string, Answer>>

const user = (changes = {}): Answers => ({
  [USER]: { body: { id: 583_231, login: 'octocat', ...changes } },
})

/** The facts as a GitHub with these answers tells them; whatever else is asked for is a fault. */
function read(answers: Answers, changes: Partial<FactsRequest> = {}, asked: string[] = []) {
  return readFacts({
    provider: 'github',
    apiUrl: API,
    token: 'gho_token',
    isNew: false,
    scopes: undefined,
    needs: NOTHING,
    async ask(url): Promise<GitHubAnswer> {
      asked.push(url)
      const { body, status = 200, headers = {} } = answers[url] ?? raise(url)
      return { status, headers: new Headers(headers), body }
    },
    ...changes,
  })
}

function raise(url: string): never {
  throw new Error(`nobody may ask for ${url}`)
}

test('a login is letters, digits and hyphens, and the suffix of an enterprise', async (t) => {
  for (const login of ['a', 'Octo-Cat', 'ends-with-', 'ada_acme', 'a'.repeat(100)]) {
    t.is((await read(user({ login }))).name, login)
  }
  for (const login of ['', 'a.b', '_acme', 'ada_', 'a_b_c', 'ada\n', 'ä', 'a/b', 'a'.repeat(101)]) {
    await t.throwsAsync(read(user({ login })), { instanceOf: ProviderError }, login)
  }
})

test('an address counts when it is verified, in so many words', async (t) => {
  const body = [
    { email: 'B@Example.com', verified: true, primary: false },
    { email: 'text@example.com', verified: 'true', primary: true },
    { email: 'number@example.com', verified: 1 },
    { email: 'missing@example.com' },
    { email: 'no address', verified: true },
    { email: 'two@at@example.com', verified: true },
    { email: null, verified: true },
    null,
    'a@example.com',
    { email: 'a@example.com', verified: true, primary: true },
  ]
  const { emails } = await read({ ...user(), [EMAIL_LIST]: { body } }, { needs: EMAILS })
  t.deepEqual(emails, ['a@example.com', 'b@example.com'])
})

test('a membership without a good id is none', async (t) => {
  const body = [acme, { id: '9', login: 'text' }, { id: null, login: 'null' }, { login: 'no' }, {}]
  const { organizations } = await read({ ...user(), [ORGS]: { body } }, { needs: ORGANIZATIONS })
  t.deepEqual(organizations, [{ id: '7', name: 'acme' }])
  const teams = [
    { id: 70, slug: 'Platform', organization: acme },
    { id: 71, slug: 'platform', organization: null },
    { id: 72, slug: '', organization: acme },
    { id: '73', slug: 'platform', organization: acme },
  ]
  const found = await read({ ...user(), [TEAM_LIST]: { body: teams } }, { needs: TEAMS })
  t.deepEqual(found.teams, [{ id: '70', name: 'acme/platform' }])
})

for (const [title, link] of Object.entries({
  'by page': `${API}/user/orgs?per_page=100&page=2`,
  'by the number of the person': `${API}/user/583231/orgs?page=2`,
})) {
  test(`a list goes on ${title}, whatever other links stand beside`, async (t) => {
    const headers = {
      link: `<${ORGS}&page=0>; rel="prev", <${link}>; rel="next", <${ORGS}&page=9>; rel="last"`,
    }
    const answers = { ...user(), [ORGS]: { body: [acme], headers }, [link]: { body: [globex] } }
    const { organizations } = await read(answers, { needs: ORGANIZATIONS })
    t.deepEqual(
      organizations?.map(({ name }) => name),
      ['acme', 'globex'],
    )
  })
}

test('a next page elsewhere is not asked for', async (t) => {
  for (const link of [
    'https://evil.example/api/v3/user/orgs?page=2',
    'http://ghe.example/api/v3/user/orgs?page=2',
    'https://ghe.example:8443/api/v3/user/orgs?page=2',
    'https://ghe.example/user/orgs?page=2',
    `${API}/user/orgs/../emails?page=2`,
    `${API}/user/octocat/orgs?page=2`,
    '/api/v3/user/orgs?page=2',
    '',
  ]) {
    const asked: string[] = []
    const headers = { link: `<${link}>; rel="next"` }
    const answers = { ...user(), [ORGS]: { body: [acme], headers } }
    const reading = read(answers, { needs: ORGANIZATIONS }, asked)
    const error = await t.throwsAsync(reading, { instanceOf: ProviderError }, link)
    t.is(error?.fault, 'unavailable')
    t.deepEqual(asked.toSorted(), [USER, ORGS])
  }
})

test('a list without end is not read to its end', async (t) => {
  const asked: string[] = []
  const headers = { link: `<${ORGS}>; rel="next"` }
  const turning = { ...user(), [ORGS]: { body: [acme], headers } }
  await t.throwsAsync(read(turning, { needs: ORGANIZATIONS }, asked), {
    instanceOf: ProviderError,
    message: /more than 20 pages/,
  })
  t.is(asked.filter((url) => url === ORGS).length, 20)
  const endless = { ...user(), [ORGS]: { body: Array.from({ length: 200_000 }, () => 1) } }
  await t.throwsAsync(read(endless, { needs: ORGANIZATIONS }), {
    instanceOf: ProviderError,
    message: /endless page/,
  })
})

test('what was not granted is not asked for; a wider scope grants it too', async (t) => {
  const email = { email: 'a@example.com', verified: true, primary: true }
  const answers = { ...user(), [ORGS]: { body: [acme] }, [EMAIL_LIST]: { body: [email] } }
  const needs = { ...EMAILS, organizations: true }
  for (const [scopes, emails, organizations] of [
    [['read:user'], 0, undefined],
    [[''], 0, undefined],
    [['read:user', 'user:email'], 1, undefined],
    [['read:user', 'read:org'], 0, 1],
    [['user', 'admin:org'], 1, 1],
    [['xread:org', 'user:emails'], 0, undefined],
    [undefined, 1, 1],
  ] as const) {
    const asked: string[] = []
    const facts = await read(answers, { needs, scopes }, asked)
    t.is(facts.emails.length, emails, String(scopes))
    t.is(facts.organizations?.length, organizations, String(scopes))
    t.is(asked.length, 1 + emails + (organizations ?? 0), String(scopes))
  }
})

const page = { 'content-type': 'text/html; charset=utf-8' }
const refusals: Readonly<Record<string, [Answer, 'unavailable' | 'nothing told']>> = {
  'a limit without any header': [
    { status: 403, body: { message: 'You have exceeded a secondary rate limit.' } },
    'unavailable',
  ],
  'a limit that names its end': [
    { status: 403, body: {}, headers: { 'retry-after': '60' } },
    'unavailable',
  ],
  'a page of something before GitHub': [
    { status: 403, body: undefined, headers: page },
    'unavailable',
  ],
  'a page that knows no such list': [
    { status: 404, body: undefined, headers: page },
    'unavailable',
  ],
  'an organisation that demands single sign-on': [
    { status: 403, body: { message: 'Resource protected by organization SAML enforcement.' } },
    'nothing told',
  ],
  'a list that this token may not see': [
    { status: 404, body: { message: 'Not Found' } },
    'nothing told',
  ],
  'a refusal that uses up the hour': [
    { status: 404, body: {}, headers: { 'x-ratelimit-remaining': '0' } },
    'nothing told',
  ],
}
for (const [title, [answer, outcome]] of Object.entries(refusals)) {
  test(`organisations: ${title} is ${outcome}`, async (t) => {
    const reading = read({ ...user(), [ORGS]: answer }, { needs: ORGANIZATIONS })
    if (outcome === 'nothing told') {
      t.is((await reading).organizations, undefined)
      return
    }
    const error = await t.throwsAsync(reading, { instanceOf: ProviderError })
    t.is(error.fault, outcome)
  })
}

for (const [title, status, message, fault] of [
  ['suspended', 403, 'Sorry. Your account was suspended.', 'blocked'],
  ['not there', 401, 'Bad credentials', 'expired'],
  ['limited', 403, 'Rate limit of an account that is not suspended', 'unavailable'],
  ['refused', 403, 'Forbidden', 'unavailable'],
] as const) {
  test(`an account that is ${title}: its token is ${fault}`, async (t) => {
    const reading = read({ [USER]: { status, body: { message } } })
    const error = await t.throwsAsync(reading, { instanceOf: ProviderError })
    t.is(error.fault, fault)
    t.false(error.message.includes(message), 'what GitHub says stays there')
    const atLogin = read({ [USER]: { status, body: { message } } }, { isNew: true })
    const refusal = await t.throwsAsync(atLogin, { instanceOf: ProviderError })
    t.is(refusal.fault, title === 'limited' ? 'unavailable' : 'blocked')
  })
}
