import test from 'ava'
import { decodeJwt } from 'jose'
import { redisRevocations } from '../../../lib/store/revocations.ts'
import { createOAuthClient, type Fields } from '../../support/oauth-client.ts'
import { startOAuthServer } from '../../support/oauth-server.ts'
import { createPerson } from '../../support/person.ts'

const SECRET = 'nightly-secret-0123456789'
const CONFIGURATION = `
mcpServers:
  echo: { scopes: { write: Change things, read: Read things } }
  memory: { scopes: { write: Change things } }
clients:
  nightly:
    client_secret: "\${secret.NIGHTLY}"
    grant_types: [client_credentials]
    services: [echo]
    scopes: ["echo:write", "echo:read"]
    client_name: Nightly job
  both:
    client_secret: "\${secret.NIGHTLY}"
    grant_types: [client_credentials]
    services: [echo, memory]
    scopes: ["memory:write"]
  claude-web:
    client_secret: "\${secret.CLAUDE_WEB}"
    redirect_uris: ["https://claude.example/api/mcp/auth_callback"]
  spa: { redirect_uris: ["https://spa.example/cb"] }
`
const environment = { NIGHTLY: SECRET, CLAUDE_WEB: 'claude-secret-0123456789' }
const server = await startOAuthServer({ environment, configuration: CONFIGURATION })
const { send, issuer, valkey } = server
const client = createOAuthClient(send, issuer)
const redis = await valkey.connect()
const revocations = redisRevocations(redis)
const ECHO = `${issuer}/echo/mcp`
const MEMORY = `${issuer}/memory/mcp`
test.after.always(() => server.stop())

const basic = (id: string, secret = SECRET): Fields => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
})
const ask = (fields: Fields = {}, headers = basic('nightly')) =>
  client.token({ grant_type: 'client_credentials', ...fields }, headers)
const claimsOf = (answer: Record<string, unknown>) => decodeJwt(String(answer['access_token']))

test('a machine gets an access token for itself, and nothing else', async (t) => {
  const response = await ask()
  t.is(response.status, 200)
  t.is(response.headers.get('cache-control'), 'no-store')
  const answer = response.json()
  t.deepEqual(Object.keys(answer).sort(), ['access_token', 'expires_in', 'scope', 'token_type'])
  t.is(answer['scope'], 'mcp echo:write echo:read')
  const { iat = 0, exp = 0, jti, grant_id, auth_time, ...claims } = claimsOf(answer)
  t.deepEqual(claims, {
    iss: issuer,
    sub: 'client:nightly',
    aud: ECHO,
    client_id: 'nightly',
    scope: 'mcp echo:write echo:read',
    preferred_username: 'Nightly job',
  })
  t.is(exp - iat, 3600)
  t.true(Math.abs(Number(auth_time) - iat) <= 1)
  t.regex(String(grant_id), /^\d{13}-/)
  t.truthy(jti)
})

test('Basic and post are the same; a client without a name is called by its id', async (t) => {
  const post = await ask({ client_id: 'both', client_secret: SECRET, resource: ECHO }, {})
  t.is(post.status, 200)
  t.is(claimsOf(post.json())['preferred_username'], 'both')
})

const refuses = test.macro({
  async exec(
    t,
    [status, error]: [number, string],
    fields: Fields,
    headers: Fields = basic('nightly'),
  ) {
    const response = await ask(fields, headers)
    t.is(response.status, status)
    t.is(response.json()['error'], error)
    t.is(response.headers.get('cache-control'), 'no-store')
  },
  title: (name = '') => `a machine is refused: ${name}`,
})
test('a wrong secret', refuses, [401, 'invalid_client'], {}, basic('nightly', 'x'.repeat(16)))
test('no secret', refuses, [401, 'invalid_client'], { client_id: 'nightly' }, {})
test('an unknown client', refuses, [401, 'invalid_client'], {}, basic('weekly'))
test(
  'a client of the operator’s without the grant',
  refuses,
  [400, 'unauthorized_client'],
  {},
  basic('claude-web', environment.CLAUDE_WEB),
)
test(
  'a public client of the operator’s',
  refuses,
  [400, 'unauthorized_client'],
  { client_id: 'spa' },
  {},
)
test('a service that is not its own', refuses, [400, 'invalid_target'], { resource: MEMORY })
test('no service of ours', refuses, [400, 'invalid_target'], { resource: 'https://a.example' })
test('two resources, of which none is named', refuses, [400, 'invalid_target'], {}, basic('both'))
test(
  'two resources, and the origin',
  refuses,
  [400, 'invalid_target'],
  { resource: issuer },
  basic('both'),
)

test('what may be named is told', async (t) => {
  const description = String((await ask({}, basic('both'))).json()['error_description'])
  t.true(description.includes(ECHO) && description.includes(MEMORY))
})

test('a client that registered itself may not, whatever it asked for', async (t) => {
  const registered = await client.register({
    token_endpoint_auth_method: 'client_secret_basic',
    grant_types: ['authorization_code', 'client_credentials'],
  })
  t.false((registered['grant_types'] as string[]).includes('client_credentials'))
  const headers = basic(registered.client_id, registered.client_secret)
  t.is((await ask({}, headers)).json()['error'], 'unauthorized_client')
})

