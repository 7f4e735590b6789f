import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { decodeJwt } from 'jose'
import { until } from '../../support/gateway-process.ts'
import { form, type HttpResponse } from '../../support/http.ts'
import { createOAuthClient, type Fields } from '../../support/oauth-client.ts'
import { type OAuthServer, startOAuthServer } from '../../support/oauth-server.ts'
import { createTokenSource, credentialsOf } from '../../support/obtain-tokens.ts'
import { startValkey } from '../../support/valkey.ts'

const post = ({ send, issuer }: OAuthServer, path: string, fields: Fields): Promise<HttpResponse> =>
  send({ ...form(fields), url: issuer + path })

const userInfo = ({ send, issuer }: OAuthServer, token: string): Promise<HttpResponse> =>
  send({ url: `${issuer}/userinfo`, headers: { authorization: `Bearer ${token}` } })

const logIn = async ({ send, issuer }: OAuthServer) => {
  const client = await createOAuthClient(send, issuer).register({
    token_endpoint_auth_method: 'client_secret_post',
  })
  const tokens = await createTokenSource(send, issuer).obtain(client, { scope: 'openid' })
  return { tokens, credentials: credentialsOf(client) }
}

test('without its store nothing is said of any token, and nobody falls over', async (t) => {
  const valkey = await startValkey()
  const server = await startOAuthServer({ valkey })
  t.teardown(() => server.stop())
  const { tokens, credentials } = await logIn(server)
  await valkey.stop()
  for (const token of [tokens.refresh_token, tokens.access_token]) {
    const answers = [
      await post(server, '/revoke', { token, ...credentials }),
      await post(server, '/introspect', { token, ...credentials }),
    ]
    for (const answer of answers) {
      t.is(answer.status, 503)
      t.truthy(answer.headers.get('retry-after'))
      t.is(answer.headers.get('www-authenticate'), null)
    }
    // The look-up that was begun for nobody fails, and that is all.
    t.is((await post(server, '/introspect', { token })).status, 401)
  }
  const answer = await userInfo(server, tokens.access_token)
  t.is(answer.status, 503)
  t.is(answer.headers.get('www-authenticate'), null, 'the token is not at fault')
})

test('what one server revokes is revoked at the other, though remembered there', async (t) => {
  const first = await startOAuthServer()
  t.teardown(() => first.stop())
  const second = await startOAuthServer({ valkey: first.valkey })
  t.teardown(() => second.stop())
  const { tokens, credentials } = await logIn(first)
  const ask = async (token: string) =>
    (await post(second, '/introspect', { token, ...credentials })).json()['active']
  for (const token of [tokens.access_token, tokens.refresh_token]) t.true(await ask(token))
  t.is((await userInfo(second, tokens.access_token)).status, 200)
  await post(first, '/revoke', { token: tokens.refresh_token, ...credentials })
  for (const token of [tokens.access_token, tokens.refresh_token]) t.false(await ask(token))
  t.is((await userInfo(second, tokens.access_token)).status, 401)
})

test('a store that is emptied gets its epoch and the same keys back by itself', async (t) => {
  const server = await startOAuthServer()
  t.teardown(() => server.stop())
  const redis = await server.valkey.connect()
  const before = (await server.send({ url: `${server.issuer}/jwks` })).text
  await redis.flushall()
  await until(async () => (await redis.exists('epoch', 'signing-keys', 'public-keys')) === 3, 5000)
  t.is((await server.send({ url: `${server.issuer}/jwks` })).text, before)
})

test('tokens that are shown are in no line of the log', async (t) => {
  const server = await startOAuthServer({ environment: { LOG_LEVEL: 'debug' } })
  t.teardown(() => server.stop())
  const { tokens, credentials } = await logIn(server)
  const shown = [tokens.access_token, tokens.refresh_token, tokens.id_token]
  for (const token of shown) {
    await post(server, '/introspect', { token, ...credentials })
    await post(server, '/introspect', { token, token_type_hint: token })
    await userInfo(server, token)
    await post(server, '/userinfo', { access_token: token })
  }
  for (const token of shown) await post(server, '/revoke', { token, ...credentials })
  const { lines } = server
  // The answer and the line about it come on different ways.
  await until(() => lines.filter((line) => line.includes('token revoked')).length === 2, 5000)
  for (const secret of [...shown, credentials['client_secret'] ?? '']) {
    t.false(lines.some((line) => line.includes(secret)))
  }
})

test('a repeated refresh never carries an access token that is dead already', async (t) => {
  const server = await startOAuthServer({ environment: { ACCESS_TOKEN_LIFETIME: '3' } })
  t.teardown(() => server.stop())
  const redis = await server.valkey.connect()
  const oauth = createOAuthClient(server.send, server.issuer)
  const source = createTokenSource(server.send, server.issuer)
  const client = await oauth.register()
  const { refresh_token } = await source.obtain(client, { scope: 'openid offline_access' })
  const narrower = { grant_type: 'refresh_token', refresh_token, ...credentialsOf(client) }
  const first = (await oauth.token({ ...narrower, scope: 'mcp' })).json()
  const grantId = String(decodeJwt(String(first['access_token']))['grant_id'])
  await sleep(3100)

  const repeated = (await source.refresh(client, refresh_token)).json()
  t.not(repeated['access_token'], first['access_token'])
  t.is(repeated['refresh_token'], first['refresh_token'])
  t.is(repeated['scope'], 'mcp')
  t.true(Number(repeated['expires_in']) >= 2, String(repeated['expires_in']))
  t.is(decodeJwt(String(repeated['access_token']))['grant_id'], grantId)
  // Whatever ends the grant from now on refuses this token for as long as it lives.
  const latest = await redis.hget(`grant:${grantId}`, 'latest_expires_at')
  t.true(Number(latest) >= Number(decodeJwt(String(repeated['access_token'])).exp))
  const next = await source.refresh(client, String(repeated['refresh_token']))
  t.is(next.status, 200, 'the refresh token is the one that counts')

  await post(server, '/revoke', { token: refresh_token, ...credentialsOf(client) })
  const dead = await source.refresh(client, refresh_token)
  t.is(dead.json()['error'], 'invalid_grant')
  t.false('access_token' in dead.json())
})

test('repeats that race with the end of their grant get tokens or none, and none afterwards', async (t) => {
  const server = await startOAuthServer({ environment: { ACCESS_TOKEN_LIFETIME: '1' } })
  t.teardown(() => server.stop())
  const oauth = createOAuthClient(server.send, server.issuer)
  const source = createTokenSource(server.send, server.issuer)
  for (let round = 0; round < 3; round += 1) {
    const client = await oauth.register()
    const { refresh_token } = await source.obtain(client)
    await source.refresh(client, refresh_token)
    await sleep(1100)
    const answers = await Promise.all([
      ...Array.from({ length: 20 }, () => source.refresh(client, refresh_token)),
      post(server, '/revoke', { token: refresh_token, ...credentialsOf(client) }),
      ...Array.from({ length: 20 }, () => source.refresh(client, refresh_token)),
    ])
    for (const { status, text } of answers) t.true(status === 200 || status === 400, text)
    t.is((await source.refresh(client, refresh_token)).json()['error'], 'invalid_grant')
  }
})
