import test from 'ava'
import type { Failure } from '../support/github-emulator.ts'
import { createGitHubVisitor } from '../support/github-visitor.ts'
import { type HttpResponse, sendOverNetwork as send } from '../support/http.ts'
import { CB, isSignedIn, locationOf, startPeopleGateway } from '../support/people-gateway.ts'
import { createPerson, type Person } from '../support/person.ts'
import { verifies, verifiesAlone } from '../support/verifies.ts'

const world = await startPeopleGateway({ file: 'access: { users: ["*"] }\n' })
const { issuer, github, okta, client, web, begin, leave } = world
test.after.always(() => world.stop())

/** Where GitHub sends the browser back to. */
async function callbackOf(person: Person, login: string): Promise<string> {
  if (!github.people.has(login)) github.add(login)
  return await createGitHubVisitor(github).visit(await leave(person, 'github'), login)
}

async function logIn(login: string): Promise<{ person: Person; redirect: string }> {
  const person = createPerson(send)
  const { response } = await person.open(await callbackOf(person, login))
  return { person, redirect: locationOf(response) }
}

const leadsNowhere = (response: HttpResponse): boolean =>
  response.status === 400 &&
  response.headers.get('location') === null &&
  response.text.includes('start again from the application')

verifies('login-approval-first', async (t) => {
  const person = createPerson(send)
  for (const changes of [{}, { provider: 'github' }, { prompt: 'login' }, { idp: 'github' }]) {
    const { response } = await person.open(begin(changes).url)
    t.is(response.status, 200)
    t.is(response.headers.get('location'), null)
  }
  const page = await person.open(begin().url)
  for (const decision of ['deny', '', 'maybe']) {
    const answer = await person.post(page, { decision, provider: 'github' })
    t.false(locationOf(answer).startsWith(github.url), decision)
  }
})

verifies('login-each-client-asks', async (t) => {
  const { person } = await logIn('asked')
  const attackers = await client.register({ redirect_uris: ['https://evil.example/cb'] })
  const changes = { redirect_uri: 'https://evil.example/cb' }
  const { response } = await person.open(begin(changes, attackers.client_id).url)
  t.is(response.status, 200)
  t.is(response.headers.get('location'), null)
  t.true(response.text.includes('<strong>evil.example</strong>'))
  const other = createPerson(send)
  for (const [name, value] of person.cookies) {
    if (!name.includes('-login-')) other.cookies.set(name, value)
  }
  t.is((await other.open(begin().url)).response.status, 200, 'a binding cookie approves nothing')
})

verifies('login-state-fresh', async (t) => {
  const person = createPerson(send)
  const departures = [
    await leave(person, 'github'),
    await leave(person, 'github'),
    await leave(person, 'okta'),
  ]
  for (const name of ['state', 'code_challenge']) {
    const values = departures.map((one) => new URL(one).searchParams.get(name) ?? '')
    for (const value of values) t.regex(value, /^[A-Za-z0-9_-]{43}$/)
    t.is(new Set(values).size, 3)
  }
  for (const departure of departures) {
    t.is(new URL(departure).searchParams.get('code_challenge_method'), 'S256')
    for (const value of person.cookies.values()) t.false(departure.includes(value))
  }
})

verifies('login-state-browser', async (t) => {
  const attacker = createPerson(send)
  const victim = (await logIn('victim')).person
  const before = [...victim.cookies].join()
  for (const browser of [victim, createPerson(send)]) {
    const callback = await callbackOf(attacker, 'victim')
    t.true(leadsNowhere((await browser.open(callback)).response))
    t.true(leadsNowhere((await attacker.open(callback)).response), 'burnt')
  }
  t.is([...victim.cookies].join(), before)
  t.false(isSignedIn(attacker))
})

verifies('login-state-once', async (t) => {
  const person = createPerson(send)
  const callback = await callbackOf(person, 'once')
  const { searchParams } = new URL(callback)
  const [code, state] = [searchParams.get('code') ?? '', searchParams.get('state') ?? '']
  for (const query of [
    '',
    `code=${code}`,
    `code=${code}&state=`,
    `code=${code}&state=${'x'.repeat(43)}`,
    `code=${code}&state=${'x'.repeat(6000)}`,
    `code=${code}&state=${state}&state=${state}`,
    `code=${code}&code=${code}&state=${state}`,
    `error=access_denied&error_description=${'x'.repeat(3000)}`,
  ]) {
    const { response } = await person.open(`${issuer}/callback?${query}`)
    t.true(leadsNowhere(response), query.slice(0, 60))
  }
  t.true(locationOf((await person.open(callback)).response).startsWith(`${CB}?code=`))
  t.true(leadsNowhere((await person.open(callback)).response))
})

verifies('login-mix-up', async (t) => {
  for (const path of ['/callback/okta', '/callback/github', '/callback/other', '/callback/a/b']) {
    const person = createPerson(send)
    const callback = new URL(await callbackOf(person, 'mixed'))
    const mixed = await person.open(issuer + path + callback.search)
    t.is(locationOf(mixed.response), '')
    t.true([400, 404].includes(mixed.response.status), path)
    const burnt = await person.open(callback.href)
    t.is(leadsNowhere(burnt.response), path !== '/callback/a/b', path)
  }
  const person = createPerson(send)
  const there = await okta.logIn(await leave(person, 'okta'), 'alice')
  t.true(leadsNowhere((await person.open(`${issuer}/callback${there.search}`)).response))
  t.true(leadsNowhere((await person.open(there.href)).response))
})

