/** What anybody can send to the callback, and that it leads nowhere. */

import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { OAuthError } from '../../../../lib/oauth/error.ts'
import { digest } from '../../../../lib/platform/seal.ts'
import { form, type HttpResponse } from '../../../support/http.ts'
import {
  createCommandedProvider,
  devProvider,
  startLoginWorld,
} from '../../../support/login-world.ts'
import { createOAuthClient, REDIRECT_URI } from '../../../support/oauth-client.ts'
import { createPerson, type Person } from '../../../support/person.ts'

const github = createCommandedProvider('github', 'GitHub')
const okta = createCommandedProvider('okta', 'Okta')
const world = await startLoginWorld({ providers: [github, okta, devProvider] })
const { send, issuer } = world
const oauth = createOAuthClient(send, issuer)
const { client_id } = await oauth.register()
test.after.always(() => world.stop())

const begin = () => oauth.begin(client_id, { resource: `${issuer}/echo/mcp` }).url

const locationOf = ({ headers }: HttpResponse): string => headers.get('location') ?? ''

async function leave(person: Person, provider = 'github'): Promise<string> {
  return locationOf(await person.submit(await person.open(begin()), { provider }))
}

const isSignedIn = ({ cookies }: Person): boolean =>
  [...cookies.keys()].some((name) => name.startsWith('mcp-login-'))

/** A page that leads nowhere, and nobody signed in. */
const isRefused = (response: HttpResponse, person: Person) => ({
  status: response.status,
  location: response.headers.get('location'),
  isPage: response.text.includes('start again from the application'),
  isSignedIn: isSignedIn(person),
})
const REFUSED = { status: 400, location: null, isPage: true, isSignedIn: false }

for (const [who, prepare] of [
  ['a victim with a binding cookie of their own', (victim: Person) => victim.open(begin())],
  ['a victim without any cookie', async () => {}],
] as const) {
  test(`the attacker’s login, opened by ${who}, does nothing and is burnt`, async (t) => {
    const attacker = createPerson(send)
    const callback = github.vouch(await leave(attacker), 'victim')
    const victim = createPerson(send)
    await prepare(victim)
    t.deepEqual(isRefused((await victim.open(callback)).response, victim), REFUSED)
    t.deepEqual(isRefused((await attacker.open(callback)).response, attacker), REFUSED)
    t.deepEqual(await world.ports.families.grants.ofUser('github:id-of-victim'), [])
  })
}

test('the attacker’s code with the victim’s own state is only ever the victim’s choice to begin', async (t) => {
  const [attacker, victim] = [createPerson(send), createPerson(send)]
  const code = new URL(github.vouch(await leave(attacker), 'mallory')).searchParams.get('code')
  const state = 'A'.repeat(43)
  await leave(victim)
  const forged = `${issuer}/callback?${new URLSearchParams({ code: code ?? '', state })}`
  t.deepEqual(isRefused((await victim.open(forged)).response, victim), REFUSED)
})

test.serial('whose way back broke is not told to load the used page again', async (t) => {
  const person = createPerson(send)
  const callback = github.vouch(await leave(person), 'unlucky')
  const { interactions } = world.ports.families
  const { find } = interactions
  Object.assign(interactions, {
    async find() {
      Object.assign(interactions, { find })
      throw new OAuthError('temporarily_unavailable', 'the store does not answer: try again')
    },
  })
  const { response } = await person.open(callback)
  t.is(response.status, 503)
  t.truthy(response.headers.get('retry-after'))
  t.regex(response.text, /Begin again where you wanted to log in/)
  t.notRegex(response.text, /load this page again/)
  t.deepEqual(isRefused((await person.open(callback)).response, person), REFUSED)
})

test('a callback works once', async (t) => {
  const person = createPerson(send)
  const callback = github.vouch(await leave(person), 'once')
  const first = await person.open(callback)
  t.true(locationOf(first.response).startsWith(`${REDIRECT_URI}?code=`))
  const second = await person.open(callback)
  t.deepEqual(isRefused(second.response, person), { ...REFUSED, isSignedIn: true })
  t.is((await world.ports.families.grants.ofUser('github:id-of-once')).length, 1)
})

test('of ten callbacks at once one goes on', async (t) => {
  const person = createPerson(send)
  const callback = github.vouch(await leave(person), 'racing')
  const all = await Promise.all(Array.from({ length: 10 }, () => person.open(callback)))
  t.deepEqual(all.map(({ response }) => response.status).sort(), [303, ...Array(9).fill(400)])
  t.is((await world.ports.families.grants.ofUser('github:id-of-racing')).length, 1)
})

