import test from 'ava'
import { decodeJwt } from 'jose'
import { form, type HttpResponse } from '../support/http.ts'
import { createOAuthClient, type Fields, type Registered } from '../support/oauth-client.ts'
import { startOAuthServer } from '../support/oauth-server.ts'
import { createTokenSource, credentialsOf, readTokens } from '../support/obtain-tokens.ts'
import { verifies } from '../support/verifies.ts'

const server = await startOAuthServer()
const { send, issuer, valkey } = server
const oauth = createOAuthClient(send, issuer)
const source = createTokenSource(send, issuer)
const redis = await valkey.connect()

const CONFIDENTIAL = { token_endpoint_auth_method: 'client_secret_post' }
const owner = await oauth.register(CONFIDENTIAL)
const stranger = await oauth.register(CONFIDENTIAL)
const publicClient = await oauth.register()
test.after.always(() => server.stop())

/** A service that the operator wrote down, with what it may act for. */
const configure = async (services: readonly string[]): Promise<Registered> => {
  const client = await oauth.register(CONFIDENTIAL)
  const key = `client:${client.client_id}`
  const record = JSON.parse((await redis.get(key)) ?? '') as object
  await redis.set(key, JSON.stringify({ ...record, kind: 'configured', services }))
  return client
}

function ask(fields: Fields, headers: Fields = {}): Promise<HttpResponse> {
  const sent = form(fields)
  return send({ ...sent, url: `${issuer}/introspect`, headers: { ...sent.headers, ...headers } })
}

const introspect = (client: Registered, token: string): Promise<HttpResponse> =>
  ask({ token, ...credentialsOf(client) })

