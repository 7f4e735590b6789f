/** A real server, and a real OpenID Connect provider that its people log in at. */

import test from 'ava'
import { type HttpResponse, sendOverNetwork as sendThere } from '../../../support/http.ts'
import { createOAuthClient, REDIRECT_URI } from '../../../support/oauth-client.ts'
import { startOAuthServer, untilLine } from '../../../support/oauth-server.ts'
import { startOidcUpstream } from '../../../support/oidc-upstream.ts'
import { createPerson, type Person } from '../../../support/person.ts'

const upstream = await startOidcUpstream({
  redirectUris: ['http://localhost:8642/callback/okta'],
})
const server = await startOAuthServer({
  configuration: `
providers:
  okta:
    type: oidc
    label: Okta
    issuer: ${upstream.issuer}
    client_id: ${upstream.clientId}
    client_secret: \${secret.OKTA_SECRET}
  dev: {}
access: { users: ["*"] }
`,
  environment: { OKTA_SECRET: upstream.clientSecret },
})
const { send, issuer } = server
const client = createOAuthClient(send, issuer)
const { client_id } = await client.register()
test.after.always(async () => {
  await server.stop()
  await upstream.stop()
})

const ECHO = `${issuer}/echo/mcp`
const begin = (changes = {}) =>
  client.begin(client_id, { resource: ECHO, scope: 'openid profile', ...changes })
const locationOf = ({ headers }: HttpResponse): string => headers.get('location') ?? ''

async function leave(person: Person, url: string): Promise<string> {
  const left = await person.submit(await person.open(url), { provider: 'okta' })
  if (left.status !== 303) throw new Error(`not sent there but ${left.status}: ${left.text}`)
  return locationOf(left)
}

test('a person logs in there, and the tokens here tell who they are', async (t) => {
  const person = createPerson(send)
  const attempt = begin()
  const there = await leave(person, attempt.url)
  const { searchParams } = new URL(there)
  t.is(searchParams.get('code_challenge_method'), 'S256')
  t.regex(searchParams.get('state') ?? '', /^[\w-]{43}$/)
  const callback = await upstream.logIn(there, 'alice')
  const back = await person.open(callback.href)
  t.is(back.response.status, 303, back.response.text)
  const redirect = new URL(locationOf(back.response))
  t.is(redirect.searchParams.get('state'), 'a state')
  const answer = await client.token({
    grant_type: 'authorization_code',
    code: redirect.searchParams.get('code') ?? '',
    code_verifier: attempt.verifier,
    redirect_uri: REDIRECT_URI,
    client_id,
  })
  const token = String(answer.json()['access_token'])
  const about = await send({
    url: `${issuer}/userinfo`,
    headers: { authorization: `Bearer ${token}` },
  })
  t.like(about.json(), { sub: 'okta:alice', preferred_username: 'alice.l' })
  const log = server.lines.join('')
  for (const secret of [...callback.searchParams.values(), upstream.clientSecret]) {
    if (secret.length > 20 && !secret.startsWith('http')) t.false(log.includes(secret))
  }
})

test('who cancels there is back on the page, and can still go on', async (t) => {
  const person = createPerson(send)
  const callback = await upstream.cancel(await leave(person, begin().url))
  const again = await person.open(callback.href)
  t.is(again.response.status, 400)
  t.regex(again.response.text, /You did not finish the login at Okta/)
  const byName = await person.submit(again, { username: 'alice' })
  t.true(locationOf(byName).startsWith(`${REDIRECT_URI}?code=`))
})

test('a session there is not enough where the client wants a login anew', async (t) => {
  const [person, browser] = [createPerson(send), createPerson(sendThere)]
  const first = await upstream.logIn(await leave(person, begin().url), 'alice', browser)
  t.is((await person.open(first.href)).response.status, 303)
  const there = await leave(person, begin({ prompt: 'login' }).url)
  t.is(new URL(there).searchParams.get('prompt'), 'login')
  const page = await browser.open(there)
  const asks = await browser.open(new URL(locationOf(page.response), upstream.issuer).href)
  t.is(asks.response.status, 200, 'it shows its login page')
})

test.serial('while it is down the page says so, and afterwards everything goes on', async (t) => {
  const person = createPerson(send)
  const page = await person.open(begin().url)
  const there = await leave(person, begin().url)
  const callback = await upstream.logIn(there, 'bob')
  await upstream.goDown()
  const again = await person.open(callback.href)
  t.is(again.response.status, 503)
  t.regex(again.response.text, /Okta does not answer as it should/)
  await untilLine(server, /"provider":"okta","fault":"unavailable"/)
  await upstream.comeBack()
  const second = await person.submit(again, { provider: 'okta' })
  const back = await person.open((await upstream.logIn(locationOf(second), 'bob')).href)
  t.true(locationOf(back.response).startsWith(`${REDIRECT_URI}?code=`))
  t.is(page.response.status, 200)
})