verifies('login-callback-page', async (t) => {
  const text = '%3Cscript%3Ealert(1)%3C/script%3E'
  const { response } = await createPerson(send).open(
    `${issuer}/callback?error=${text}&error_description=${text}&state=${text}`,
  )
  t.true(leadsNowhere(response))
  t.false(response.text.includes('alert(1)'))
  t.is(response.headers.get('cache-control'), 'no-store')
  t.is(response.headers.get('x-frame-options'), 'DENY')
  t.is(response.headers.get('referrer-policy'), 'no-referrer')
  t.regex(response.headers.get('content-security-policy') ?? '', /default-src 'none'/)
  t.is(response.headers.get('access-control-allow-origin'), null)
})

verifies('login-callback-methods', async (t) => {
  const person = createPerson(send)
  const callback = await callbackOf(person, 'methods')
  const cookie = [...person.cookies].map((pair) => pair.join('=')).join('; ')
  for (const method of ['HEAD', 'POST', 'PUT', 'DELETE']) {
    const { status } = await send({ url: callback, method, headers: { cookie } })
    t.is(status, 405, method)
  }
  t.is((await person.open(callback)).response.status, 303)
})

verifies('login-identity', async (t) => {
  const subjectOf = async (login: string): Promise<string> => {
    const person = createPerson(send)
    const attempt = begin({ prompt: 'consent' })
    const there = await leave(person, 'github', attempt.url)
    const callback = await createGitHubVisitor(github).visit(there, login)
    const { searchParams } = new URL(locationOf((await person.open(callback)).response))
    const answer = await client.token({
      grant_type: 'authorization_code',
      code: searchParams.get('code') ?? '',
      code_verifier: attempt.verifier,
      redirect_uri: CB,
      client_id: web.client_id,
    })
    const [, claims = ''] = String(answer.json()['access_token']).split('.')
    return JSON.parse(Buffer.from(claims, 'base64url').toString()).sub
  }
  const [left, right] = [github.add('left'), github.add('right')]
  t.is(await subjectOf('left'), `github:${left.id}`)
  github.rename('left', 'aside')
  github.rename('right', 'left')
  t.is(await subjectOf('aside'), `github:${left.id}`)
  t.is(await subjectOf('left'), `github:${right.id}`)
})

const FAILURES: readonly (readonly ['token' | 'user', Failure])[] = [
  ['token', { kind: 'status', status: 500 }],
  ['token', { kind: 'html' }],
  ['token', { kind: 'json', body: { error: 'bad_verification_code' } }],
  ['user', { kind: 'status', status: 401 }],
  ['user', { kind: 'status', status: 403 }],
  ['user', { kind: 'status', status: 429 }],
  ['user', { kind: 'status', status: 500 }],
  ['user', { kind: 'html' }],
  ['user', { kind: 'hang' }],
  ['user', { kind: 'slow-body' }],
  ['user', { kind: 'drop' }],
  ['user', { kind: 'huge' }],
  ['user', { kind: 'json', body: { id: null, login: 'x' } }],
  ['user', { kind: 'json', body: { id: '1', login: 'x' } }],
]

verifiesAlone('login-fails-closed', async (t) => {
  for (const [endpoint, failure] of FAILURES) {
    const words = `${endpoint} ${JSON.stringify(failure)}`
    const person = createPerson(send)
    const callback = await callbackOf(person, 'patient')
    github.failures.set(endpoint, failure)
    const again = await person.open(callback)
    github.failures.clear()
    t.true([400, 403, 502, 503].includes(again.response.status), words)
    t.is(again.response.headers.get('location'), null, words)
    t.false(isSignedIn(person), words)
    const there = locationOf(await person.submit(again, { provider: 'github' }))
    const second = await createGitHubVisitor(github).visit(there, 'patient')
    t.true(locationOf((await person.open(second)).response).startsWith(`${CB}?code=`), words)
  }
})

verifies('login-redirects', async (t) => {
  for (const [asked, expected] of [
    ['/account', '/account'],
    ['https://evil.example/', '/'],
    ['//evil.example', '/'],
    ['/account/../logout', '/'],
  ] as const) {
    const person = createPerson(send)
    const page = await person.open(`${issuer}/login?${new URLSearchParams({ return: asked })}`)
    const fields = { provider: 'github', return: asked }
    github.add('returning')
    const there = locationOf(await person.post(page, fields))
    const callback = await createGitHubVisitor(github).visit(there, 'returning')
    const { response } = await person.open(callback)
    t.is(locationOf(response), issuer + expected, asked)
    t.true(isSignedIn(person))
  }
})

verifies('login-forged', async (t) => {
  const [attacker, victim] = [createPerson(send), createPerson(send)]
  const page = await attacker.open(`${issuer}/login`)
  await victim.open(`${issuer}/login`)
  const provider = 'github'
  t.is((await victim.post(page, { provider })).status, 403)
  const own = await victim.open(`${issuer}/login`)
  const foreign = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
  t.is((await victim.post(own, { provider }, foreign)).status, 403)
  github.add('mallory')
  const there = locationOf(await attacker.post(page, { provider }))
  const callback = await createGitHubVisitor(github).visit(there, 'mallory')
  t.true(leadsNowhere((await victim.open(callback)).response))
  t.false(isSignedIn(victim))
})
