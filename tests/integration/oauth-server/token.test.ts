import { gzipSync } from 'node:zlib'
import test from 'ava'
import { decodeJwt } from 'jose'
import { digest } from '../../../lib/platform/seal.ts'
import { redisRevocations } from '../../../lib/store/revocations.ts'
import { createDevice, DEVICE_CODE, decide } from '../../support/device.ts'
import { createOAuthClient, type Fields, REDIRECT_URI } from '../../support/oauth-client.ts'
import { startOAuthServer } from '../../support/oauth-server.ts'
import { createPerson } from '../../support/person.ts'

const server = await startOAuthServer()
const { send, issuer, valkey } = server
const client = createOAuthClient(send, issuer)
const redis = await valkey.connect()
const revocations = redisRevocations(redis)
const ECHO = `${issuer}/echo/mcp`
const registered = await client.register()
const other = await client.register()
const confidential = await client.register({ token_endpoint_auth_method: 'client_secret_basic' })
const { client_id: ID, client_secret: SECRET = '' } = confidential
test.after.always(() => server.stop())

const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
})

const getCode = async (clientId = registered.client_id, changes: Fields = {}) => {
  const attempt = client.begin(clientId, { resource: ECHO, ...changes })
  const redirect = await createPerson(send).authorize(attempt.url, { username: 'alice' })
  return {
    grant_type: 'authorization_code',
    code: redirect.searchParams.get('code') ?? '',
    code_verifier: attempt.verifier,
    redirect_uri: REDIRECT_URI,
    client_id: clientId,
  }
}

const getTokens = async (changes: Fields = {}) =>
  (await client.token(await getCode(registered.client_id, changes))).json()

const refreshing = (tokens: Record<string, unknown>, changes: Fields = {}) => ({
  grant_type: 'refresh_token',
  refresh_token: String(tokens['refresh_token']),
  client_id: registered.client_id,
  ...changes,
})

/** Whether the edge would refuse the access token. */
const isRevoked = async (tokens: Record<string, unknown>) => {
  const claims = decodeJwt(String(tokens['access_token']))
  const answer = await revocations.ask({
    tokenId: String(claims.jti),
    grantId: String(claims['grant_id']),
    clientId: String(claims['client_id']),
    userId: String(claims.sub),
    issuedAt: claims.iat ?? 0,
  })
  return answer.revoked
}

const spent = test.macro({
  async exec(t, error: string, changes: Fields) {
    const good = await getCode()
    const bad = Object.entries({ ...good, ...changes }).filter(([, value]) => value !== '-')
    const refused = await client.token(Object.fromEntries(bad))
    t.is(refused.status, 400)
    t.is(refused.json()['error'], error)
    t.is(refused.headers.get('cache-control'), 'no-store')
    const second = await client.token(good)
    t.is(second.json()['error'], 'invalid_grant')
  },
  title: (name = '') => `the first failure consumes the code: ${name}`,
})

test('no verifier', spent, 'invalid_grant', { code_verifier: '-' })
test('wrong verifier', spent, 'invalid_grant', { code_verifier: 'x'.repeat(43) })
test('a verifier of 42 characters', spent, 'invalid_grant', { code_verifier: 'x'.repeat(42) })
test('a verifier of 129 characters', spent, 'invalid_grant', { code_verifier: 'x'.repeat(129) })
test('a verifier with +', spent, 'invalid_grant', { code_verifier: '+'.repeat(43) })
test('a verifier with NUL', spent, 'invalid_grant', { code_verifier: '\0'.repeat(43) })
test('another redirect_uri', spent, 'invalid_grant', {
  redirect_uri: 'http://127.0.0.1:1/callback',
})
test('another client', spent, 'invalid_grant', { client_id: other.client_id })
test('another client and another resource', spent, 'invalid_grant', {
  client_id: other.client_id,
  resource: `${issuer}/memory/mcp`,
})
test('wrong client authentication does not, nor does another resource', async (t) => {
  const fields = await getCode(ID)
  const refusals: [Fields, Fields, string][] = [
    [fields, basic(ID, `${SECRET}x`), 'invalid_client'],
    [{ ...fields, resource: `${issuer}/memory/mcp` }, basic(ID, SECRET), 'invalid_target'],
    [{ ...fields, resource: 'foo' }, basic(ID, SECRET), 'invalid_target'],
  ]
  for (const [sent, headers, error] of refusals) {
    t.is((await client.token(sent, headers)).json()['error'], error)
  }
  t.is((await client.token(fields, basic(ID, SECRET))).status, 200)
})

test('redirect_uri may be left out, and the resource may be repeated or tolerated', async (t) => {
  for (const resource of [ECHO, `${ECHO}/`, issuer]) {
    const { redirect_uri: _omitted, ...fields } = await getCode()
    t.is((await client.token({ ...fields, resource })).status, 200)
  }
})

