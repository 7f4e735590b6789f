import test from 'ava'
import { startGateway } from '../support/gateway.ts'
import { type HttpResponse, sendOverNetwork as send } from '../support/http.ts'
import { onceRevoked } from '../support/mcp-call.ts'
import { createOAuthClient } from '../support/oauth-client.ts'
import { createPerson, type Person } from '../support/person.ts'
import { verifies } from '../support/verifies.ts'

const gateway = await startGateway()
const { url: issuer } = gateway
const client = createOAuthClient(send, issuer)
const ECHO = `${issuer}/echo/mcp`
const LOGOUT = `${issuer}/logout`
const { client_id } = await client.register()
test.after.always(() => gateway.remove())

/** Approves in this browser; resolves with the access token. */
const login = async (person: Person, username: string): Promise<string> => {
  const attempt = client.begin(client_id, { resource: ECHO })
  const redirect = await person.authorize(attempt.url, { username })
  const answer = await client.token({
    grant_type: 'authorization_code',
    code: redirect.searchParams.get('code') ?? '',
    code_verifier: attempt.verifier,
    client_id,
  })
  return String(answer.json()['access_token'])
}

/** By a request that the service refuses, once the edge has let it in. */
const knock = (token: string): Promise<HttpResponse> => {
  const headers = { authorization: `Bearer ${token}` }
  return send({ url: ECHO, method: 'DELETE', headers })
}

const passes = async (token: string): Promise<boolean> => {
  const { status } = await knock(token)
  return status !== 401 && status < 500
}

const isRefused = async (token: string): Promise<boolean> =>
  (await onceRevoked(() => knock(token))).status === 401

const isSignedIn = async (person: Person): Promise<boolean> =>
  (await person.open(`${issuer}/`)).response.text.includes('You are signed in as')

verifies('sign-out-at-the-edge', async (t) => {
  const [here, there] = [createPerson(send), createPerson(send)]
  const tokens = [await login(here, 'ann'), await login(here, 'ann')]
  const other = await login(there, 'ann')
  for (const token of [...tokens, other]) t.true(await passes(token))
  await here.post(await here.open(LOGOUT), {})
  for (const token of tokens) t.true(await isRefused(token))
  t.true(await passes(other))
  t.false(await isSignedIn(here))
  t.true(await isSignedIn(there))
})

verifies('sign-out-everywhere', async (t) => {
  const [here, there, stranger] = [createPerson(send), createPerson(send), createPerson(send)]
  const tokens = [await login(here, 'bob'), await login(there, 'bob')]
  const other = await login(stranger, 'eve')
  await here.post(await here.open(LOGOUT), { extent: 'everywhere' })
  for (const token of tokens) t.true(await isRefused(token))
  t.true(await passes(other))
  t.false(await isSignedIn(here))
  t.false(await isSignedIn(there))
  t.true(await isSignedIn(stranger))
  t.true(await passes(await login(there, 'bob')), 'who logs in again gets in')
})

verifies('sign-out-own-form', async (t) => {
  const [person, other] = [createPerson(send), createPerson(send)]
  const token = await login(person, 'cleo')
  await login(other, 'dora')
  const page = await person.open(
    `${LOGOUT}?next=//evil.example&post_logout_redirect_uri=https://evil.example`,
  )
  t.notRegex(page.response.text, /evil/)
  const foreign = (await other.open(LOGOUT)).fields
  for (const [fields, headers] of [
    [page.fields, { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    [page.fields, { origin: issuer.replace(/\d+$/, '1') }],
    [{}, {}],
    [foreign, {}],
  ] as const) {
    const answer = await person.post({ ...page, fields }, { extent: 'everywhere' }, headers)
    t.is(answer.status, 403)
  }
  t.true(await passes(token))
  t.true(await isSignedIn(person))
  const done = await person.post(page, { next: 'https://evil.example', extent: 'browser' })
  t.is(done.status, 200)
  t.is(done.headers.get('location'), null)
  t.notRegex(done.text, /evil/)
})
