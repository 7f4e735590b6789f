import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { form, type HttpResponse } from '../../support/http.ts'
import { createOAuthClient } from '../../support/oauth-client.ts'
import { startOAuthServer, untilLine } from '../../support/oauth-server.ts'
import { createPerson, type Person } from '../../support/person.ts'

const server = await startOAuthServer()
const { send, issuer } = server
const client = createOAuthClient(send, issuer)
const CB = 'https://app.example/cb'
const ECHO = `${issuer}/echo/mcp`
const LOGOUT = `${issuer}/logout`
const { client_id } = await client.register({ redirect_uris: [CB] })
test.after.always(() => server.stop())

/** Approves in this browser; resolves with what refreshes. */
const login = async (person: Person, username: string, changes = {}) => {
  const attempt = client.begin(client_id, { redirect_uri: CB, resource: ECHO, ...changes })
  const page = await person.open(attempt.url)
  const response =
    page.response.status === 303 ? page.response : await person.submit(page, { username })
  const location = new URL(response.headers.get('location') ?? '')
  const answer = await client.token({
    grant_type: 'authorization_code',
    code: location.searchParams.get('code') ?? '',
    code_verifier: attempt.verifier,
    client_id,
  })
  return { grant_type: 'refresh_token', refresh_token: String(answer.json()['refresh_token']) }
}

type Refresh = Awaited<ReturnType<typeof login>>
const isAlive = async (refresh: Refresh) =>
  (await client.token({ ...refresh, client_id })).status === 200

const isSignedIn = async (person: Person) =>
  (await person.open(`${issuer}/`)).response.text.includes('You are signed in as')

const cookieOf = (person: Person) =>
  [...person.cookies].find(([name]) => name.includes('-login-')) ?? ['', '']

test('the page says who is signed in, and the start page leads to it', async (t) => {
  const person = createPerson(send)
  const nobody = await person.open(LOGOUT)
  t.false(nobody.response.text.includes('<form'))
  t.false((await person.open(`${issuer}/`)).response.text.includes('/logout'))
  await login(person, 'ann')
  t.true((await person.open(`${issuer}/`)).response.text.includes('href="/logout"'))
  const page = await person.open(`${LOGOUT}?next=//evil.example`)
  t.true(page.response.text.includes('signed in as <strong>ann</strong>'))
  t.true(page.response.text.indexOf('value="browser"') > 0)
  t.true(page.response.text.indexOf('value="browser"') < page.response.text.indexOf('everywhere"'))
  t.false(page.response.text.includes('evil'))
  t.is(page.response.headers.get('x-frame-options'), 'DENY')
  t.is(page.response.headers.get('cache-control'), 'no-store')
  t.true(await isSignedIn(person), 'opening it changes nothing')
})

test('signing out ends this login and what was approved in it, and nothing else', async (t) => {
  const [here, there] = [createPerson(send), createPerson(send)]
  const first = await login(here, 'ben')
  const second = await login(here, 'ben')
  const elsewhere = await login(there, 'ben')
  const [, cookie] = cookieOf(here)
  const page = await here.open(LOGOUT)
  const response = await here.post(page, { next: 'https://evil.example' })
  t.is(response.status, 200)
  t.is(response.headers.get('location'), null)
  t.true(response.text.includes('You are signed out'))
  t.is(response.headers.getSetCookie().length, 1)
  t.regex(response.headers.getSetCookie()[0] ?? '', /^mcp-login-\w+=; .*HttpOnly.*Max-Age=0$/)
  t.false(await isAlive(first))
  t.false(await isAlive(second))
  t.true(await isAlive(elsewhere))
  t.false(await isSignedIn(here))
  t.true(await isSignedIn(there))
  here.cookies.set(...(cookieOf(there).with(1, cookie) as [string, string]))
  t.false(await isSignedIn(here), 'the cookie means nothing any more')
})

test('whoever has proved again who they are signs out of everything of this browser', async (t) => {
  const person = createPerson(send)
  const before = await login(person, 'cora')
  const [, cookie] = cookieOf(person)
  const after = await login(person, 'cora', { prompt: 'login' })
  t.not(cookieOf(person)[1], cookie, 'the cookie is new at each login')
  await person.post(await person.open(LOGOUT), { extent: 'browser' })
  t.false(await isAlive(before))
  t.false(await isAlive(after))
})

test('signing out everywhere ends all logins, grants and remembered consents', async (t) => {
  const [here, there, stranger] = [createPerson(send), createPerson(send), createPerson(send)]
  const refreshes = [await login(here, 'dora'), await login(there, 'dora')]
  const other = await login(stranger, 'emil')
  const response = await here.post(await here.open(LOGOUT), { extent: 'everywhere' })
  t.is(response.status, 200)
  for (const refresh of refreshes) t.false(await isAlive(refresh))
  t.false(await isSignedIn(here))
  t.false(await isSignedIn(there))
  t.true(await isAlive(other))
  t.true(await isSignedIn(stranger))
  const { url } = client.begin(client_id, { redirect_uri: CB, resource: `${issuer}/memory/mcp` })
  await there.authorize(url, { username: 'dora' })
  t.true(await isSignedIn(there), 'a login made afterwards counts')
  const again = await there.open(client.begin(client_id, { redirect_uri: CB, resource: ECHO }).url)
  t.true(again.response.text.includes('name="decision"'), 'what was approved is asked again')
})

