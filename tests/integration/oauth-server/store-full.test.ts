import test from 'ava'
import { form } from '../../support/http.ts'
import { createOAuthClient } from '../../support/oauth-client.ts'
import { startOAuthServer } from '../../support/oauth-server.ts'
import { createTokenSource } from '../../support/obtain-tokens.ts'
import { createPerson } from '../../support/person.ts'

test('where the store takes nothing more tokens are revoked all the same', async (t) => {
  const server = await startOAuthServer()
  t.teardown(() => server.stop())
  const { send, issuer, valkey } = server
  const client = createOAuthClient(send, issuer)
  const source = createTokenSource(send, issuer)
  const registered = await client.register()
  const [one, other] = [await source.obtain(registered), await source.obtain(registered)]
  const redis = await valkey.connect()
  await redis.config('SET', 'maxmemory', '1')
  await t.throwsAsync(client.register(), { message: /temporarily_unavailable/ })

  const { client_id } = registered
  for (const token of [one.access_token, other.refresh_token]) {
    t.is((await send({ url: `${issuer}/revoke`, ...form({ token, client_id }) })).status, 200)
  }
  const kinds = (await redis.hkeys('revocations')).map((member) => member.split(':', 1)[0])
  t.deepEqual(kinds.sort(), ['grant', 'token'])

  await redis.config('SET', 'maxmemory', '0')
  t.is((await source.refresh(registered, other.refresh_token)).json()['error'], 'invalid_grant')
  t.is((await source.refresh(registered, one.refresh_token)).status, 200)
})

test('so is what a person ends, and a client that deletes itself', async (t) => {
  const server = await startOAuthServer()
  t.teardown(() => server.stop())
  const { send, issuer, valkey } = server
  const client = createOAuthClient(send, issuer)
  const source = createTokenSource(send, issuer)
  const [kept, deleted] = [await client.register(), await client.register()]
  const { refresh_token } = await source.obtain(kept)
  const person = createPerson(send)
  await person.authorize(client.begin(kept.client_id).url, { username: 'alice', service: 'echo' })
  const page = await person.open(`${issuer}/account`)
  const [, proof = ''] = /name="proof" value="([^"]+)"/.exec(page.response.text) ?? []
  const redis = await valkey.connect()
  await redis.config('SET', 'maxmemory', '1')

  t.is((await person.post(page, { change: 'revoke-all', proof })).status, 303)
  const deletion = await send({
    url: String(deleted['registration_client_uri']),
    method: 'DELETE',
    // From an address of a site, which is counted as well.
    headers: {
      authorization: `Bearer ${deleted['registration_access_token']}`,
      'x-forwarded-for': '2001:db8::1',
    },
  })
  t.is(deletion.status, 204)

  await redis.config('SET', 'maxmemory', '0')
  t.is((await source.refresh(kept, refresh_token)).json()['error'], 'invalid_grant')
  t.is(await redis.exists(`client:${deleted.client_id}`), 0)
})