test('the resource may be named as clients name it', async (t) => {
  for (const resource of [ECHO, `${ECHO}/`, issuer, `${issuer}/`]) {
    const response = await ask({ resource })
    t.is(response.status, 200, resource)
    t.is(claimsOf(response.json()).aud, ECHO)
  }
  const second = await ask({ resource: MEMORY }, basic('both'))
  t.is(claimsOf(second.json()).aud, MEMORY)
})

test('the scope is narrowed to what the operator wrote down for this service', async (t) => {
  const scopeOf = async (fields: Fields, headers = basic('nightly')) =>
    (await ask(fields, headers)).json()['scope']
  t.is(await scopeOf({ scope: 'echo:read' }), 'mcp echo:read')
  t.is(await scopeOf({ scope: 'mcp' }), 'mcp')
  t.is(await scopeOf({ scope: 'echo:read memory:write openid offline_access x' }), 'mcp echo:read')
  t.is(await scopeOf({ scope: 'unheard' }), 'mcp')
  t.is(await scopeOf({ resource: ECHO }, basic('both')), 'mcp')
  t.is(await scopeOf({ resource: MEMORY }, basic('both')), 'mcp memory:write')
})

test('tokens of one machine have one grant, until it is revoked', async (t) => {
  const first = claimsOf((await ask({ scope: 'echo:read' })).json())
  const second = claimsOf((await ask({ scope: 'echo:read' })).json())
  t.is(first['grant_id'], second['grant_id'])
  t.not(first.jti, second.jti)
  const isRevoked = async (claims: Record<string, unknown>) => {
    const answer = await revocations.ask({
      tokenId: String(claims['jti']),
      grantId: String(claims['grant_id']),
      clientId: String(claims['client_id']),
      userId: String(claims['sub']),
      issuedAt: Number(claims['iat']),
    })
    return answer.revoked
  }
  await revocations.revoke('client', 'nightly', 4_000_000_000)
  t.true(await isRevoked(first))
  const third = claimsOf((await ask({ scope: 'echo:read' })).json())
  t.not(third['grant_id'], first['grant_id'])
  t.false(await isRevoked(third))
})

test('the metadata names the grant, because somebody has it', async (t) => {
  const metadata = await send({ url: `${issuer}/.well-known/oauth-authorization-server` })
  t.true((metadata.json()['grant_types_supported'] as string[]).includes('client_credentials'))
})

test('a client of the operator’s logs people in like any other, and needs no registration', async (t) => {
  const { url, verifier } = client.begin('claude-web', {
    redirect_uri: 'https://claude.example/api/mcp/auth_callback',
    resource: ECHO,
  })
  const redirect = await createPerson(send).authorize(url, { username: 'alice' })
  const fields = {
    grant_type: 'authorization_code',
    code: redirect.searchParams.get('code') ?? '',
    code_verifier: verifier,
  }
  const answer = await client.token(fields, basic('claude-web', environment.CLAUDE_WEB))
  t.is(answer.status, 200)
  t.truthy(answer.json()['refresh_token'])
  t.deepEqual(await redis.keys('mcp-gateway:client:claude-web'), [])
})

test('a machine has nowhere to send a person', async (t) => {
  const { url } = client.begin('nightly', { redirect_uri: 'https://evil.example/cb' })
  const response = await send({ url, headers: { accept: 'text/html' } })
  t.is(response.status, 400)
  t.is(response.headers.get('location'), null)
})

test('no secret stands in the store or in the log', async (t) => {
  await ask()
  for (const key of await redis.keys('*')) {
    const name = key.slice((redis.options.keyPrefix ?? '').length)
    const stored = await redis.dump(name)
    t.false(stored?.includes(SECRET) ?? false, name)
  }
  t.false(server.lines.some((line) => line.includes(SECRET)))
})

test('it does not start with a client that cannot be, and tells of all at once', async (t) => {
  const configuration = `clients:
  a: { client_secret: "\${secret.A_KEY}", redirect_uris: ["javascript:alert(1)", "https://ok.example/cb"] }
  b: { client_secret: "\${secret.B_KEY}", redirect_uris: ["http://b.example/cb", "app:/cb?code=1"] }
`
  const starting = startOAuthServer({ configuration, environment: { B_KEY: 'short' } })
  const { message = '' } = (await t.throwsAsync(starting)) ?? {}
  t.regex(message, /A_KEY, the secret of client a, is not set/)
  t.regex(message, /B_KEY, the secret of client b, must have/)
  t.regex(message, /clients\.a\.redirect_uris: javascript:alert\(1\) uses the scheme/)
  t.regex(message, /clients\.b\.redirect_uris: http:\/\/b\.example\/cb uses http off/)
  t.regex(message, /clients\.b\.redirect_uris: app:\/cb\?code=1 has code in its query/)
  t.notRegex(message, /ok\.example|short"/)
})
