import test from 'ava'
import type { Redis } from 'ioredis'
import { createOAuthClient, type OAuthClient, type Registered } from '../support/oauth-client.ts'
import { type OAuthServer, startOAuthServer } from '../support/oauth-server.ts'
import { createPerson } from '../support/person.ts'
import { verifies } from '../support/verifies.ts'

const OTHER_SECRET = { OAUTH_SERVER_SECRET: 'another secret of the tests, long enough' }

const [home, foreign] = await Promise.all([
  startOAuthServer(),
  startOAuthServer({ environment: OTHER_SECRET }),
])
test.after.always(() => Promise.all([home.stop(), foreign.stop()]))
const [atHome, abroad] = [home, foreign].map(({ send, issuer }) =>
  createOAuthClient(send, issuer),
) as [OAuthClient, OAuthClient]

async function login({ send, issuer }: OAuthServer, { client_id }: Registered): Promise<string> {
  const { url, verifier } = atHome.begin(client_id, { resource: `${issuer}/echo/mcp` })
  const redirect = await createPerson(send).authorize(url, { username: 'alice' })
  const answer = await atHome.token({
    grant_type: 'authorization_code',
    code: redirect.searchParams.get('code') ?? '',
    code_verifier: verifier,
    client_id,
  })
  return String(answer.json()['refresh_token'])
}

/** Everything that one store knows of clients, grants and refresh tokens, byte for byte. */
async function copyRecords(from: Redis, to: Redis): Promise<string[]> {
  const prefix = from.options.keyPrefix ?? ''
  const names = (await from.keys('*')).map((key) => key.slice(prefix.length))
  const copied = names.filter((name) => /^(?:client|grant|grants|refresh):/.test(name))
  for (const name of copied) {
    const record = await from.dumpBuffer(name)
    if (record === null) throw new Error(`${name} is gone`)
    await to.restore(name, Math.max(0, await from.pttl(name)), record)
  }
  return copied
}

verifies('refresh-token-of-another-gateway', async (t) => {
  const registered = await atHome.register()
  const { client_id } = registered
  const refresh = {
    grant_type: 'refresh_token',
    refresh_token: await login(home, registered),
    client_id,
  }
  t.is((await abroad.token(refresh)).status, 401, 'where nothing is known of it')
  const copied = await copyRecords(await home.valkey.connect(), await foreign.valkey.connect())
  for (const family of ['client:', 'grant:', 'refresh:']) {
    t.true(
      copied.some((name) => name.startsWith(family)),
      family,
    )
  }
  const refused = await abroad.token(refresh)
  t.is(refused.status, 400)
  t.is(refused.json()['error'], 'invalid_grant')
  const good = await atHome.token(refresh)
  t.is(good.status, 200)
  const next = { ...refresh, refresh_token: String(good.json()['refresh_token']) }
  t.is((await abroad.token(next)).json()['error'], 'invalid_grant')
  t.is((await atHome.token(next)).status, 200)
  await t.throwsAsync(startOAuthServer({ valkey: home.valkey, environment: OTHER_SECRET }), {
    message: /root secret \(GATEWAY_SECRET, .*\) is not the one that this store was sealed with/,
  })
})
