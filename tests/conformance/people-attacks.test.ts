import { readFileSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { createGitHubVisitor } from '../support/github-visitor.ts'
import { startHostileOidc } from '../support/hostile-oidc.ts'
import { form, type HttpResponse, sendOverNetwork as send } from '../support/http.ts'
import type { Fields } from '../support/oauth-client.ts'
import type { UpstreamClaims } from '../support/oidc-upstream.ts'
import { CB, isSignedIn, locationOf, startPeopleGateway } from '../support/people-gateway.ts'
import { createPerson, type Person } from '../support/person.ts'
import { verifies, verifiesAlone } from '../support/verifies.ts'

const mallory = await startHostileOidc('the-secret-that-mallory-has-too')
const world = await startPeopleGateway({
  environment: { MALLORY_SECRET: mallory.clientSecret },
  providers: `  mallory:
    issuer: ${mallory.issuer}
    client_id: gateway
    client_secret: \${secret.MALLORY_SECRET}
`,
  file: `access:
  users: ["okta:boss", "okta:mike", "okta:josé", "okta:00u1", "github:octocat"]
  groups: ["okta:staff", "mallory:engineers"]
  organizations: ["github:acme"]
`,
})
const { issuer, gateway, github, okta, client, web, begin, leave } = world
const { port } = gateway
github.add('octocat')
test.after.always(async () => {
  await world.stop()
  await mallory.stop()
})

const isCode = (response: HttpResponse): boolean => locationOf(response).startsWith(`${CB}?code=`)

/** Goes through the provider, to where it sends the browser back. */
async function visit(provider: string, departure: string, login: string): Promise<URL> {
  if (provider === 'okta') return await okta.logIn(departure, login)
  if (provider === 'mallory') return mallory.authorize(new URL(departure))
  return new URL(await createGitHubVisitor(github).visit(departure, login))
}

async function logIn(person: Person, provider: string, login: string): Promise<HttpResponse> {
  const back = await visit(provider, await leave(person, provider), login)
  return (await person.open(back.href)).response
}

async function mayIn(login: string, claims: UpstreamClaims): Promise<boolean> {
  okta.people.set(login, claims)
  const response = await logIn(createPerson(send), 'okta', login)
  return isCode(response)
}

verifiesAlone('people-look-alikes', async (t) => {
  const lookAlikes: Record<string, UpstreamClaims> = {
    'zero width': { preferred_username: 'bo\u200bss' },
    control: { preferred_username: 'boss\u0007' },
    blanks: { preferred_username: ' boss ' },
    direction: { preferred_username: '\u202eboss' },
    capitals: { preferred_username: 'Boss' },
    kelvin: { preferred_username: 'mi\u212ae' },
    decomposed: { preferred_username: 'jose\u0301' },
    'own name': { name: 'boss' },
    'own address': { name: 'x', email: 'boss', email_verified: true },
    list: { preferred_username: ['boss'] },
  }
  for (const [what, claims] of Object.entries(lookAlikes)) {
    t.false(await mayIn(`eve-${what.replace(' ', '-')}`, claims), what)
  }
  t.true(await mayIn('the-boss', { preferred_username: 'boss' }))
  t.true(await mayIn('00u1', { preferred_username: 'ann' }), 'by id')
  t.false(
    await mayIn('eve-by-id', { preferred_username: '00u1' }),
    'the id of somebody is no login',
  )
})

verifiesAlone('people-injected-code', async (t) => {
  for (const [provider, login] of [
    ['github', 'octocat'],
    ['okta', 'staffer'],
    ['mallory', ''],
  ] as const) {
    okta.people.set('staffer', { preferred_username: 'staffer', groups: ['staff'] })
    const [attacker, victim] = [createPerson(send), createPerson(send)]
    const stolen = await visit(provider, await leave(attacker, provider), login)
    const own = await visit(provider, await leave(victim, provider), login)
    own.searchParams.set('code', stolen.searchParams.get('code') ?? '')
    const { response } = await victim.open(own.href)
    t.true([400, 502, 503].includes(response.status), `${provider}: ${response.status}`)
    t.is(locationOf(response), '', provider)
    t.false(isSignedIn(victim), provider)
  }
})

verifiesAlone('people-foreign-issuer', async (t) => {
  for (const iss of [okta.issuer, github.url, issuer, '', `${mallory.issuer}/`, undefined]) {
    mallory.change({ back: { iss } })
    const person = createPerson(send)
    const response = await logIn(person, 'mallory', '')
    t.is(response.status, 502, iss)
    t.is(locationOf(response), '', iss)
    t.false(isSignedIn(person), iss)
  }
  for (const idToken of [{ iss: okta.issuer }, { aud: 'another client' }, { nonce: 'another' }]) {
    mallory.change({ idToken })
    const person = createPerson(send)
    t.is((await logIn(person, 'mallory', '')).status, 502, JSON.stringify(idToken))
    t.false(isSignedIn(person))
  }
  mallory.behave()
  t.true(isCode(await logIn(createPerson(send), 'mallory', '')), 'who behaves is believed')
})

verifies('people-crowd', async (t) => {
  const person = createPerson(send)
  const back = await visit('github', await leave(person, 'github'), 'octocat')
  const answers = await Promise.all(Array.from({ length: 50 }, () => person.open(back.href)))
  t.is(answers.filter(({ response }) => isCode(response)).length, 1)
  t.is(answers.filter(({ response }) => response.status === 400).length, 49)
})

verifiesAlone('people-two-tabs', async (t) => {
  const person = createPerson(send)
  const page = await person.open(begin().url)
  const [one, two] = [
    locationOf(await person.submit(page, { provider: 'github' })),
    locationOf(await person.submit(page, { provider: 'mallory' })),
  ]
  const backs = [await visit('github', one, 'octocat'), await visit('mallory', two, '')]
  const answers = await Promise.all(
    backs.map(async ({ href }) => (await person.open(href)).response),
  )
  t.is(answers.filter(isCode).length, 1)
  t.is(answers.filter(({ status }) => status === 400 || status === 403).length, 1)
})

/** Everything the gateway has written: the store keeps each of its commands. */
async function written(): Promise<string> {
  const texts = [gateway.output()]
  for await (const name of glob('.gateway/{valkey,logs}/**/*', { cwd: gateway.folder })) {
    if (/\.(?:aof|rdb|log)$/.test(name)) {
      texts.push(readFileSync(join(gateway.folder, name), 'latin1'))
    }
  }
  return texts.join('\n')
}

function secretsOf(departure: string, back: URL): string[] {
  const sent = new URL(departure).searchParams
  return ['state', 'nonce', 'code']
    .flatMap((name) => [sent.get(name) ?? [], back.searchParams.get(name) ?? []])
    .flat()
}

verifiesAlone('people-store', async (t) => {
  const secrets: string[] = [github.clientSecret, okta.clientSecret]
  for (const provider of ['github', 'okta', 'mallory']) {
    okta.people.set('keeper', { preferred_username: 'keeper', groups: ['staff'] })
    const person = createPerson(send)
    const state = `the-state-of-a-client-${provider}`
    const nonce = `the-nonce-of-a-client-${provider}`
    const attempt = begin({ state, nonce, scope: 'openid mcp offline_access' })
    const departure = await leave(person, provider, attempt.url)
    const login = provider === 'okta' ? 'keeper' : 'octocat'
    const back = await visit(provider, departure, login)
    const { response } = await person.open(back.href)
    t.true(isCode(response), provider)
    const code = new URL(locationOf(response)).searchParams.get('code') ?? ''
    const tokens = await client.token({
      grant_type: 'authorization_code',
      code,
      code_verifier: attempt.verifier,
      redirect_uri: CB,
      client_id: web.client_id,
    })
    t.is(tokens.status, 200)
    const { access_token, refresh_token, id_token } = tokens.json()
    secrets.push(...secretsOf(departure, back), ...person.cookies.values(), state, nonce, code)
    secrets.push(attempt.verifier, String(access_token), String(refresh_token), String(id_token))
  }
  secrets.push(...mallory.secrets.filter((secret) => secret !== ''))
  secrets.push(...bearersOf())
  const text = await written()
  t.true(text.includes('upstream-login:'), 'the store was read')
  t.deepEqual(
    secrets.filter((secret) => text.includes(secret)).map((secret) => secret.slice(0, 24)),
    [],
  )
})

/** The tokens that GitHub gave for people: each was sent back to it. */
function bearersOf(): string[] {
  return github.requests.flatMap(({ headers }) => {
    const [, token] = /^Bearer (\S+)$/.exec(headers.get('authorization') ?? '') ?? []
    return token ?? []
  })
}

verifiesAlone('people-markup', async (t) => {
  const markup = '<img src=x onerror=alert(1)>"\'&'
  const claims = { preferred_username: markup, name: markup, groups: ['staff'] }
  okta.people.set('markup', claims)
  const person = createPerson(send)
  t.true(isCode(await logIn(person, 'okta', 'markup')))
  for (const path of ['/', '/account', '/login', '/logout']) {
    const { response } = await person.open(issuer + path)
    t.is(response.status, 200, path)
    assertHarmless(t, response, path)
    t.true(response.text.includes('&lt;img src=x'), path)
  }
  const asked = await person.open(begin({ prompt: 'consent' }).url)
  assertHarmless(t, asked.response, 'consent')
  okta.people.set('stranger', { ...claims, groups: [] })
  const stranger = createPerson(send)
  const page = await stranger.open(`${issuer}/login`)
  const there = locationOf(await stranger.post(page, { provider: 'okta' }))
  const { response } = await stranger.open((await okta.logIn(there, 'stranger')).href)
  t.is(response.status, 403)
  assertHarmless(t, response, 'refused')
  const denied = await logIn(createPerson(send), 'okta', 'stranger')
  const told = new URL(locationOf(denied)).searchParams
  t.is(told.get('error'), 'access_denied')
  t.regex(told.get('error_description') ?? '', /^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/)
})

function assertHarmless(t: ExecutionContext, { text }: HttpResponse, where: string): void {
  t.false(/<img[^>]*onerror/i.test(text), where)
  t.false(/<script/i.test(text), where)
}

verifies('people-forms', async (t) => {
  const person = createPerson(send)
  t.true(isCode(await logIn(person, 'github', 'octocat')))
  const pages = [
    await person.open(begin({ prompt: 'consent' }).url),
    await person.open(`${issuer}/login`),
    await person.open(`${issuer}/logout`),
    await person.open(`${issuer}/device`),
    { ...(await person.open(`${issuer}/account`)), action: `${issuer}/account` },
  ]
  const cookie = [...person.cookies].map((pair) => pair.join('=')).join('; ')
  const foreign: Fields[] = [
    { origin: 'https://evil.example' },
    { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    { origin: `http://localhost:${port + 1}`, 'sec-fetch-site': 'same-site' },
    { origin: `http://evil.localhost:${port}`, 'sec-fetch-site': 'same-site' },
    { origin: 'null' },
    { origin: 'null', 'sec-fetch-site': 'same-site' },
    { origin: 'null', 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'cross-site' },
  ]
  for (const { action, fields } of pages) {
    for (const headers of foreign) {
      const sent = form({ ...fields, decision: 'approve', change: 'revoke-all', user_code: 'x' })
      const own = { cookie, ...sent.headers, ...headers }
      const response = await send({ ...sent, url: action, headers: own })
      t.is(response.status, 403, `${action} ${JSON.stringify(headers)}`)
    }
  }
  t.is((await person.open(`${issuer}/account`)).response.status, 200, 'nothing has happened')
})
