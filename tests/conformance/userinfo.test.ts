import test from 'ava'
import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from 'jose'
import { startEmailServer } from '../support/email-server.ts'
import { form, type HttpResponse } from '../support/http.ts'
import { createOAuthClient, type Fields } from '../support/oauth-client.ts'
import { startOAuthServer } from '../support/oauth-server.ts'
import { createTokenSource } from '../support/obtain-tokens.ts'
import { verifies } from '../support/verifies.ts'

const server = await startOAuthServer()
const { send, issuer } = server
const url = `${issuer}/userinfo`
const client = await createOAuthClient(send, issuer).register()
const source = createTokenSource(send, issuer)
const { access_token: token } = await source.obtain(client, { scope: 'openid profile' })
test.after.always(() => server.stop())

const bearer = (text: string): Fields => ({ authorization: `Bearer ${text}` })
const get = (headers: Fields, query = ''): Promise<HttpResponse> =>
  send({ url: url + query, headers })
const post = (fields: Fields, headers: Fields = {}): Promise<HttpResponse> => {
  const sent = form(fields)
  return send({ ...sent, url, headers: { ...sent.headers, ...headers } })
}

verifies('userinfo-claims', async (t) => {
  const answers = [
    await get(bearer(token)),
    await post({ access_token: token }),
    await send({ url, method: 'POST', headers: bearer(token) }),
    await send({
      url,
      method: 'POST',
      headers: { ...bearer(token), 'content-type': 'application/json' },
      body: '{}',
    }),
  ]
  for (const { status, headers, json } of answers) {
    t.is(status, 200)
    t.deepEqual(json(), { sub: 'dev:alice', preferred_username: 'alice' })
    t.regex(headers.get('content-type') ?? '', /^application\/json/)
    t.is(headers.get('cache-control'), 'no-store')
    t.is(headers.get('access-control-allow-origin'), null)
  }
  const nameless = await source.obtain(client, { scope: 'openid' })
  t.deepEqual((await get(bearer(nameless.access_token))).json(), { sub: 'dev:alice' })
  const resource = `${issuer}/memory/mcp`
  const other = await source.obtain(client, { scope: 'openid', resource })
  t.is((await get(bearer(other.access_token))).status, 200, 'whatever service it is for')
})

verifies('userinfo-scheme-case', async (t) => {
  for (const scheme of ['bearer', 'BEARER', 'Bearer']) {
    t.is((await get({ authorization: `${scheme} ${token}` })).status, 200)
  }
})

verifies('userinfo-one-way', async (t) => {
  const answers = [
    await post({ access_token: token }, bearer(token)),
    await get(bearer(token), `?access_token=${token}`),
    await send({ ...form({}), url, body: `access_token=${token}&access_token=${token}` }),
  ]
  for (const { status, json } of answers) {
    t.is(status, 400)
    t.is(json()['error'], 'invalid_request')
  }
  const query = await get({}, `?access_token=${token}`)
  t.is(query.status, 401)
  t.notRegex(query.headers.get('www-authenticate') ?? '', /error/)
})

verifies('userinfo-challenge', async (t) => {
  for (const answer of [
    await get({}),
    await post({}),
    await get({ authorization: 'Basic YTpi' }),
  ]) {
    t.is(answer.status, 401)
    t.is(answer.headers.get('www-authenticate'), 'Bearer scope="openid"')
    t.is(answer.text, '', 'nothing was sent that could be wrong')
    t.is(answer.headers.get('cache-control'), 'no-store')
  }
  const tokens = await source.obtain(client, { scope: 'openid' })
  const [header, payload] = token.split('.')
  const forged = `${header}.${payload}.${'A'.repeat(86)}`
  for (const bad of ['garbage', 'a b', '', forged, tokens.id_token, tokens.refresh_token]) {
    const answer = await get(bearer(bad))
    t.is(answer.status, 401, bad)
    t.is(answer.json()['error'], 'invalid_token')
    t.regex(
      answer.headers.get('www-authenticate') ?? '',
      /^Bearer scope="openid", error="invalid_token", error_description="/,
    )
  }
})

verifies('userinfo-scope', async (t) => {
  const { access_token } = await source.obtain(client, { scope: 'mcp profile' })
  const answer = await get(bearer(access_token))
  t.is(answer.status, 403)
  t.is(answer.json()['error'], 'insufficient_scope')
  t.regex(
    answer.headers.get('www-authenticate') ?? '',
    /^Bearer scope="openid", error="insufficient_scope"/,
  )
})

verifies('userinfo-revoked', async (t) => {
  const tokens = await source.obtain(client, { scope: 'openid' })
  t.is((await get(bearer(tokens.access_token))).status, 200)
  const revocation = form({ token: tokens.access_token, client_id: client.client_id })
  t.is((await send({ ...revocation, url: `${issuer}/revoke` })).status, 200)
  const answer = await get(bearer(tokens.access_token))
  t.is(answer.status, 401)
  t.regex(answer.headers.get('www-authenticate') ?? '', /error="invalid_token"/)
})

verifies('id-token', async (t) => {
  const before = Math.floor(Date.now() / 1000)
  const tokens = await source.obtain(client, { scope: 'openid profile', nonce: 'n-0S6_WzA2Mj' })
  const keys = (await send({ url: `${issuer}/jwks` })).json() as unknown as JSONWebKeySet
  const { payload, protectedHeader } = await jwtVerify(tokens.id_token, createLocalJWKSet(keys), {
    issuer,
    audience: client.client_id,
    typ: 'JWT',
  })
  t.is(protectedHeader.alg, 'ES256')
  t.like(payload, { sub: 'dev:alice', nonce: 'n-0S6_WzA2Mj', preferred_username: 'alice' })
  t.true(Number(payload['auth_time']) >= before)
  t.true(Number(payload['auth_time']) <= Date.now() / 1000)
  t.is(payload.aud, client.client_id, 'one audience, so no azp')
  t.is(decodeJwt(tokens.access_token).sub, payload.sub)
  const plain = await source.obtain(client, { scope: 'openid' })
  t.false('nonce' in decodeJwt(plain.id_token))
  t.false('preferred_username' in decodeJwt(plain.id_token))
  t.is((await source.obtain(client)).id_token, '', 'without openid there is none')
})

verifies('email-claims', async (t) => {
  const addressed = await startEmailServer()
  t.teardown(() => addressed.stop())
  const app = await createOAuthClient(addressed.send, addressed.issuer).register()
  const tell = async (scope: string): Promise<unknown[]> => {
    const tokens = await addressed.source.obtain(app, { scope })
    const told = await addressed.send({
      url: `${addressed.issuer}/userinfo`,
      headers: bearer(tokens.access_token),
    })
    t.false('email' in decodeJwt(tokens.access_token), 'services are told nothing of it')
    return [decodeJwt(tokens.id_token), told.json()].map(({ email, email_verified }) => ({
      email,
      email_verified,
    }))
  }
  const nothing = { email: undefined, email_verified: undefined }
  const address = { email: 'alice@example.com', email_verified: true }
  t.deepEqual(await tell('openid email'), [address, address])
  t.deepEqual(await tell('openid profile'), [nothing, nothing], 'not without the scope')
  addressed.know([])
  t.deepEqual(await tell('openid email'), [nothing, nothing], 'nobody has verified one')
  addressed.know(['first@example.com', 'second@example.com'])
  t.like((await tell('openid email'))[0], { email: 'first@example.com' })
  const plain = await source.obtain(client, { scope: 'openid email' })
  t.false('email' in decodeJwt(plain.id_token), 'no provider here tells addresses')
})
