import test, { type ExecutionContext } from 'ava'
import { SignJWT } from 'jose'
import { digest } from '../../lib/platform/seal.ts'
import { startGateway } from '../support/gateway.ts'
import { form, type HttpResponse, sendOverNetwork } from '../support/http.ts'
import { initialize, onceRevoked } from '../support/mcp-call.ts'
import { createOAuthClient, type Fields } from '../support/oauth-client.ts'
import {
  createTokenSource,
  credentialsOf,
  readTokens,
  type Tokens,
} from '../support/obtain-tokens.ts'
import { startValkey } from '../support/valkey.ts'
import { verifies } from '../support/verifies.ts'

const valkey = await startValkey()
const redis = await valkey.connect()
const gateway = await startGateway({ environment: { REDIS_URL: valkey.url } })
const issuer = gateway.url
const oauth = createOAuthClient(sendOverNetwork, issuer)
const source = createTokenSource(sendOverNetwork, issuer)
const client = await oauth.register()
const other = await oauth.register()
const confidential = await oauth.register({ token_endpoint_auth_method: 'client_secret_basic' })
test.after.always(async () => {
  await gateway.remove()
  await valkey.stop()
})

const revoke = (fields: Fields, headers: Fields = {}): Promise<HttpResponse> => {
  const sent = form(fields)
  const all = { ...sent.headers, ...headers }
  return sendOverNetwork({ ...sent, url: `${issuer}/revoke`, headers: all })
}

const isDone = (t: ExecutionContext, answer: HttpResponse): void => {
  t.is(answer.status, 200)
  t.is(answer.text, '')
  t.is(answer.headers.get('cache-control'), 'no-store')
  t.is(answer.headers.get('access-control-allow-origin'), '*')
}

const passes = async (t: ExecutionContext, { access_token }: Tokens): Promise<void> => {
  const answer = await initialize(`${issuer}/echo/mcp`, access_token)
  t.is(answer.status, 200, answer.text)
}

const isRefused = async (t: ExecutionContext, { access_token }: Tokens): Promise<void> => {
  const answer = await onceRevoked(() => initialize(`${issuer}/echo/mcp`, access_token))
  t.is(answer.status, 401)
  t.regex(answer.headers.get('www-authenticate') ?? '', /error="invalid_token"/)
}

const isDead = async (t: ExecutionContext, { refresh_token }: Tokens): Promise<void> => {
  const answer = await source.refresh(client, refresh_token)
  t.is(answer.status, 400)
  t.is(answer.json()['error'], 'invalid_grant')
}

verifies('revoke-refresh-ends-grant', async (t) => {
  const current = await source.obtain(client)
  await passes(t, current)
  isDone(t, await revoke({ token: current.refresh_token, client_id: client.client_id }))
  await isRefused(t, current)
  await isDead(t, current)

  const first = await source.obtain(client)
  const newest = readTokens(await source.refresh(client, first.refresh_token))
  await passes(t, first)
  await passes(t, newest)
  isDone(t, await revoke({ token: first.refresh_token, client_id: client.client_id }))
  await isRefused(t, first)
  await isRefused(t, newest)
  await isDead(t, newest)
  await isDead(t, first)
  isDone(t, await revoke({ token: first.refresh_token, client_id: client.client_id }))
})

verifies('revoke-access-alone', async (t) => {
  const tokens = await source.obtain(client)
  const later = readTokens(await source.refresh(client, tokens.refresh_token))
  isDone(t, await revoke({ token: tokens.access_token, client_id: client.client_id }))
  await isRefused(t, tokens)
  await passes(t, later)
  const after = await source.refresh(client, later.refresh_token)
  await passes(t, readTokens(after))
})

verifies('revoke-replayed-code', async (t) => {
  const fields = await source.approve(client)
  const tokens = readTokens(await oauth.token(fields))
  await passes(t, tokens)
  t.is((await oauth.token(fields)).json()['error'], 'invalid_grant')
  await isRefused(t, tokens)
  await isDead(t, tokens)
})

