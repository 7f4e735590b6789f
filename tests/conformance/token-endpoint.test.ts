import { once } from 'node:events'
import test, { type ExecutionContext } from 'ava'
import { decodeJwt } from 'jose'
import { startGateway } from '../support/gateway.ts'
import { createGatewayLogins } from '../support/gateway-logins.ts'
import { sendOverNetwork as send } from '../support/http.ts'
import { connectHttp2 } from '../support/http2-client.ts'
import type { Fields, Registered } from '../support/oauth-client.ts'
import { type RawAnswer, rawRequest } from '../support/raw-request.ts'
import { verifies, verifiesAlone } from '../support/verifies.ts'

// One test alone asks more than one address may within a second: what is refused for that is proved elsewhere.
const gateway = await startGateway({
  asShipped: true,
  environment: { RATE_LIMIT_FACTOR: '10' },
})
const issuer = gateway.url
const logins = createGatewayLogins(issuer)
const { client } = logins
const plain = await client.register()
const confidential = await client.register({ token_endpoint_auth_method: 'client_secret_basic' })
const { client_id: ID, client_secret: SECRET = '' } = confidential
test.after.always(() => gateway.remove())

const FORM = 'application/x-www-form-urlencoded'
/** As far as the code: whoever gets its refusal was let in. */
const REST = 'grant_type=authorization_code&code=none'
const LET_IN = '400 invalid_grant'
const PUBLIC = `client_id=${plain.client_id}&${REST}`

/** `status error` of an answer, which must be one that nobody stores and carries no token. */
function summary(t: ExecutionContext, { status, headers, body }: RawAnswer, name: string): string {
  t.is(headers['cache-control'], 'no-store', name)
  const found = JSON.parse(body) as Record<string, unknown>
  t.false('access_token' in found, name)
  return `${status} ${String(found['error'])}`
}

interface Attempt {
  readonly body: string
  readonly headers?: readonly string[]
  readonly query?: string
}

async function ask(
  t: ExecutionContext,
  name: string,
  { body, headers = ['Content-Type', FORM], query = '' }: Attempt,
): Promise<string> {
  const path = `/token${query}`
  return summary(t, await rawRequest({ port: gateway.port, path, headers, body }), name)
}

const withAuthorization = (...values: string[]): readonly string[] => [
  ...['Content-Type', FORM],
  ...values.flatMap((value) => ['Authorization', value]),
]
const base64 = (text: string | Uint8Array): string => Buffer.from(text).toString('base64')
const basic = (id: string, secret: string): string => `Basic ${base64(`${id}:${secret}`)}`
const encoded = (text: string): string =>
  text.replaceAll(/[-_]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)

verifies('code-flow-every-authentication', async (t) => {
  type Proof = (held: Registered) => [Fields, Fields]
  const byForm: Proof = ({ client_id, client_secret = '' }) => [{ client_id, client_secret }, {}]
  const byBasic: Proof = ({ client_id, client_secret = '' }) => [
    {},
    { authorization: basic(client_id, client_secret) },
  ]
  const byEncodedBasic: Proof = ({ client_id, client_secret = '' }) => [
    {},
    { authorization: basic(encoded(client_id), encoded(client_secret)) },
  ]
  const rows: [string, Proof][] = [
    ['none', ({ client_id }) => [{ client_id }, {}]],
    ['client_secret_basic', byBasic],
    ['client_secret_basic', byEncodedBasic],
    ['client_secret_basic', byForm],
    ['client_secret_post', byForm],
    ['client_secret_post', byBasic],
  ]
  for (const [method, prove] of rows) {
    const held = await client.register({ token_endpoint_auth_method: method })
    const [fields, headers] = prove(held)
    const { client_id: _id, client_secret: _secret, ...exchange } = await logins.getCode(held)
    const answer = await client.token({ ...exchange, ...fields }, headers)
    t.is(answer.status, 200, `${method}: ${answer.text}`)
    t.is(await logins.call(answer.json()), 200, method)
    const refresh = {
      grant_type: 'refresh_token',
      refresh_token: String(answer.json()['refresh_token']),
    }
    const refreshed = await client.token({ ...refresh, ...fields }, headers)
    t.is(await logins.call(refreshed.json()), 200, method)
  }
})