test('a replayed code ends everything it bought', async (t) => {
  const fields = await getCode()
  const tokens = (await client.token(fields)).json()
  t.false(await isRevoked(tokens))
  t.is((await client.token(fields)).json()['error'], 'invalid_grant')
  t.true(await isRevoked(tokens))
  t.is((await client.token(refreshing(tokens))).json()['error'], 'invalid_grant')
})

test('of fifty racing redemptions exactly one yields tokens, and those are dead', async (t) => {
  const fields = await getCode()
  const answers = await Promise.all(Array.from({ length: 50 }, () => client.token(fields)))
  const [good, ...more] = answers.filter(({ status }) => status === 200)
  t.deepEqual(more, [])
  const tokens = good?.json() ?? {}
  t.true(await isRevoked(tokens))
  t.is((await client.token(refreshing(tokens))).json()['error'], 'invalid_grant')
  for (const { status, json } of answers.filter((answer) => answer !== good)) {
    t.is(status, 400)
    t.is(json()['error'], 'invalid_grant')
  }
})

test('a redeemed code in another client’s hands ends what it bought', async (t) => {
  const fields = await getCode()
  const tokens = (await client.token(fields)).json()
  const stolen = await client.token({ ...fields, client_id: other.client_id })
  t.is(stolen.json()['error'], 'invalid_grant')
  t.true(await isRevoked(tokens))
})

test('a code that is too old is worth nothing', async (t) => {
  const fields = await getCode()
  t.is(await redis.pexpire(`code:${digest(fields.code)}`, 1), 1)
  while ((await redis.exists(`code:${digest(fields.code)}`)) > 0);
  t.is((await client.token(fields)).json()['error'], 'invalid_grant')
})

test('a user or client revoked before redemption yields nothing', async (t) => {
  const { client_id } = await client.register()
  const fields = await getCode(client_id)
  await revocations.revoke('client', client_id, 4_000_000_000)
  t.is((await client.token(fields)).json()['error'], 'invalid_grant')
})

test('a refresh token rotates, and repeats within the grace get the same pair', async (t) => {
  const tokens = await getTokens()
  const first = await client.token(refreshing(tokens))
  t.is(first.status, 200)
  t.is(first.headers.get('cache-control'), 'no-store')
  t.not(first.json()['refresh_token'], tokens['refresh_token'])
  const again = await client.token(refreshing(tokens))
  t.is(again.json()['access_token'], first.json()['access_token'])
  t.is(again.json()['refresh_token'], first.json()['refresh_token'])
  t.is((await client.token(refreshing(first.json()))).status, 200)
})

test('of fifty racing refreshes all get one and the same pair', async (t) => {
  const tokens = await getTokens()
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => client.token(refreshing(tokens))),
  )
  t.true(answers.every(({ status }) => status === 200))
  t.is(new Set(answers.map((answer) => answer.json()['access_token'])).size, 1)
  t.is(new Set(answers.map((answer) => answer.json()['refresh_token'])).size, 1)
})

test('reuse after the grace ends the grant with its newest tokens', async (t) => {
  const tokens = await getTokens()
  const newest = (await client.token(refreshing(tokens))).json()
  // The grace is the life of the sealed answer.
  const [family = ''] = String(tokens['refresh_token']).split('.')
  t.is(await redis.del(`refresh:${digest(family)}:answer:1`), 1)
  t.is((await client.token(refreshing(tokens))).json()['error'], 'invalid_grant')
  t.is((await client.token(refreshing(newest))).json()['error'], 'invalid_grant')
  t.true(await isRevoked(newest))
})

test('a revoked grant answers invalid_grant within the grace too', async (t) => {
  const tokens = await getTokens()
  await client.token(refreshing(tokens))
  const grantId = String(decodeJwt(String(tokens['access_token']))['grant_id'])
  await revocations.revoke('grant', grantId, 4_000_000_000)
  t.is((await client.token(refreshing(tokens))).json()['error'], 'invalid_grant')
})

test('what is refused for another reason consumes nothing', async (t) => {
  const tokens = await getTokens()
  const refusals: [Fields, string][] = [
    [{ client_id: other.client_id }, 'invalid_grant'],
    [{ resource: `${issuer}/memory/mcp` }, 'invalid_target'],
    [{ resource: 'foo' }, 'invalid_target'],
  ]
  for (const [changes, error] of refusals) {
    const answer = await client.token(refreshing(tokens, changes))
    t.is(answer.status, 400)
    t.is(answer.json()['error'], error)
  }
  const [family, , proof] = String(tokens['refresh_token']).split('.')
  const forged = { refresh_token: `${family}.2.${proof}` }
  t.is((await client.token(refreshing(tokens, forged))).json()['error'], 'invalid_grant')
  t.is((await client.token(refreshing(tokens))).status, 200)
})

