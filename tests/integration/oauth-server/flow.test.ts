import test from 'ava'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { instantOfGrant } from '../../../lib/store/instant.ts'
import { createOAuthClient, REDIRECT_URI } from '../../support/oauth-client.ts'
import { startOAuthServer } from '../../support/oauth-server.ts'
import { createPerson } from '../../support/person.ts'

const server = await startOAuthServer()
test.after.always(() => server.stop())
const { send, issuer } = server
const client = createOAuthClient(send, issuer)
const ECHO = `${issuer}/echo/mcp`

const verify = async (token: unknown, typ: string, audience: string) => {
  const keys = (await send({ url: `${issuer}/jwks` })).json() as unknown as JSONWebKeySet
  const found = createLocalJWKSet(keys)
  return (await jwtVerify(String(token), found, { issuer, audience, typ })).payload
}

/** A login with everything a client may send; resolves with the token answer. */
const login = async (metadata: object, changes: Readonly<Record<string, string>> = {}) => {
  const registered = await client.register(metadata)
  const attempt = client.begin(registered.client_id, { resource: ECHO, ...changes })
  const redirect = await createPerson(send).authorize(attempt.url, { username: 'alice' })
  const secret = registered.client_secret
  const answer = await client.token({
    grant_type: 'authorization_code',
    code: redirect.searchParams.get('code') ?? '',
    code_verifier: attempt.verifier,
    redirect_uri: REDIRECT_URI,
    client_id: registered.client_id,
    ...(secret === undefined ? {} : { client_secret: secret }),
  })
  return { registered, redirect, answer, tokens: answer.json() }
}

test('a person logs in and the client gets tokens for the one service', async (t) => {
  const { registered, redirect, answer, tokens } = await login({})
  t.is(redirect.origin + redirect.pathname, REDIRECT_URI)
  t.deepEqual([...redirect.searchParams.keys()].sort(), ['code', 'iss', 'state'])
  t.is(redirect.searchParams.get('state'), 'a state')
  t.is(redirect.searchParams.get('iss'), issuer)
  t.is(answer.status, 200)
  t.is(answer.headers.get('cache-control'), 'no-store')
  t.is(answer.headers.get('pragma'), 'no-cache')
  t.like(tokens, { token_type: 'Bearer', scope: 'mcp' })
  const expiresIn = Number(tokens['expires_in'])
  t.true(expiresIn > 3590 && expiresIn <= 3600, String(expiresIn))
  const claims = await verify(tokens['access_token'], 'at+jwt', ECHO)
  t.like(claims, {
    sub: 'dev:alice',
    aud: ECHO,
    client_id: registered.client_id,
    scope: 'mcp',
    preferred_username: 'alice',
  })
  const made = instantOfGrant(String(claims['grant_id'])) ?? 0
  t.true(Math.abs(made - Date.now()) < 10_000)
})

for (const method of ['client_secret_post', 'client_secret_basic'] as const) {
  test(`a client registered with ${method} may send its secret in the form or as Basic`, async (t) => {
    const { registered, tokens } = await login({ token_endpoint_auth_method: method })
    const { client_id, client_secret = '' } = registered
    const basic = Buffer.from(`${client_id}:${client_secret}`).toString('base64')
    const refreshed = await client.token(
      { grant_type: 'refresh_token', refresh_token: String(tokens['refresh_token']) },
      { authorization: `Basic ${basic}` },
    )
    t.is(refreshed.status, 200)
  })
}

test('openid yields an ID token that is no access token', async (t) => {
  const changes = { scope: 'openid profile offline_access', nonce: 'once' }
  const { registered, tokens } = await login({}, changes)
  t.is(tokens['scope'], 'mcp openid profile offline_access')
  const claims = await verify(tokens['id_token'], 'JWT', registered.client_id)
  t.like(claims, { sub: 'dev:alice', nonce: 'once', preferred_username: 'alice' })
})