verifies('metadata-pkce-s256-alone', async (t) => {
  const metadata = await send({ url: `${issuer}/.well-known/oauth-authorization-server` })
  t.deepEqual(metadata.json()['code_challenge_methods_supported'], ['S256'])
})

verifies('metadata-endpoints-of-the-issuer', async (t) => {
  for (const path of ['oauth-authorization-server', 'openid-configuration']) {
    const metadata = (await send({ url: `${issuer}/.well-known/${path}` })).json()
    t.is(metadata['issuer'], issuer)
    const named = Object.entries(metadata).filter(([name]) => /_endpoint$|_uri$/.test(name))
    t.true(named.length >= 4)
    for (const [name, url] of named) t.true(String(url).startsWith(`${issuer}/`), name)
    for (const tenant of ['tenant', 'echo', 'echo/mcp', '..%2ftenant']) {
      const { status, text } = await send({ url: `${issuer}/.well-known/${path}/${tenant}` })
      t.true(status === 404 || status === 400, `${path}/${tenant}: ${status}`)
      t.false(text.includes('authorization_endpoint'))
    }
  }
  t.is((await send({ url: `${issuer}/tenant/.well-known/openid-configuration` })).status, 404)
})

verifies('access-token-short-lived', async (t) => {
  const tokens = await logins.login(plain)
  const { iat = 0, exp = 0 } = decodeJwt(String(tokens['access_token']))
  t.is(exp - iat, 3600)
  t.true(Number(tokens['expires_in']) <= 3600 && Number(tokens['expires_in']) > 3590)
})

verifies('token-answers-never-stored', async (t) => {
  const good = await client.token(await logins.getCode(plain))
  t.is(good.headers.get('cache-control'), 'no-store')
  t.is(good.headers.get('pragma'), 'no-cache')
  const wanted: [string, Attempt][] = [
    ['400 invalid_grant', { body: PUBLIC }],
    ['401 invalid_client', { body: REST }],
    ['413 invalid_request', { body: `${PUBLIC}&x=${'y'.repeat(100_000)}` }],
    ['415 invalid_request', { body: '{}', headers: ['Content-Type', 'application/json'] }],
  ]
  for (const [answer, attempt] of wanted) t.is(await ask(t, answer, attempt), answer)
  const get = await rawRequest({ port: gateway.port, method: 'GET', path: '/token' })
  t.is(summary(t, get, 'GET'), '405 invalid_request')
})

verifies('grants-of-the-past-refused', async (t) => {
  const login = '&username=alice&password=x'
  const body = `client_id=${plain.client_id}&grant_type=password${login}`
  t.is(await ask(t, 'password', { body }), '400 unsupported_grant_type')
  for (const type of ['token', 'id_token', 'code token', 'code id_token', 'none', 'CODE', 'e']) {
    const answer = await send(client.begin(plain.client_id, { response_type: type }))
    const { searchParams, hash } = new URL(answer.headers.get('location') ?? '')
    t.is(searchParams.get('error'), 'unsupported_response_type', type)
    t.false(searchParams.has('code') || searchParams.has('access_token'), type)
    t.is(hash, '', 'nothing travels in a fragment')
  }
})

verifies('client-secret-in-header-or-body', async (t) => {
  const query = `?${new URLSearchParams({ client_id: ID, client_secret: SECRET })}`
  t.is(await ask(t, 'both in the query', { body: REST, query }), '401 invalid_client')
  const body = `client_id=${ID}&${REST}`
  t.is(await ask(t, 'the secret in the query', { body, query }), '401 invalid_client')
})