test('the scope of a refresh is narrowed to the grant, and the grant stays as it is', async (t) => {
  const tokens = await getTokens({ scope: 'mcp offline_access' })
  const narrower = await client.token(refreshing(tokens, { scope: 'mcp' }))
  t.is(narrower.json()['scope'], 'mcp')
  const wider = await client.token(refreshing(narrower.json(), { scope: 'mcp openid other:x' }))
  t.is(wider.json()['scope'], 'mcp')
  const unknown = await client.token(refreshing(wider.json(), { scope: 'unheard' }))
  t.is(unknown.json()['scope'], 'mcp offline_access')
  const withoutBase = await client.token(refreshing(unknown.json(), { scope: 'offline_access' }))
  t.is(withoutBase.json()['scope'], 'mcp offline_access')
  const whole = await client.token(refreshing(withoutBase.json()))
  t.is(whole.json()['scope'], 'mcp offline_access')
})

const ANY = { grant_type: 'authorization_code', code: 'none' }

const authenticates = test.macro({
  async exec(t, [status, error]: [number, string], fields: Fields, headers: Fields = {}) {
    const answer = await client.token({ ...ANY, ...fields }, headers)
    t.is(answer.status, status)
    t.is(answer.json()['error'], error)
    const challenge = answer.headers.get('www-authenticate') ?? ''
    t.is(challenge.startsWith('Basic '), status === 401 && 'authorization' in headers)
  },
  title: (name = '') => `client authentication: ${name}`,
})

// What gets as far as the code was authenticated.
const LET_IN: [number, string] = [400, 'invalid_grant']
const NOT_LET_IN: [number, string] = [401, 'invalid_client']
test('Basic', authenticates, LET_IN, {}, basic(ID, SECRET))
test(
  'Basic, form-encoded',
  authenticates,
  LET_IN,
  {},
  basic(
    ID.replace(/^./, (c) => `%${c.charCodeAt(0).toString(16)}`),
    SECRET,
  ),
)
test(
  'Basic in lower case',
  authenticates,
  LET_IN,
  {},
  { authorization: basic(ID, SECRET).authorization.replace('Basic', 'basic') },
)
test('Basic and the same client_id', authenticates, LET_IN, { client_id: ID }, basic(ID, SECRET))
test('post', authenticates, LET_IN, { client_id: ID, client_secret: SECRET })
test('a public client', authenticates, LET_IN, { client_id: other.client_id })
test('a public client with an empty secret', authenticates, LET_IN, {
  client_id: other.client_id,
  client_secret: '',
})
test('wrong Basic', authenticates, NOT_LET_IN, {}, basic(ID, `${SECRET}x`))
test('Basic without a colon', authenticates, NOT_LET_IN, {}, { authorization: 'Basic eHh4' })
test('wrong post', authenticates, NOT_LET_IN, { client_id: ID, client_secret: SECRET.slice(1) })
test('a confidential client without its secret', authenticates, NOT_LET_IN, { client_id: ID })
test('an unknown client', authenticates, NOT_LET_IN, { client_id: 'unknown' })
test('no client', authenticates, NOT_LET_IN, {})
test('a public client with a secret', authenticates, NOT_LET_IN, {
  client_id: other.client_id,
  client_secret: 'x',
})
test(
  'both ways at once',
  authenticates,
  [400, 'invalid_request'],
  { client_id: ID, client_secret: SECRET },
  basic(ID, SECRET),
)
test(
  'two clients at once',
  authenticates,
  [400, 'invalid_request'],
  { client_id: other.client_id },
  basic(ID, SECRET),
)

test('a secret in the query authenticates nobody', async (t) => {
  const query = new URLSearchParams({ client_id: ID, client_secret: SECRET })
  const answer = await send({
    url: `${issuer}/token?${query}`,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'grant_type=authorization_code&code=none',
  })
  t.is(answer.status, 401)
})

const malformed = test.macro({
  async exec(
    t,
    [status, error]: [number, string],
    body: string,
    type: string = 'application/x-www-form-urlencoded',
  ) {
    const sent = { url: `${issuer}/token`, method: 'POST', headers: { 'content-type': type }, body }
    const answer = await send(sent)
    t.is(answer.status, status)
    t.is(answer.json()['error'], error)
  },
  title: (name = '') => `a token request is refused: ${name}`,
})
const FORM = 'application/x-www-form-urlencoded'
const NOT_FORMS = new Map([['/register', 'application/json']])
const WITH_BODIES = [
  '/token',
  '/revoke',
  '/introspect',
  '/par',
  '/device_authorization',
  '/userinfo',
]

