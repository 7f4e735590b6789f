/** A real server, and people who log in at GitHub: the emulator, odd ways and all. */

import test from 'ava'
import { gitHubEnvironment, startGitHub } from '../../../support/github-emulator.ts'
import { createGitHubVisitor } from '../../../support/github-visitor.ts'
import type { HttpResponse } from '../../../support/http.ts'
import { createOAuthClient, REDIRECT_URI } from '../../../support/oauth-client.ts'
import { startOAuthServer, untilLine } from '../../../support/oauth-server.ts'
import { createPerson, type Person } from '../../../support/person.ts'

const github = await startGitHub({ callbackUrl: 'http://localhost:8642/callback' })
const environment = {
  ...gitHubEnvironment(github),
  ALLOWED_GITHUB_USERS: '*',
}
const server = await startOAuthServer({ environment })
const twin = await startOAuthServer({ environment, valkey: server.valkey })
const { send, issuer } = server
const client = createOAuthClient(send, issuer)
const { client_id } = await client.register()
test.after.always(async () => {
  await twin.stop()
  await server.stop()
  await github.stop()
})

const begin = (changes = {}) =>
  client.begin(client_id, { resource: `${issuer}/echo/mcp`, scope: 'openid profile', ...changes })
const locationOf = ({ headers }: HttpResponse): string => headers.get('location') ?? ''

async function leave(person: Person, url = begin().url, answer = {}): Promise<string> {
  return locationOf(await person.submit(await person.open(url), answer))
}

/** Logs in and redeems the code: who the token is about. */
async function logIn(login: string): Promise<Record<string, unknown>> {
  const person = createPerson(send)
  const attempt = begin()
  const callback = await createGitHubVisitor(github).visit(await leave(person, attempt.url), login)
  const back = await person.open(callback)
  const answer = await client.token({
    grant_type: 'authorization_code',
    code: new URL(locationOf(back.response)).searchParams.get('code') ?? '',
    code_verifier: attempt.verifier,
    redirect_uri: REDIRECT_URI,
    client_id,
  })
  const [, claims = ''] = String(answer.json()['access_token']).split('.')
  return JSON.parse(Buffer.from(claims, 'base64url').toString())
}

test('who logs in is who they are by number, under whatever name', async (t) => {
  const { id } = github.add('mona')
  t.like(await logIn('mona'), { sub: `github:${id}`, preferred_username: 'mona' })
  github.rename('mona', 'lisa')
  t.like(await logIn('lisa'), { sub: `github:${id}`, preferred_username: 'lisa' })
  const stranger = github.add('mona')
  t.like(await logIn('mona'), { sub: `github:${stranger.id}`, preferred_username: 'mona' })
})

test('GitHub asks nothing of whom it knows, and still nobody gets in by another’s link', async (t) => {
  const victim = github.add('victim')
  const known = createGitHubVisitor(github)
  const own = createPerson(send)
  await own.open(await known.visit(await leave(own), 'victim'))
  const attacker = createPerson(send)
  const link = await leave(attacker, begin().url)
  // The victim’s browser goes all the way by itself: GitHub has its session and the app’s permission.
  const callback = await known.visit(link, 'victim')
  t.deepEqual(known.seen, [])
  const { response } = await own.open(callback)
  t.is(response.status, 400)
  t.is(response.headers.get('location'), null)
  t.is((await attacker.open(callback)).response.status, 400)
  t.true(victim.id > 0)
})

test('a login that began at one process ends at another', async (t) => {
  github.add('traveller')
  let isThere = false
  const person = createPerson((request) => (isThere ? twin : server).send(request))
  const callback = await createGitHubVisitor(github).visit(await leave(person), 'traveller')
  isThere = true
  const back = await person.open(callback)
  t.true(locationOf(back.response).startsWith(`${REDIRECT_URI}?code=`))
})