verifies('basic-failure-challenged', async (t) => {
  const failing = (fields: Fields, headers: Fields = {}) =>
    client.token({ grant_type: 'authorization_code', code: 'x', ...fields }, headers)
  for (const [id, secret] of [
    [ID, 'wrong'],
    ['unknown', SECRET],
    [ID, ''],
    [encodeURIComponent('https://127.0.0.1/client.json'), SECRET],
  ] as const) {
    const { status, headers, json } = await failing({}, { authorization: basic(id, secret) })
    t.is(status, 401, id)
    t.is(json()['error'], 'invalid_client')
    t.regex(headers.get('www-authenticate') ?? '', /^Basic realm="/)
  }
  const { status, headers } = await failing({ client_id: ID, client_secret: 'wrong' })
  t.is(status, 401)
  t.is(headers.get('www-authenticate'), null)
})

verifies('client-authentication-once', async (t) => {
  const rows: [string, string][] = [
    ['the same twice', `client_id=${ID}&client_secret=${SECRET}&${REST}`],
    ['a secret alone', `client_secret=${SECRET}&${REST}`],
    ['another client', PUBLIC],
  ]
  for (const [name, body] of rows) {
    const headers = withAuthorization(basic(ID, SECRET))
    t.is(await ask(t, name, { body, headers }), '400 invalid_request', name)
  }
  // Clients repeat their id beside Basic, which is no second proof.
  const headers = withAuthorization(basic(ID, SECRET))
  t.is(await ask(t, 'its own id', { body: `client_id=${ID}&${REST}`, headers }), LET_IN)
})

verifies('basic-malformed', async (t) => {
  const good = basic(ID, SECRET)
  // Its base64 ends in padding, where a lenient decoder stops reading.
  const padded = basic(ID.replace(/^./, encoded('-')), SECRET)
  const rows: [string, string[]][] = [
    ['no id', [basic('', SECRET)]],
    ['no colon', [`Basic ${base64(ID)}`]],
    ['nothing', ['Basic']],
    ['not base64', ['Basic !!!!']],
    ['cut', [`Basic ${base64(`${ID}:${SECRET}`).slice(0, -4)}`]],
    ['not UTF-8', [`Basic ${base64(Uint8Array.of(0xff, 0xfe, 0x3a, 0xe4))}`]],
    ['NUL after the id', [basic(`${ID}\0`, SECRET)]],
    ['NUL after the secret', [basic(ID, `${SECRET}%00`)]],
    ['white space within', [good.replace(/(.{20})/, '$1 ')]],
    ['twice the same', [good, good]],
    ['a good one first', [good, basic('x', 'y')]],
    ['a good one first, padded', [padded, basic('x', 'y')]],
    ['a good one last', [basic('x', 'y'), good]],
    ['after a bearer token', ['Bearer x', good]],
    ['as another scheme', [good.replace('Basic', 'Bearer')]],
  ]
  for (const [name, values] of rows) {
    const headers = withAuthorization(...values)
    t.is(await ask(t, name, { body: REST, headers }), '401 invalid_client', name)
  }
  for (const value of [good, good.replace('Basic', 'bASIC'), good.replace(' ', '   ')]) {
    t.is(await ask(t, value, { body: REST, headers: withAuthorization(value) }), LET_IN)
  }
})

verifies('parameters-not-repeated', async (t) => {
  for (const repeated of ['client_id', 'grant_type', 'code', 'client_secret']) {
    const body = `${PUBLIC}&${repeated}=a&${repeated}=a`
    t.is(await ask(t, repeated, { body }), '400 invalid_request', repeated)
  }
  t.is(await ask(t, 'resource', { body: `${PUBLIC}&resource=a&resource=b` }), '400 invalid_target')
  const { url } = client.begin(plain.client_id, { resource: logins.echo })
  for (const name of ['client_id', 'redirect_uri']) {
    const value = new URL(url).searchParams.get(name) ?? ''
    const page = await send({ url: `${url}&${new URLSearchParams({ [name]: value })}` })
    t.is(page.status, 400, name)
    t.is(page.headers.get('location'), null, `whose ${name} it is cannot be known`)
  }
  for (const name of ['scope', 'code_challenge', 'response_type', 'state', 'prompt']) {
    const { headers } = await send({ url: `${url}&${name}=a&${name}=b` })
    const { searchParams } = new URL(headers.get('location') ?? '')
    t.is(searchParams.get('error'), 'invalid_request', name)
    t.is(searchParams.getAll('code').length, 0)
  }
})

verifies('parameters-unknown-ignored', async (t) => {
  const changes = { foo: 'bar', scope: ' ', claims: '{}', ui_locales: 'de', empty: ' ' }
  const exchange = await logins.getCode(plain, changes)
  const empty = { scope: '', resource: '', client_secret: '', foo: 'bar', empty: '' }
  const answer = await client.token({ ...exchange, ...empty })
  t.is(answer.status, 200)
  t.is(answer.json()['scope'], 'mcp')
  const refresh = logins.refreshing(plain, answer.json(), empty)
  t.is((await client.token(refresh)).json()['scope'], 'mcp')
  t.is(await ask(t, 'twice', { body: `${PUBLIC}&foo=a&foo=b&claims=&claims=x` }), LET_IN)
  const { url } = client.begin(plain.client_id, { resource: logins.echo })
  t.is((await send({ url: `${url}&foo=a&foo=b&ui_locales=de&ui_locales=en` })).status, 200)
})

verifies('token-endpoint-post-form-only', async (t) => {
  for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE']) {
    const query = `?${PUBLIC}`
    const answer = await rawRequest({ port: gateway.port, method, path: `/token${query}` })
    t.is(answer.status, 405, method)
    t.regex(String(answer.headers['allow']), /POST/)
  }
  const types: [string, string[]][] = [
    ['JSON', ['application/json']],
    ['multipart', ['multipart/form-data; boundary=x']],
    ['text', ['text/plain']],
    ['none', []],
    ['a look-alike', [`${FORM}x`]],
    ['in a list', [`text/plain, ${FORM}`]],
    ['two of them, a form first', [FORM, 'application/json']],
    ['two of them, a form last', ['application/json', FORM]],
  ]
  for (const [name, values] of types) {
    const headers = values.flatMap((value) => ['Content-Type', value])
    t.is(await ask(t, name, { body: PUBLIC, headers }), '415 invalid_request', name)
  }
  for (const type of [`${FORM}; charset=UTF-8`, `${FORM};charset="utf-8"`, FORM.toUpperCase()]) {
    t.is(await ask(t, type, { body: PUBLIC, headers: ['Content-Type', type] }), LET_IN, type)
  }
})