for (const path of [...WITH_BODIES, '/register', '/consent', '/device', '/login', '/logout']) {
  test(`${path} says that a body is compressed, not what seems to be missing in it`, async (t) => {
    for (const coding of ['gzip', 'GZIP', 'identity, br']) {
      const answer = await send({
        url: issuer + path,
        method: 'POST',
        headers: {
          'content-type': NOT_FORMS.get(path) ?? FORM,
          'content-encoding': coding,
          accept: 'application/json',
        },
        body: gzipSync(`client_id=${other.client_id}`).toString('latin1'),
      })
      t.is(answer.status, 415, coding)
      t.is(answer.headers.get('accept-encoding'), 'identity')
      t.deepEqual(answer.json(), {
        error: 'invalid_request',
        error_description: 'the body must be sent without a Content-Encoding',
      })
    }
  })
}

test('a body that is said to be as it is is read', async (t) => {
  const answer = await send({
    url: `${issuer}/token`,
    method: 'POST',
    headers: { 'content-type': FORM, 'content-encoding': 'Identity' },
    body: `client_id=${other.client_id}&grant_type=authorization_code&code=none`,
  })
  t.is(answer.json()['error'], 'invalid_grant')
})

const PUBLIC = `client_id=${other.client_id}`
test('JSON', malformed, [415, 'invalid_request'], '{}', 'application/json')
test(
  'code twice',
  malformed,
  [400, 'invalid_request'],
  `${PUBLIC}&grant_type=authorization_code&code=a&code=a`,
)
test('two resources', malformed, [400, 'invalid_target'], `${PUBLIC}&resource=a&resource=b`)
test('no grant_type', malformed, [400, 'invalid_request'], PUBLIC)
test('password', malformed, [400, 'unsupported_grant_type'], `${PUBLIC}&grant_type=password`)
test(
  'a grant type that is a part of one',
  malformed,
  [400, 'unsupported_grant_type'],
  `${PUBLIC}&grant_type=code`,
)
test(
  'a grant type of every object',
  malformed,
  [400, 'unsupported_grant_type'],
  `${PUBLIC}&grant_type=toString`,
)
test('no code', malformed, [400, 'invalid_request'], `${PUBLIC}&grant_type=authorization_code`)
test('no refresh token', malformed, [400, 'invalid_request'], `${PUBLIC}&grant_type=refresh_token`)
test('a body too large', malformed, [413, 'invalid_request'], `${PUBLIC}&x=${'x'.repeat(40_000)}`)

test('nothing that opens anything stands in the store or in the log', async (t) => {
  const fields = await getCode(ID)
  const answer = await client.token(fields, { ...basic(ID, SECRET) })
  const secrets = [SECRET, fields.code, fields.code_verifier]
  secrets.push(String(answer.json()['access_token']), String(answer.json()['refresh_token']))
  const stored: string[] = []
  const prefix = redis.options.keyPrefix ?? ''
  for (const key of await redis.keys('*')) {
    const name = key.slice(prefix.length)
    const type = await redis.type(name)
    if (type === 'string') stored.push(key, (await redis.get(name)) ?? '')
    if (type === 'hash') stored.push(key, JSON.stringify(await redis.hgetall(name)))
  }
  t.true(stored.length > 10)
  for (const secret of secrets) {
    t.false(stored.some((text) => text.includes(secret)))
    t.false(server.lines.some((line) => line.includes(secret)))
  }
})

test('what is known of a person lives as long as what they have granted, without a refresh', async (t) => {
  const seconds = 500 * 86_400
  const environment = { REFRESH_TOKEN_LIFETIME: String(seconds) }
  const long = await startOAuthServer({ environment })
  t.teardown(long.stop)
  const own = createOAuthClient(long.send, long.issuer)
  const store = await long.valkey.connect()
  const lives = (name: string) => store.ttl(`user:${digest(`dev:${name}`)}`)
  const { client_id } = await own.register({
    grant_types: ['authorization_code', 'refresh_token', DEVICE_CODE],
  })
  const resource = `${long.issuer}/echo/mcp`
  const { url, verifier } = own.begin(client_id, { resource })
  const redirect = await createPerson(long.send).authorize(url, { username: 'ann' })
  const code = redirect.searchParams.get('code') ?? ''
  t.true((await lives('ann')) <= 400 * 86_400)
  const bought = await own.token({
    ...{ grant_type: 'authorization_code', code, code_verifier: verifier, client_id },
  })
  t.is(bought.status, 200)
  t.true((await lives('ann')) > seconds - 60)
  const device = createDevice(long.send, long.issuer)
  const codes = await device.begin({ client_id, resource })
  await decide(createPerson(long.send), codes, { username: 'ben' })
  t.is((await device.poll(codes.device_code, { client_id })).status, 200)
  t.true((await lives('ben')) > seconds - 60)
})