for (const [from, to] of [
  ['github', '/callback/okta'],
  ['okta', '/callback'],
  ['okta', '/callback/github'],
  ['github', '/callback/github'],
  ['github', '/callback/dev'],
  ['okta', '/callback/OKTA'],
  ['okta', '/callback/%6Fkta'],
  ['github', '/callback/nobody'],
] as const) {
  test(`a state of ${from} at ${to} is refused and burnt`, async (t) => {
    const person = createPerson(send)
    const provider = from === 'github' ? github : okta
    const callback = new URL(provider.vouch(await leave(person, from), 'mixed'))
    const mixed = await person.open(issuer + to + callback.search)
    t.deepEqual(isRefused(mixed.response, person), REFUSED)
    t.deepEqual(isRefused((await person.open(callback.href)).response, person), REFUSED)
  })
}

for (const [what, query] of [
  ['no state', 'code=x'],
  ['an empty state', 'code=x&state='],
  ['an unknown state', `code=x&state=${'y'.repeat(43)}`],
  ['a state of 10 KB', `code=x&state=${'y'.repeat(10_240)}`],
  ['a state with a NUL', `code=x&state=${'y'.repeat(42)}%00`],
  ['nothing', ''],
  ['an error without a state', 'error=access_denied&error_description=%3Cscript%3E'],
] as const) {
  test(`${what} is refused`, async (t) => {
    const person = createPerson(send)
    await person.open(begin())
    const { response } = await person.open(`${issuer}/callback?${query}`)
    t.deepEqual(isRefused(response, person), REFUSED)
    t.false(response.text.includes('<script'))
  })
}

test('what was tampered with does nothing, and the true answer still does', async (t) => {
  const person = createPerson(send)
  const callback = github.vouch(await leave(person), 'true')
  const { searchParams } = new URL(callback)
  for (const more of [
    `&state=${searchParams.get('state')}`,
    '&state=other',
    '&code=other',
    `&x=${'y'.repeat(9000)}`,
  ]) {
    t.deepEqual(isRefused((await person.open(callback + more)).response, person), REFUSED)
  }
  const back = await person.open(callback)
  t.true(locationOf(back.response).startsWith(`${REDIRECT_URI}?code=`))
})

test('a look by HEAD uses nothing up; other methods are refused', async (t) => {
  const person = createPerson(send)
  const callback = github.vouch(await leave(person), 'head')
  const cookie = [...person.cookies].map((pair) => pair.join('=')).join('; ')
  const head = await send({ url: callback, method: 'HEAD', headers: { cookie } })
  t.is(head.status, 405)
  t.is(head.headers.get('allow'), 'GET')
  const post = form(Object.fromEntries(new URL(callback).searchParams))
  const posted = await send({
    ...post,
    url: `${issuer}/callback`,
    headers: { ...post.headers, cookie },
  })
  t.is(posted.status, 405)
  for (const method of ['PUT', 'DELETE', 'PATCH']) {
    t.is((await send({ url: callback, method, headers: { cookie } })).status, 405)
  }
  t.is((await person.open(callback)).response.status, 303)
})

test('a state that has expired is none', async (t) => {
  const person = createPerson(send)
  const callback = github.vouch(await leave(person), 'late')
  const redis = await world.valkey.connect()
  const state = new URL(callback).searchParams.get('state') ?? ''
  await redis.pexpire(`upstream-login:${digest(state)}`, 1)
  await sleep(20)
  t.deepEqual(isRefused((await person.open(callback)).response, person), REFUSED)
})

test('the page cannot be kept or framed, and tells nobody where it was', async (t) => {
  const { response } = await createPerson(send).open(`${issuer}/callback?code=x&state=y`)
  t.is(response.headers.get('cache-control'), 'no-store')
  t.is(response.headers.get('x-frame-options'), 'DENY')
  t.is(response.headers.get('referrer-policy'), 'no-referrer')
})

test('a machine that asks for JSON gets the same status and code', async (t) => {
  const response = await send({
    url: `${issuer}/callback`,
    headers: { accept: 'application/json' },
  })
  t.is(response.status, 400)
  t.is(response.json()['error'], 'invalid_request')
})

test('one browser, and one address, may come back so often and not oftener', async (t) => {
  const person = createPerson(send)
  await person.open(begin())
  const statuses = []
  for (let index = 0; index < 61; index += 1) {
    statuses.push((await person.open(`${issuer}/callback`)).response.status)
  }
  t.is(statuses.at(0), 400)
  t.is(statuses.at(-1), 429)
  t.is((await createPerson(send).open(`${issuer}/callback`)).response.status, 400)
})
