import { randomBytes } from 'node:crypto'
import test from 'ava'
import { decodeProtectedHeader } from 'jose'
import { deriveSecret, Secret } from '../../lib/platform/secret.ts'
import type { SigningKeyRecord } from '../../oauth-server/store/signing-keys.ts'
import { startGateway } from '../support/gateway.ts'
import { until } from '../support/gateway-process.ts'
import { type Send, sendOverNetwork } from '../support/http.ts'
import { initialize } from '../support/mcp-call.ts'
import { createOAuthClient, type Registered } from '../support/oauth-client.ts'
import { startOAuthServer } from '../support/oauth-server.ts'
import { createTokenSource, readTokens } from '../support/obtain-tokens.ts'
import { startValkey } from '../support/valkey.ts'
import { verifies } from '../support/verifies.ts'

const DAY_MS = 86_400_000
const root = randomBytes(32).toString('base64url')
const valkey = await startValkey()
const redis = await valkey.connect()
const gateway = await startGateway({
  asShipped: true,
  environment: { REDIS_URL: valkey.url, GATEWAY_SECRET: root },
})
const issuer = gateway.url
/** Another process of the same authorization server, beside the one behind the edge. */
const second = await startOAuthServer({
  valkey,
  environment: {
    PUBLIC_URL: issuer,
    OAUTH_SERVER_SECRET: deriveSecret(new Secret(root), 'oauth-server').reveal(),
  },
})
const client = await createOAuthClient(sendOverNetwork, issuer).register()
const otherStore = await startValkey()
test.after.always(async () => {
  await second.stop()
  await gateway.remove()
  await valkey.stop()
  await otherStore.stop()
})

const kidOf = (token: string): string => decodeProtectedHeader(token).kid ?? ''

const keysOf = async (send: Send): Promise<{ kid: string; alg: string }[]> => {
  const document = (await send({ url: `${issuer}/jwks` })).json()
  return document['keys'] as { kid: string; alg: string }[]
}

/** What time does to a key. */
const age = async (
  store: Pick<typeof redis, 'hget' | 'hset'>,
  kid: string,
  milliseconds: number,
): Promise<void> => {
  const record = JSON.parse((await store.hget('signing-keys', kid)) ?? '') as SigningKeyRecord
  const signsFrom = record.signsFrom - milliseconds
  const signsUntil = record.signsUntil - milliseconds
  await store.hset('signing-keys', kid, JSON.stringify({ ...record, signsFrom, signsUntil }))
}

/** Whoever uses one refresh token after the other sees each key when it begins to sign. */
function chain(send: Send, registered: Registered, first: string) {
  const source = createTokenSource(send, issuer)
  let refreshToken = first
  return async (): Promise<string> => {
    const tokens = readTokens(await source.refresh(registered, refreshToken))
    refreshToken = tokens.refresh_token
    return tokens.access_token
  }
}

verifies('keys-rotation', async (t) => {
  const edgeStatus = async (token: string): Promise<number> =>
    (await initialize(`${issuer}/echo/mcp`, token)).status
  const sends = [sendOverNetwork, second.send]
  const servers = await Promise.all(
    sends.map(async (send) => {
      const tokens = await createTokenSource(send, issuer).obtain(client)
      return { first: tokens.access_token, mint: chain(send, client, tokens.refresh_token) }
    }),
  )
  const before = servers.map(({ first }) => first)
  const [last = ''] = before.map(kidOf)
  t.deepEqual(before.map(kidOf), [last, last], 'both servers sign with one key')

  await age(redis, last, 85 * DAY_MS)
  await until(async () => (await keysOf(second.send)).length > 1, 5000)
  const published = (await keysOf(sendOverNetwork)).map(({ kid }) => kid)
  t.is(published.length, 2, 'one next key, whoever made it')
  const next = published.find((kid) => kid !== last) ?? ''
  const during = await Promise.all(servers.map(({ mint }) => mint()))
  t.deepEqual(during.map(kidOf), [last, last], 'published before it signs')

  await age(redis, next, 6 * DAY_MS)
  const after: string[] = []
  for (const { mint } of servers) {
    await until(async () => {
      const token = await mint()
      if (kidOf(token) !== next) return false
      return after.push(token) > 0
    }, 5000)
  }
  for (const token of [...before, ...during, ...after]) t.is(await edgeStatus(token), 200)

  await age(redis, last, 2 * 3_600_000)
  await until(async () => (await keysOf(sendOverNetwork)).length === 1, 5000)
  t.deepEqual(await redis.hkeys('signing-keys'), [next], 'the private half has gone too')
  // By GET: each success of the other request would leave a session behind.
  const headers = { authorization: `Bearer ${before[0]}` }
  const look = () => sendOverNetwork({ url: `${issuer}/echo/mcp`, headers })
  await until(async () => (await look()).status === 401, 8000)
  for (const token of [...before, ...during]) t.is(await edgeStatus(token), 401)
  for (const token of after) t.is(await edgeStatus(token), 200)
})

verifies('keys-algorithm-change', async (t) => {
  const store = await otherStore.connect()
  const start = (algorithm: string) =>
    startOAuthServer({
      valkey: otherStore,
      environment: { PUBLIC_URL: issuer, SIGNING_ALGORITHM: algorithm },
    })
  const first = await start('ES256')
  const registered = await createOAuthClient(first.send, issuer).register()
  const old = await createTokenSource(first.send, issuer).obtain(registered, { scope: 'openid' })
  await first.stop()

  const server = await start('RS256')
  t.teardown(() => server.stop())
  const metadata = await server.send({ url: `${issuer}/.well-known/openid-configuration` })
  const keys = await keysOf(server.send)
  t.deepEqual(metadata.json()['id_token_signing_alg_values_supported'], ['RS256', 'ES256'])
  t.deepEqual(keys.map(({ alg }) => alg).sort(), ['ES256', 'RS256'])
  const mint = chain(server.send, registered, old.refresh_token)
  const meanwhile = await mint()
  t.is(decodeProtectedHeader(meanwhile).alg, 'ES256', 'the new key is not known to everybody yet')
  await age(store, keys.find(({ alg }) => alg === 'RS256')?.kid ?? '', 10_000)
  let latest = meanwhile
  await until(async () => {
    latest = await mint()
    return decodeProtectedHeader(latest).alg === 'RS256'
  }, 5000)
  for (const token of [old.access_token, meanwhile, latest]) {
    const headers = { authorization: `Bearer ${token}` }
    t.is((await server.send({ url: `${issuer}/userinfo`, headers })).status, 200)
  }
})