verifies('grant-type-exact', async (t) => {
  const types = [
    ...['authorization_code refresh_token', 'authorization_code,refresh_token', 'code'],
    ...['Authorization_Code', 'authorization_code ', ' authorization_code', 'authorization_code\n'],
    ...['authorization_code\0', 'toString', '__proto__', 'constructor', 'implicit', '*'],
  ]
  for (const type of types) {
    const body = String(
      new URLSearchParams({ ...Object.fromEntries(new URLSearchParams(PUBLIC)), grant_type: type }),
    )
    t.is(await ask(t, type, { body }), '400 unsupported_grant_type', JSON.stringify(type))
  }
  const body = `client_id=${plain.client_id}`
  t.is(await ask(t, 'none', { body }), '400 invalid_request')
})

verifies('form-read-one-way', async (t) => {
  const rows: [string, string, Attempt][] = [
    ['semicolons', '401 invalid_client', { body: PUBLIC.replaceAll('&', ';') }],
    ['a list of ids', '401 invalid_client', { body: PUBLIC.replace('client_id=', 'client_id[]=') }],
    ['a member', '401 invalid_client', { body: PUBLIC.replace('client_id=', 'client[id]=') }],
    [
      'a name in capitals',
      '401 invalid_client',
      { body: PUBLIC.replace('client_id', 'CLIENT_ID') },
    ],
    ['an id of every object', '401 invalid_client', { body: `client_id=__proto__&${REST}` }],
    ['a list of codes', '400 invalid_request', { body: PUBLIC.replace('code=', 'code[]=') }],
    [
      'names of every object',
      LET_IN,
      { body: `${PUBLIC}&__proto__=x&constructor=y&__proto__[client]=z` },
    ],
    ['broken percent signs', LET_IN, { body: `${PUBLIC}%zz&a=%&b=%f` }],
    ['bytes of no encoding', LET_IN, { body: `${PUBLIC}%ff%fe` }],
    [
      'another client in the query',
      LET_IN,
      { body: PUBLIC, query: `?client_id=${ID}&grant_type=password` },
    ],
    ['all in the query', '401 invalid_client', { body: '', query: `?${PUBLIC}` }],
    [
      'a client in the query',
      '401 invalid_client',
      { body: REST, query: `?client_id=${plain.client_id}` },
    ],
  ]
  for (const [name, wanted, attempt] of rows) t.is(await ask(t, name, attempt), wanted, name)
  // What one request says stays in it.
  t.is(await ask(t, 'afterwards', { body: REST }), '401 invalid_client')
})