verifies('revoke-reused-refresh', async (t) => {
  const tokens = await source.obtain(client)
  const newest = readTokens(await source.refresh(client, tokens.refresh_token))
  await passes(t, newest)
  // The grace is the life of the sealed answer.
  const [family = ''] = tokens.refresh_token.split('.')
  t.is(await redis.del(`refresh:${digest(family)}:answer:1`), 1)
  await isDead(t, tokens)
  await isRefused(t, newest)
  await isRefused(t, tokens)
  await isDead(t, newest)
})

/** Tokens of another issuer, of several types. */
function signElsewhere(): Promise<string[]> {
  const key = new TextEncoder().encode('a secret of somebody else, long enough')
  return Promise.all(
    ['JWT', 'at+jwt', 'logout+jwt', undefined].map((typ) =>
      new SignJWT({ sub: 'somebody' })
        .setProtectedHeader({ alg: 'HS256', ...(typ === undefined ? {} : { typ }) })
        .setIssuer('https://elsewhere.example')
        .sign(key),
    ),
  )
}

verifies('revoke-own-tokens-only', async (t) => {
  const tokens = await source.obtain(client)
  const [header, payload] = tokens.access_token.split('.')
  const foreign = [
    tokens.refresh_token,
    tokens.access_token,
    'garbage',
    'a.b.c',
    'x'.repeat(20_000),
    `${header}.${payload}.${'A'.repeat(86)}`,
    `${tokens.refresh_token.slice(0, -1)}_`,
    ...(await signElsewhere()),
  ]
  for (const token of foreign) isDone(t, await revoke({ token, client_id: other.client_id }))
  isDone(t, await revoke({ token: `${header}.${payload}.AAAA`, client_id: client.client_id }))
  await passes(t, tokens)
  t.is((await source.refresh(client, tokens.refresh_token)).status, 200)
})

verifies('revoke-whatever-the-hint', async (t) => {
  for (const hint of ['refresh_token', 'access_token', 'something']) {
    const [one, two] = [await source.obtain(client), await source.obtain(client)]
    const common = { token_type_hint: hint, client_id: client.client_id }
    isDone(t, await revoke({ token: one.refresh_token, ...common }))
    isDone(t, await revoke({ token: two.access_token, ...common }))
    await isRefused(t, one)
    await isRefused(t, two)
  }
})

verifies('revoke-other-types', async (t) => {
  const { id_token } = await source.obtain(client, { scope: 'openid' })
  const answer = await revoke({ token: id_token, client_id: client.client_id })
  t.is(answer.status, 400)
  t.is(answer.json()['error'], 'unsupported_token_type')
  const empty = await revoke({ client_id: client.client_id })
  t.is(empty.status, 400)
  t.is(empty.json()['error'], 'invalid_request')
})

verifies('revoke-authenticates', async (t) => {
  const tokens = await source.obtain(confidential)
  const { client_id, client_secret = '' } = confidential
  const token = tokens.refresh_token
  const basic = (secret: string) => ({
    authorization: `Basic ${Buffer.from(`${client_id}:${secret}`).toString('base64')}`,
  })
  const refused = [
    await revoke({ token }),
    await revoke({ token, client_id }),
    await revoke({ token, client_id: 'unknown' }),
    await revoke({ token, client_id, client_secret: 'wrong' }),
    await revoke({ token }, basic('wrong')),
  ]
  for (const answer of refused) {
    t.is(answer.status, 401)
    t.is(answer.json()['error'], 'invalid_client')
  }
  await passes(t, tokens)
  isDone(t, await revoke({ token: tokens.access_token }, basic(client_secret)))
  await isRefused(t, tokens)
  isDone(t, await revoke({ token, ...credentialsOf(confidential) }))
  t.is((await source.refresh(confidential, token)).status, 400)
})
