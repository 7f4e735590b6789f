import test from 'ava'
import { startGateway } from '../support/gateway.ts'
import { form, sendOverNetwork as send } from '../support/http.ts'
import { callService } from '../support/mcp-call.ts'
import { createOAuthClient, type Fields, REDIRECT_URI } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'
import { startValkey } from '../support/valkey.ts'
import { verifies } from '../support/verifies.ts'

const valkey = await startValkey()
const redis = await valkey.connect()
const gateway = await startGateway({
  environment: { REDIS_URL: valkey.url, RATE_LIMIT_FACTOR: '0' },
})
const issuer = gateway.url
const ECHO = `${issuer}/echo/mcp`
const client = createOAuthClient(send, issuer)
test.after.always(async () => {
  await gateway.remove()
  await valkey.stop()
})

const post = (path: string, fields: Fields) => send({ ...form(fields), url: issuer + path })

verifies('requests-search-no-keys', async (t) => {
  const registered = await client.register({ token_endpoint_auth_method: 'client_secret_post' })
  const who = { client_id: registered.client_id, client_secret: registered.client_secret ?? '' }
  const person = createPerson(send)
  const { url, verifier } = client.begin(who.client_id, { resource: ECHO })
  const back = await person.authorize(url, { username: 'ann' })
  const bought = await client.token({
    ...who,
    ...{ grant_type: 'authorization_code', code: back.searchParams.get('code') ?? '' },
    ...{ code_verifier: verifier, redirect_uri: REDIRECT_URI },
  })
  const { access_token, refresh_token } = bought.json() as Record<string, string>
  t.is((await callService(ECHO, access_token ?? '')).status, 200)
  const refresh = { ...who, grant_type: 'refresh_token', refresh_token: refresh_token ?? '' }
  const renewed = (await client.token(refresh)).json() as Record<string, string>
  t.is((await post('/introspect', { ...who, token: access_token ?? '' })).status, 200)
  t.is((await post('/revoke', { ...who, token: renewed['refresh_token'] ?? '' })).status, 200)
  t.is((await person.open(`${issuer}/account`)).response.status, 200)
  const everywhere = await person.open(`${issuer}/logout`)
  t.is((await person.post(everywhere, { extent: 'everywhere' })).status, 200)
  const { status } = await send({
    url: String(registered['registration_client_uri']),
    method: 'DELETE',
    headers: { authorization: `Bearer ${registered['registration_access_token']}` },
  })
  t.is(status, 204)
  const used = await redis.info('commandstats')
  t.regex(used, /cmdstat_hget:/, 'it was asked')
  t.notRegex(used, /cmdstat_(?:keys|scan|randomkey|flush\w*|sort):/)
})

/** Of every length and alphabet that a comparison could stumble over. */
const WRONG = ['x', 'x'.repeat(42), 'x'.repeat(44), 'x'.repeat(8000), 'ü'.repeat(43), '\u0000', '%']

verifies('secrets-of-any-length', async (t) => {
  const registered = await client.register({ token_endpoint_auth_method: 'client_secret_basic' })
  const { client_id, client_secret = '' } = registered
  const person = createPerson(send)
  const signedIn = await person.open(`${issuer}/login`)
  t.is((await person.submit(signedIn, { username: 'ben' })).status, 303)
  for (const wrong of [
    ...WRONG,
    client_secret.slice(1),
    `${client_secret}x`,
    ` ${client_secret}`,
  ]) {
    const credentials = { client_id, client_secret: wrong }
    for (const path of ['/token', '/revoke', '/introspect', '/par']) {
      const answer = await post(path, { ...credentials, grant_type: 'refresh_token', token: 'x' })
      t.is(answer.status, 401, `${path} ${wrong.slice(0, 50)}`)
      t.is(answer.json()['error'], 'invalid_client')
    }
    const managed = await send({
      url: String(registered['registration_client_uri']),
      headers: { authorization: `Bearer ${encodeURIComponent(wrong)}` },
    })
    t.is(managed.status, 401)
    const logout = await person.open(`${issuer}/logout`)
    t.is((await person.post(logout, { proof: wrong })).status, 403)
    t.is(
      (await person.open(`${issuer}/account`)).response.status,
      200,
      'and is signed in as before',
    )
  }
})