verifies('introspect-authenticates', async (t) => {
  const { access_token: token } = await source.obtain(publicClient)
  const wrong = Buffer.from(`${owner.client_id}:wrong`).toString('base64')
  const refused: [Fields, Fields][] = [
    [{ token }, {}],
    [{}, {}],
    [{ token, client_id: publicClient.client_id }, {}],
    [{ token, client_id: owner.client_id }, {}],
    [{ token, client_id: owner.client_id, client_secret: 'wrong' }, {}],
    [{ token, client_id: 'unknown', client_secret: 'wrong' }, {}],
    [{ token }, { authorization: `Basic ${wrong}` }],
    [{ token }, { authorization: `Bearer ${token}` }],
  ]
  for (const [fields, headers] of refused) {
    const answer = await ask(fields, headers)
    t.is(answer.status, 401, JSON.stringify(fields))
    t.is(answer.json()['error'], 'invalid_client')
    t.regex(answer.headers.get('www-authenticate') ?? '', /^Basic realm="/)
    t.is(answer.headers.get('cache-control'), 'no-store')
    t.is(answer.headers.get('access-control-allow-origin'), null)
  }
  const basic = Buffer.from(`${owner.client_id}:${owner.client_secret}`).toString('base64')
  const answer = await ask({ token }, { authorization: `Basic ${basic}` })
  t.is(answer.status, 200)
  t.is((await ask(credentialsOf(owner))).json()['error'], 'invalid_request', 'no token')
  t.is((await send({ url: `${issuer}/introspect?token=${token}` })).status, 405)
})

verifies('introspect-active', async (t) => {
  const tokens = await source.obtain(owner, { scope: 'mcp offline_access' })
  const answer = await introspect(owner, tokens.access_token)
  t.is(answer.status, 200)
  t.regex(answer.headers.get('content-type') ?? '', /^application\/json/)
  t.is(answer.headers.get('cache-control'), 'no-store')
  const { preferred_username, ...claims } = decodeJwt(tokens.access_token)
  t.deepEqual(answer.json(), {
    ...claims,
    active: true,
    token_type: 'Bearer',
    username: preferred_username,
  })
  // The second time it is answered from memory.
  t.is((await introspect(owner, tokens.access_token)).text, answer.text)

  const { exp, ...refresh } = (await introspect(owner, tokens.refresh_token)).json()
  t.true(Math.abs(Number(exp) - Date.now() / 1000 - 30 * 86_400) < 60)
  t.deepEqual(refresh, {
    active: true,
    token_type: 'refresh_token',
    username: 'alice',
    scope: 'mcp offline_access',
    client_id: owner.client_id,
    sub: 'dev:alice',
    iss: issuer,
    aud: issuer,
    auth_time: claims['auth_time'],
    grant_id: claims['grant_id'],
  })
  const hinted = await ask({
    token: tokens.refresh_token,
    token_type_hint: 'access_token',
    ...credentialsOf(owner),
  })
  t.is(hinted.json()['active'], true, 'a hint is only a hint')
})

verifies('introspect-inactive', async (t) => {
  const isInactive = async (client: Registered, token: string, why: string): Promise<void> => {
    const answer = await introspect(client, token)
    t.is(answer.status, 200, why)
    t.is(answer.text, '{"active":false}', why)
  }
  const tokens = await source.obtain(owner, { scope: 'openid' })
  const [header, payload, signature] = tokens.access_token.split('.')
  await isInactive(owner, 'garbage', 'garbage')
  await isInactive(owner, 'a.b.c', 'nearly a JWT')
  await isInactive(owner, 'x'.repeat(20_000), 'much garbage')
  await isInactive(owner, tokens.id_token, 'an ID token')
  await isInactive(owner, `${header}.${payload}.${'A'.repeat(86)}`, 'a forged signature')
  await isInactive(owner, `${header}.${payload}x.${signature}`, 'altered claims')
  await isInactive(owner, `${tokens.refresh_token.slice(0, -1)}_`, 'a forged proof')
  await isInactive(stranger, tokens.access_token, 'another client’s')
  await isInactive(stranger, tokens.refresh_token, 'another client’s')
  const next = readTokens(await source.refresh(owner, tokens.refresh_token))
  await isInactive(owner, tokens.refresh_token, 'a generation that was exchanged')
  t.is((await introspect(owner, next.refresh_token)).json()['active'], true)
  t.is((await introspect(owner, next.access_token)).json()['active'], true, 'warm, then revoked')
  const revocation = form({ token: next.refresh_token, ...credentialsOf(owner) })
  t.is((await send({ ...revocation, url: `${issuer}/revoke` })).status, 200)
  for (const [why, token] of Object.entries(next)) {
    if (token !== '') await isInactive(owner, token, `${why} of a grant that has ended`)
  }
  await isInactive(owner, tokens.access_token, 'the older access token of that grant')
})

test('an expired token is inactive in the second of its expiry, warm or cold', async (t) => {
  const hasty = await startOAuthServer({ valkey, environment: { ACCESS_TOKEN_LIFETIME: '1' } })
  t.teardown(() => hasty.stop())
  const tokens = await createTokenSource(hasty.send, issuer).obtain(owner)
  const { exp = 0 } = decodeJwt(tokens.access_token)
  const sent = form({ token: tokens.access_token, ...credentialsOf(owner) })
  let answer = await hasty.send({ ...sent, url: `${issuer}/introspect` })
  while (answer.json()['active'] === true) {
    t.true(Date.now() / 1000 < exp + 1)
    answer = await hasty.send({ ...sent, url: `${issuer}/introspect` })
  }
  t.is(answer.text, '{"active":false}')
  t.is((await introspect(owner, tokens.access_token)).text, '{"active":false}')
})

verifies('introspect-own-audience', async (t) => {
  const [echo, memory] = [await configure(['echo', 'filesystem']), await configure(['memory'])]
  const seen = async (client: Registered, token: string): Promise<unknown> =>
    (await introspect(client, token)).json()['active']
  const forEcho = await source.obtain(publicClient)
  const forMemory = await source.obtain(publicClient, { resource: `${issuer}/memory/mcp` })
  t.true(await seen(echo, forEcho.access_token))
  t.false(await seen(echo, forMemory.access_token))
  t.true(await seen(memory, forMemory.access_token))
  t.false(await seen(memory, forEcho.access_token))
  t.false(await seen(echo, forEcho.refresh_token), 'a refresh token is no business of a service')
  t.false(await seen(stranger, forEcho.access_token), 'who registered itself is no service')
})