test('a client of authorization_code alone gets no refresh token', async (t) => {
  const { tokens } = await login({ grant_types: ['authorization_code'] })
  t.is(typeof tokens['access_token'], 'string')
  t.false('refresh_token' in tokens)
})

test('what was asked and does not exist is dropped, and the answer says so', async (t) => {
  const { tokens } = await login({}, { scope: 'read write other:thing' })
  t.is(tokens['scope'], 'mcp')
})

test('three logins of one browser, interleaved, all finish', async (t) => {
  const registered = await client.register()
  const person = createPerson(send)
  const attempts = [0, 1, 2].map((index) =>
    client.begin(registered.client_id, { resource: ECHO, state: `s${index}` }),
  )
  const pages = await Promise.all(attempts.slice(0, 1).map(({ url }) => person.open(url)))
  for (const { url } of attempts.slice(1)) pages.push(await person.open(url))
  for (const index of [2, 0, 1]) {
    const page = pages[index]
    if (page === undefined) return t.fail()
    const response = await person.submit(page, { username: 'carol' })
    const location = new URL(response.headers.get('location') ?? '')
    t.is(location.searchParams.get('state'), `s${index}`)
    const answer = await client.token({
      grant_type: 'authorization_code',
      code: location.searchParams.get('code') ?? '',
      code_verifier: attempts[index]?.verifier ?? '',
      client_id: registered.client_id,
    })
    t.is(answer.status, 200)
  }
})

test('the second login names who is signed in, is one click, and leaves a way to be another', async (t) => {
  const registered = await client.register()
  const person = createPerson(send)
  const begin = () => client.begin(registered.client_id, { resource: ECHO })
  await person.authorize(begin().url, { username: 'dave' })
  const page = await person.open(begin().url)
  t.regex(page.response.text, /signed in as <strong>dave<\/strong>/)
  t.is(page.fields['username'], 'dave')
  const subject = async (username?: string) => {
    const attempt = begin()
    const redirect = await person.authorize(attempt.url, { username })
    const answer = await client.token({
      grant_type: 'authorization_code',
      code: redirect.searchParams.get('code') ?? '',
      code_verifier: attempt.verifier,
      client_id: registered.client_id,
    })
    return (await verify(answer.json()['access_token'], 'at+jwt', ECHO)).sub
  }
  t.is(await subject(), 'dev:dave')
  t.is(await subject('erin'), 'dev:erin')
  t.is(await subject(), 'dev:erin')
})

test('a client that fetches the authorize URL itself first disturbs nothing', async (t) => {
  const registered = await client.register()
  const attempt = client.begin(registered.client_id, { resource: ECHO })
  const fetched = await send({ url: attempt.url, headers: { accept: '*/*' } })
  t.is(fetched.status, 200)
  const redirect = await createPerson(send).authorize(attempt.url, { username: 'frank' })
  t.true(redirect.searchParams.has('code'))
})

test('a request that names no service lets the person choose, the bare origin too', async (t) => {
  const registered = await client.register()
  for (const resource of ['', issuer, `${issuer}/`]) {
    const attempt = client.begin(registered.client_id, { resource })
    const person = createPerson(send)
    const page = await person.open(attempt.url)
    t.regex(page.response.text, /type="radio" name="service" value="memory"/)
    const unanswered = await person.submit(page, { username: 'gina' })
    t.is(unanswered.status, 400)
    t.is(unanswered.headers.get('location'), null)
    const response = await person.submit(page, { username: 'gina', service: 'memory' })
    const location = new URL(response.headers.get('location') ?? '')
    const answer = await client.token({
      grant_type: 'authorization_code',
      code: location.searchParams.get('code') ?? '',
      code_verifier: attempt.verifier,
      client_id: registered.client_id,
      ...(resource === '' ? {} : { resource }),
    })
    const claims = await verify(answer.json()['access_token'], 'at+jwt', `${issuer}/memory/mcp`)
    t.is(claims.aud, `${issuer}/memory/mcp`)
  }
})