test('another account: GitHub lets the person choose', async (t) => {
  github.add('first')
  github.add('second')
  const person = createPerson(send)
  const visitor = createGitHubVisitor(github)
  await person.open(await visitor.visit(await leave(person), 'first'))
  const callback = await visitor.visit(
    await leave(person, begin().url, { provider: 'github' }),
    'second',
  )
  t.true(visitor.seen.includes('Sign in to GitHub'))
  const back = await person.open(callback)
  t.true(locationOf(back.response).startsWith(`${REDIRECT_URI}?code=`))
  t.true(
    (await person.open(begin().url)).response.text.includes('<strong>second (GitHub)</strong>'),
  )
})

test('who cancels at GitHub is back on the page', async (t) => {
  github.add('hesitant')
  const person = createPerson(send)
  const visitor = createGitHubVisitor(github)
  const again = await person.open(await visitor.visit(await leave(person), 'hesitant', 'cancel'))
  t.is(again.response.status, 400)
  t.regex(again.response.text, /You did not finish the login at GitHub/)
  const callback = await visitor.visit(locationOf(await person.submit(again, {})), 'hesitant')
  const back = await person.open(callback)
  t.true(locationOf(back.response).startsWith(`${REDIRECT_URI}?code=`))
})

for (const [what, endpoint, failure, status, words] of [
  ['is down', 'token', { kind: 'status', status: 500 }, 503, /does not answer as it should/],
  ['sends a page', 'user', { kind: 'html' }, 503, /does not answer as it should/],
  ['tells of nobody', 'user', { kind: 'json', body: { id: null, login: 'x' } }, 503, /GitHub/],
  [
    'does not take our secret',
    'token',
    { kind: 'json', body: { error: 'incorrect_client_credentials' } },
    502,
    /does not accept this gateway/,
  ],
  [
    'does not know its code',
    'token',
    { kind: 'json', body: { error: 'bad_verification_code' } },
    502,
    /could not be trusted/,
  ],
] as const) {
  test.serial(
    `GitHub ${what}: back on the page, nobody is logged in, nothing is lost`,
    async (t) => {
      github.add('patient')
      const person = createPerson(send)
      const visitor = createGitHubVisitor(github)
      const callback = await visitor.visit(await leave(person), 'patient')
      github.failures.set(endpoint, failure)
      const again = await person.open(callback)
      github.failures.clear()
      t.is(again.response.status, status)
      t.regex(again.response.text, words)
      t.false([...person.cookies.keys()].some((name) => name.includes('-login-')))
      const second = await visitor.visit(locationOf(await person.submit(again, {})), 'patient')
      t.true(locationOf((await person.open(second)).response).startsWith(`${REDIRECT_URI}?code=`))
    },
  )
}

test.serial('what GitHub and its people were sent stands nowhere in the log', async (t) => {
  github.add('secretive')
  const person = createPerson(send)
  const departure = await leave(person)
  const callback = await createGitHubVisitor(github).visit(departure, 'secretive')
  await person.open(callback)
  await untilLine(server, /access approved/)
  const secrets = [
    ...['code', 'state'].map((name) => new URL(callback).searchParams.get(name)),
    new URL(departure).searchParams.get('code_challenge'),
    github.clientSecret,
  ]
  const log = server.lines.join('')
  for (const secret of secrets) t.true(secret !== null && !log.includes(secret))
})

test('whose account is suspended hears whose doing it is, and may go on with another one', async (t) => {
  const person = createPerson(send)
  const suspended = github.add('suspended')
  const visitor = createGitHubVisitor(github)
  const callback = await visitor.visit(await leave(person), 'suspended')
  suspended.isSuspended = true
  const refused = await person.open(callback, { 'accept-language': 'de' })
  t.is(refused.response.status, 403)
  t.is(refused.response.headers.get('retry-after'), null)
  t.regex(refused.response.text, /GitHub selbst weist Ihr Konto ab/)
  t.false([...person.cookies.keys()].some((name) => name.includes('-login-')))
  github.add('innocent')
  const departure = locationOf(await person.submit(refused, {}))
  t.is(new URL(departure).searchParams.get('prompt'), 'select_account')
  const back = await person.open(await visitor.visit(departure, 'innocent'))
  t.true(locationOf(back.response).startsWith(`${REDIRECT_URI}?code=`))
})