verifies('form-bounded', async (t) => {
  const huge = { body: `${PUBLIC}&x=${'y'.repeat(1_000_000)}` }
  const answer = await rawRequest({
    port: gateway.port,
    path: '/token',
    headers: ['Content-Type', FORM],
    ...huge,
  })
  t.is(answer.status, 413)
  t.is((JSON.parse(answer.body) as Fields)['error'], 'invalid_request')
  const many = Array.from({ length: 10_000 }, (_, index) => index.toString(36)).join('&')
  t.is(await ask(t, 'ten thousand names', { body: `${PUBLIC}&${many}` }), '413 invalid_request')
  const fitting = { body: `${PUBLIC}&${many.slice(0, 32_000)}` }
  const startedAt = performance.now()
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(t, 'names', fitting)))
  t.deepEqual([...new Set(answers)], [LET_IN])
  t.true(performance.now() - startedAt < 3000, 'names cost no noticeable time')
})

verifiesAlone('stalled-bodies-hold-nobody-up', async (t) => {
  const STREAMS_EACH = 100
  const connections = Array.from({ length: 21 }, () => connectHttp2(issuer))
  t.teardown(() => {
    for (const { close } of connections) close()
  })
  const headers = { 'content-type': FORM, 'content-length': '1000' }
  // Before that a ping is no more than cancelled.
  await Promise.all(connections.map(({ session }) => once(session, 'connect')))
  for (const { stall } of connections) {
    for (let count = 0; count < STREAMS_EACH; count += 1) stall('/token', headers, 'grant_type=')
  }
  // A later request on the same connection is read after all of them.
  const behind = await Promise.all(
    connections.map(({ session }) => new Promise<Error | null>((resolve) => session.ping(resolve))),
  )
  t.deepEqual(new Set(behind), new Set([null]), 'all of them have been read')
  for (const path of ['/.well-known/oauth-authorization-server', '/jwks', '/healthz']) {
    t.is((await send({ url: issuer + path })).status, 200, path)
  }
  t.is(await logins.call(await logins.login(plain)), 200, 'and people log in')
})

verifies('token-endpoint-over-http2', async (t) => {
  const { ask: askHttp2, close } = connectHttp2(issuer)
  t.teardown(close)
  const rows: [string, string, Record<string, string>][] = [
    ['400 invalid_grant', PUBLIC, {}],
    ['401 invalid_client', REST, {}],
    ['401 invalid_client', REST, { authorization: basic(ID, 'wrong') }],
    ['400 invalid_grant', REST, { authorization: basic(ID, SECRET) }],
    ['400 invalid_request', `${PUBLIC}&code=x`, {}],
    ['415 invalid_request', PUBLIC, { 'content-type': 'application/json' }],
    ['413 invalid_request', `${PUBLIC}&x=${'y'.repeat(100_000)}`, {}],
    ['400 unsupported_grant_type', PUBLIC.replace('authorization_code', 'password'), {}],
  ]
  for (const [wanted, body, headers] of rows) {
    const answer = await askHttp2('/token', { 'content-type': FORM, ...headers }, body)
    const { error } = JSON.parse(answer.text) as { error: string }
    t.is(`${answer.status} ${error}`, wanted)
    t.is(answer.headers['cache-control'], 'no-store')
  }
  const exchange = await logins.getCode(plain)
  const body = String(new URLSearchParams(exchange))
  const good = await askHttp2('/token', { 'content-type': FORM }, body)
  t.is(await logins.call(JSON.parse(good.text) as Record<string, unknown>), 200)
})