test('a page that was open meanwhile gives no code', async (t) => {
  const person = createPerson(send)
  await login(person, 'finn')
  const { url } = client.begin(client_id, { redirect_uri: CB, resource: ECHO, prompt: 'consent' })
  const open = await person.open(url)
  await person.post(await person.open(LOGOUT), {})
  const { username: _typed, ...fields } = open.fields
  const response = await person.submit({ ...open, fields }, {})
  t.is(response.status, 400)
  t.true(response.text.includes('role="alert"'))
})

const refusals: Record<string, Readonly<Record<string, string>>> = {
  'another site’s': { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
  'a neighbour’s': { origin: 'http://localhost:9999', 'sec-fetch-site': 'same-site' },
  'one of no origin and another site': { origin: 'null', 'sec-fetch-site': 'cross-site' },
}
for (const [whose, headers] of Object.entries(refusals)) {
  test(`${whose} form signs nobody out`, async (t) => {
    const person = createPerson(send)
    const refresh = await login(person, 'gina')
    const response = await person.post(await person.open(LOGOUT), {}, headers)
    t.is(response.status, 403)
    t.true(await isSignedIn(person))
    t.true(await isAlive(refresh))
  })
}

test('a form without its proof, or with that of another login, signs nobody out', async (t) => {
  const [person, other] = [createPerson(send), createPerson(send)]
  await login(person, 'hugo')
  await login(other, 'ida')
  const page = await person.open(LOGOUT)
  const foreign = (await other.open(LOGOUT)).fields['proof'] ?? ''
  t.is(foreign.length, 43)
  for (const proof of ['', 'x', foreign]) {
    const response: HttpResponse = await person.post(page, { proof, extent: 'everywhere' })
    t.is(response.status, 403)
  }
  const unclear = await person.post(page, { extent: 'https://evil.example' })
  t.is(unclear.status, 400)
  t.true(await isSignedIn(person))
})

test('sent twice, it ends on the same page', async (t) => {
  const person = createPerson(send)
  await login(person, 'jack')
  const page = await person.open(LOGOUT)
  const both = await Promise.all([person.post(page, {}), person.post(page, {})])
  t.deepEqual(
    both.map(({ status }) => status),
    [200, 200],
  )
})

test('who signs out while approving in another tab keeps nothing alive', async (t) => {
  const person = createPerson(send)
  await login(person, 'kira')
  const attempts = Array.from({ length: 12 }, () =>
    client.begin(client_id, { redirect_uri: CB, resource: ECHO, prompt: 'consent' }),
  )
  const pages = await Promise.all(attempts.map(({ url }) => person.open(url)))
  const logout = await person.open(LOGOUT)
  // As known by the cookie alone: a name typed into the form would be a new login.
  const answers = pages.map((page) => {
    const { username: _typed, ...fields } = page.fields
    return person.submit({ ...page, fields }, {})
  })
  // One has been approved by then; the others are on their way.
  await Promise.race(answers)
  await person.post(logout, { extent: 'everywhere' })
  let approved = 0
  for (const [index, response] of (await Promise.all(answers)).entries()) {
    const location = response.headers.get('location')
    if (location === null) continue
    approved += 1
    const answer = await client.token({
      grant_type: 'authorization_code',
      code: new URL(location).searchParams.get('code') ?? '',
      code_verifier: attempts[index]?.verifier ?? '',
      client_id,
    })
    t.is(answer.status, 400, 'a code that was given before is worth nothing now')
  }
  t.true(approved > 0)
})

test('it is in the log, with who and how far, and without the cookie', async (t) => {
  const person = createPerson(send)
  await login(person, 'lena')
  const [, cookie] = cookieOf(person)
  await person.post(await person.open(LOGOUT), { extent: 'everywhere' })
  const line = await untilLine(server, /"user":"dev:lena".*"signed out"/)
  t.like(JSON.parse(line), { user: 'dev:lena', extent: 'everywhere' })
  t.false(server.lines.some((one) => one.includes(cookie)))
})

test('what has outlived its refresh token ends with the login too', async (t) => {
  const environment = { REFRESH_TOKEN_LIFETIME: '1', ACCESS_TOKEN_LIFETIME: '3600' }
  const short = await startOAuthServer({ environment })
  t.teardown(short.stop)
  const own = createOAuthClient(short.send, short.issuer)
  const { client_id, client_secret = '' } = await own.register({
    token_endpoint_auth_method: 'client_secret_post',
  })
  const credentials = { client_id, client_secret }
  const person = createPerson(short.send)
  const { url, verifier } = own.begin(client_id, { resource: `${short.issuer}/echo/mcp` })
  const redirect = await person.authorize(url, { username: 'nia' })
  const bought = await own.token({
    ...credentials,
    grant_type: 'authorization_code',
    code: redirect.searchParams.get('code') ?? '',
    code_verifier: verifier,
  })
  const { access_token, refresh_token } = bought.json()
  const isActive = async (): Promise<unknown> => {
    const asked = form({ ...credentials, token: String(access_token) })
    return (await short.send({ ...asked, url: `${short.issuer}/introspect` })).json()['active']
  }
  await sleep(2100)
  const refreshing = { grant_type: 'refresh_token', refresh_token: String(refresh_token) }
  t.is((await own.token({ ...credentials, ...refreshing })).status, 400)
  t.true(await isActive())
  t.regex((await person.open(`${short.issuer}/account`)).response.text, /name="grant"/)
  await person.post(await person.open(`${short.issuer}/logout`), { extent: 'browser' })
  t.false(await isActive())
})
