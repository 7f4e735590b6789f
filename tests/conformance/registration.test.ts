import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { startGateway } from '../support/gateway.ts'
import { type HttpResponse, sendOverNetwork as send } from '../support/http.ts'
import { callService, onceRevoked } from '../support/mcp-call.ts'
import { createOAuthClient, type Registered } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'
import { verifies } from '../support/verifies.ts'

const gateway = await startGateway()
test.after.always(() => gateway.remove())
const issuer = gateway.url
const ECHO = `${issuer}/echo/mcp`
const client = createOAuthClient(send, issuer)
const REDIRECT = { redirect_uris: ['http://localhost/callback'] }

const register = (document: unknown, headers: Record<string, string> = {}): Promise<HttpResponse> =>
  send({
    url: `${issuer}/register`,
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof document === 'string' ? document : JSON.stringify(document),
  })

const manage = (method: string, held: Registered, document?: object, token?: string) =>
  send({
    url: String(held['registration_client_uri']),
    method,
    headers: {
      authorization: `Bearer ${token ?? held['registration_access_token']}`,
      'content-type': 'application/json',
    },
    ...(document === undefined ? {} : { body: JSON.stringify(document) }),
  })

async function refuses(t: ExecutionContext, error: string, document: unknown): Promise<void> {
  const { status, text, headers, json } = await register(document)
  t.is(status, 400, `${JSON.stringify(document).slice(0, 200)}: ${text}`)
  t.is(json()['error'], error, JSON.stringify(document).slice(0, 200))
  t.is(typeof json()['error_description'], 'string')
  t.regex(headers.get('content-type') ?? '', /^application\/json/)
}

verifies('registration-answer', async (t) => {
  const sent = { ...REDIRECT, client_name: 'N', client_uri: 'https://a.example', scope: 'mcp' }
  const { status, headers, text, json } = await register(sent)
  t.is(status, 201)
  t.regex(headers.get('content-type') ?? '', /^application\/json/)
  t.is(headers.get('cache-control'), 'no-store')
  t.is(headers.get('access-control-allow-origin'), '*')
  t.like(json(), sent)
  t.regex(String(json()['client_id']), /^[\w-]{22}$/)
  t.is(json()['registration_client_uri'], `${issuer}/register/${json()['client_id']}`)
  t.notRegex(text, /null|\[\]/)
})

verifies('registration-secret-expiry', async (t) => {
  for (const [method, expiry] of [
    ['none', undefined],
    ['client_secret_post', 0],
    ['client_secret_basic', 0],
  ]) {
    const found = (await register({ ...REDIRECT, token_endpoint_auth_method: method })).json()
    t.is(found['token_endpoint_auth_method'], method)
    t.is(found['client_secret_expires_at'], expiry)
    t.is('client_secret' in found, expiry === 0)
  }
})

verifies('registration-default-method', async (t) => {
  const { client_id, client_secret, token_endpoint_auth_method } = (await register(REDIRECT)).json()
  t.is(token_endpoint_auth_method, 'client_secret_basic')
  const basic = Buffer.from(`${client_id}:${client_secret}`).toString('base64')
  const fields = { grant_type: 'authorization_code', code: 'x' }
  const answer = await client.token(fields, { authorization: `Basic ${basic}` })
  t.is(answer.json()['error'], 'invalid_grant')
  t.is((await client.token({ ...fields, client_id: String(client_id) })).status, 401)
})

verifies('registration-unknown-ignored', async (t) => {
  const found = await register({
    ...REDIRECT,
    foo: 1,
    software_statement: 'junk',
    resource: ECHO,
    code_challenge_method: 'S256',
    scope: 'read write',
    grant_types: ['authorization_code', 'implicit', 'urn:ietf:params:oauth:grant-type:jwt-bearer'],
    response_types: ['code', 'id_token'],
  })
  t.is(found.status, 201)
  t.like(found.json(), { grant_types: ['authorization_code'], response_types: ['code'] })
  for (const name of ['foo', 'software_statement', 'scope', 'resource']) {
    t.false(name in found.json(), name)
  }
})

const TOWER = `${'['.repeat(1500)}${']'.repeat(1500)}`

verifies('registration-errors', async (t) => {
  await refuses(t, 'invalid_redirect_uri', {})
  await refuses(t, 'invalid_redirect_uri', { redirect_uris: [] })
  await refuses(t, 'invalid_redirect_uri', { redirect_uris: 'https://a.example/cb' })
  await refuses(t, 'invalid_redirect_uri', {
    redirect_uris: Array.from({ length: 1000 }, () => '').concat('x'),
  })
  const good = Array.from({ length: 21 }, (_, index) => `https://a.example/cb${index}`)
  await refuses(t, 'invalid_redirect_uri', { redirect_uris: good })
  t.is((await register({ redirect_uris: good.slice(1) })).status, 201)
  await refuses(t, 'invalid_client_metadata', { ...REDIRECT, client_name: ['x'] })
  await refuses(t, 'invalid_client_metadata', { ...REDIRECT, logo_uri: 'data:image/png,x' })
  await refuses(t, 'invalid_client_metadata', '[1')
  await refuses(t, 'invalid_client_metadata', [REDIRECT])
  await refuses(
    t,
    'invalid_client_metadata',
    '{"__proto__":{"redirect_uris":["https://a.example"]}}',
  )
  await refuses(t, 'invalid_client_metadata', '{"redirect_uris":["https://a.example"],"x":1,"x":1}')
  await refuses(t, 'invalid_client_metadata', { ...REDIRECT, x: JSON.parse(TOWER) as object })
})

verifies('registration-read-one-way', async (t) => {
  const uris = '"redirect_uris":["https://a.example/cb"]'
  for (const text of [
    `{${uris},${uris}}`,
    `{${uris},"client_name":"a","client\\u005fname":"b"}`,
    `{${uris},"x":{"y":1,"y":2}}`,
    `{${uris},"__proto__":{"client_name":"a"}}`,
    `{${uris},"x":${TOWER}}`,
  ]) {
    await refuses(t, 'invalid_client_metadata', text)
  }
  const key = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid: 'k' }
  const keys = [{ ...key, x5c: ['x'], constructor: { a: 1 } }]
  const held = (await register({ ...REDIRECT, jwks: { keys } })).json() as Registered
  t.deepEqual(held['jwks'], { keys: [key] })
  t.is((await manage('DELETE', held)).status, 204)
})

verifies('registration-keys-once', async (t) => {
  const key = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }
  const both = { jwks: { keys: [key] }, jwks_uri: 'https://a.example/jwks' }
  await refuses(t, 'invalid_client_metadata', { ...REDIRECT, ...both })
  const isPrivate = { jwks: { keys: [{ ...key, d: 'd' }] } }
  await refuses(t, 'invalid_client_metadata', { ...REDIRECT, ...isPrivate })
})

verifies('registration-consistent', async (t) => {
  const sent = { ...REDIRECT, grant_types: ['authorization_code'], response_types: ['token'] }
  t.deepEqual((await register(sent)).json()['response_types'], ['code'])
  await refuses(t, 'invalid_client_metadata', { ...REDIRECT, grant_types: ['implicit'] })
})

verifies('registration-id-is-ours', async (t) => {
  const sent = { ...REDIRECT, client_id: 'admin', client_name: 'Twin' }
  const [one, two] = [(await register(sent)).json(), (await register(sent)).json()]
  t.not(one['client_id'], 'admin')
  t.not(one['client_id'], two['client_id'])
  t.not(one['registration_access_token'], two['registration_access_token'])
})

verifies('registration-body-bounds', async (t) => {
  t.is((await register(REDIRECT, { 'content-type': 'text/plain' })).status, 415)
  t.is((await register({ ...REDIRECT, x: 'x'.repeat(17_000) })).status, 413)
  t.is((await register('['.repeat(16_000))).status, 400)
  t.is((await send({ url: `${issuer}/register` })).status, 405)
})

verifies('registration-dangerous-redirects', async (t) => {
  for (const uri of [
    'javascript:alert(1)',
    'JAVASCRIPT:alert(1)',
    'data:text/html,<script>',
    'vbscript:x',
    'file:///etc/passwd',
    'filesystem:https://a.example/temporary/x',
    'blob:https://a.example/x',
    'ws://a.example/cb',
    'wss://a.example/cb',
    'ftp://a.example/cb',
    'mailto:a@a.example',
    'tel:+1',
    'chrome://settings',
    'chrome-extension://x/y',
    'ms-settings:x',
    'about:blank',
    'view-source:https://a.example',
    'search-ms:query=x&crumb=location:evil.example',
    'feed:javascript:alert(1)',
    'itms-services://?action=download-manifest&url=https://evil.example/x',
    'intent://x#Intent;end',
    'http://app.example/cb',
    'http://127.0.0.1.evil.com/callback',
    'http://127.0.0.1@evil.com/',
    'http://localhost.evil.com/',
    'http://localhost@evil.com/',
    'http://0177.0.0.1/callback',
    'http://127.1/',
    'http://0.0.0.0/',
    'http://[::ffff:127.0.0.1]/',
    'http://localhost:0/cb',
    'http://localhost:080/cb',
    'https://app.example./cb',
    'https://app.example:0443/cb',
    'https://app.example:/cb',
    'http://localhost:65536/cb',
    'http://localhost:80:443/cb',
    'http://127.0.0.1:abc/',
    'https://app.example/cb#x',
    'https://*.example/cb',
    'https://app.example/cb/../evil',
    'https://app.example/cb/%2e%2e/evil',
    'https://user:pw@app.example/cb',
    'com.example.app://bank.example@evil/cb',
    'https://app.example%2eevil.com/cb',
    'https://app.example%00.evil.com/cb',
    'https://app.example/cb%0d%0aLocation:x',
    'https://app.example\\@evil.com/cb',
    'https://аpp.example/cb',
    `https://app.example/${'x'.repeat(10_000)}`,
    '//app.example/cb',
    '/cb',
    'urn:ietf:wg:oauth:2.0:oob:auto',
  ]) {
    await refuses(t, 'invalid_redirect_uri', { redirect_uris: ['https://app.example/cb', uri] })
  }
})

verifies('registration-real-clients', async (t) => {
  for (const [name, document] of Object.entries({
    cursor: {
      redirect_uris: [
        'cursor://anysphere.cursor-mcp/oauth/callback',
        'https://www.cursor.com/agents/mcp/oauth/callback',
        'http://localhost:8787/callback',
      ],
      token_endpoint_auth_method: 'none',
    },
    'vs code': {
      redirect_uris: [
        'https://insiders.vscode.dev/redirect',
        'https://vscode.dev/redirect',
        'http://127.0.0.1/',
        'http://127.0.0.1:33418/',
      ],
      grant_types: [
        'authorization_code',
        'refresh_token',
        'urn:ietf:params:oauth:grant-type:device_code',
      ],
      application_type: 'native',
      token_endpoint_auth_method: 'none',
    },
    'mcp-go': { ...REDIRECT, scope: '', resource: ECHO },
    'python without a method': { ...REDIRECT, application_type: 'native' },
    'a script': {
      redirect_uris: ['urn:ietf:wg:oauth:2.0:oob'],
      token_endpoint_auth_method: 'client_secret_post',
      grant_types: [
        'authorization_code',
        'refresh_token',
        'urn:ietf:params:oauth:grant-type:device_code',
      ],
      scope: 'read write',
    },
    'the web': { redirect_uris: ['https://claude.ai/api/mcp/auth_callback'] },
    ipv6: { redirect_uris: ['http://[::1]:1234/callback'], application_type: 'web' },
  })) {
    const { status, text, json } = await register(document)
    t.is(status, 201, `${name}: ${text}`)
    t.like(json(), { redirect_uris: document.redirect_uris }, name)
  }
  for (const application_type of ['native', 'web']) {
    t.like((await register({ ...REDIRECT, application_type })).json(), { application_type })
  }
})

verifies('management-needs-its-token', async (t) => {
  const [held, other] = [await client.register(), await client.register()]
  const unknown = { ...held, registration_client_uri: `${issuer}/register/${'a'.repeat(22)}` }
  const refusals = [
    await manage('GET', held, undefined, 'wrong'),
    await manage('GET', held, undefined, String(other['registration_access_token'])),
    await manage('DELETE', unknown),
  ]
  for (const { status, headers, text } of refusals) {
    t.is(status, 401)
    t.is(headers.get('www-authenticate'), 'Bearer error="invalid_token"')
    t.is(text, refusals[0]?.text ?? '')
  }
  const bare = await send({ url: String(held['registration_client_uri']) })
  t.is(bare.status, 401)
  t.is(bare.headers.get('www-authenticate'), 'Bearer')
  t.is((await manage('GET', held)).status, 200)
})

verifies('management-read', async (t) => {
  const held = await client.register({ client_uri: 'https://a.example', scope: 'mcp' })
  const { status, headers, json } = await manage('GET', held)
  t.is(status, 200)
  t.is(headers.get('cache-control'), 'no-store')
  t.deepEqual(json(), held)
})

verifies('management-repeated', async (t) => {
  const held = await client.register()
  const document = { client_id: held.client_id, redirect_uris: ['https://b.example/cb'] }
  const lost = await manage('PUT', held, document)
  t.is(typeof lost.json()['client_secret'], 'string')
  t.is((await manage('PUT', held, document)).text, lost.text)
  t.is((await manage('PUT', held, { ...document, client_name: 'Other' })).status, 401)
  t.is((await manage('PUT', held, document, 'x'.repeat(43))).status, 401)
  t.is((await manage('GET', held)).status, 401)
  t.is((await manage('GET', lost.json() as Registered)).status, 200)
})

verifies('management-grants-given-up', async (t) => {
  const held = await client.register()
  const { url, verifier } = client.begin(held.client_id, { resource: ECHO })
  const redirect = await createPerson(send).authorize(url, { username: 'gives-up' })
  const bought = await client.token({
    grant_type: 'authorization_code',
    client_id: held.client_id,
    code: redirect.searchParams.get('code') ?? '',
    code_verifier: verifier,
  })
  const refresh = () =>
    client.token({
      grant_type: 'refresh_token',
      client_id: held.client_id,
      refresh_token: String(bought.json()['refresh_token']),
    })
  const document = {
    client_id: held.client_id,
    redirect_uris: ['http://127.0.0.1/callback'],
    token_endpoint_auth_method: 'none',
  }
  const grant_types = ['authorization_code']
  const restricted = await manage('PUT', held, { ...document, grant_types })
  t.is(restricted.status, 200)
  t.is((await refresh()).json()['error'], 'unauthorized_client')
  t.is((await manage('PUT', restricted.json() as Registered, document)).status, 200)
  t.is((await refresh()).status, 200, 'it was not used up')
})

verifies('management-replace', async (t) => {
  const held = await client.register({ client_uri: 'https://a.example' })
  const document = { client_id: held.client_id, redirect_uris: ['https://b.example/cb'] }
  const replaced = (await manage('PUT', held, document)).json()
  t.like(replaced, document)
  t.false('client_uri' in replaced)
  const { redirect_uris } = document
  for (const wrong of [
    { redirect_uris },
    { redirect_uris, client_id: 'another' },
    { ...document, registration_access_token: 'chosen' },
    { ...document, registration_client_uri: 'https://evil.example' },
    { ...document, client_secret_expires_at: 1 },
    { ...document, client_id_issued_at: 1 },
    { ...document, client_secret: 'chosen' },
  ]) {
    const answer = await manage('PUT', replaced as Registered, wrong)
    t.is(answer.status, 400, JSON.stringify(wrong))
    t.is(answer.json()['error'], 'invalid_client_metadata', JSON.stringify(wrong))
  }
  t.is((await manage('GET', held)).status, 401)
  t.is((await manage('GET', replaced as Registered)).status, 200)
  const { url } = client.begin(held.client_id, { resource: ECHO })
  t.is((await send({ url })).status, 400)
})

verifies('management-delete-reaches-the-edge', async (t) => {
  const held = await client.register()
  const attempt = client.begin(held.client_id, { resource: ECHO })
  const target = await createPerson(send).authorize(attempt.url, { username: 'dora' })
  const tokens = await client.token({
    grant_type: 'authorization_code',
    client_id: held.client_id,
    code: target.searchParams.get('code') ?? '',
    code_verifier: attempt.verifier,
  })
  const { access_token, refresh_token } = tokens.json()
  t.is((await callService(ECHO, String(access_token))).status, 200)
  const waiting = client.begin(held.client_id, { resource: ECHO })
  const unspent = await createPerson(send).authorize(waiting.url, { username: 'dora' })
  t.is((await manage('DELETE', held)).status, 204)
  const late = await client.token({
    grant_type: 'authorization_code',
    client_id: held.client_id,
    code: unspent.searchParams.get('code') ?? '',
    code_verifier: waiting.verifier,
  })
  t.is(late.json()['error'], 'invalid_client')
  const page = await send({ url: attempt.url })
  t.is(page.status, 400)
  t.is(page.headers.get('location'), null)
  const refused = await onceRevoked(() => callService(ECHO, String(access_token)))
  t.is(refused.status, 401)
  t.regex(refused.challenge ?? '', /error="invalid_token"/)
  const refresh = await client.token({
    grant_type: 'refresh_token',
    client_id: held.client_id,
    refresh_token: String(refresh_token),
  })
  t.is(refresh.json()['error'], 'invalid_client')
  t.is((await manage('GET', held)).status, 401)
})

verifies('registration-flood', async (t) => {
  const small = await startGateway({ environment: { RATE_LIMIT_FACTOR: '1' } })
  t.teardown(() => small.remove())
  const flood = async (count: number): Promise<HttpResponse[]> =>
    await Promise.all(
      Array.from({ length: count }, () =>
        send({
          url: `${small.url}/register`,
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(REDIRECT),
        }),
      ),
    )
  for (let round = 0; round < 10; round += 1) {
    t.true((await flood(100)).every(({ status }) => status === 201))
  }
  let refused: HttpResponse | undefined
  let accepted = 1000
  const floodMs = 12_000
  const since = Date.now()
  // Envoy refuses first, and lets 200 a second through: of those the server takes five.
  while (Date.now() - since < floodMs) {
    const answers = await flood(100)
    accepted += answers.filter(({ status }) => status === 201).length
    refused ??= answers.find(({ status }) => status === 429)
    if (refused !== undefined) await sleep(250)
  }
  t.true(Number(refused?.headers.get('retry-after')) > 0)
  t.is(refused?.json()['error'], 'temporarily_unavailable')
  t.true(accepted < 3200, `${accepted} were registered`)
})

verifies('management-guessing', async (t) => {
  const small = await startGateway({ environment: { RATE_LIMIT_FACTOR: '1' } })
  t.teardown(() => small.remove())
  const held = await createOAuthClient(send, small.url).register()
  let refused: HttpResponse | undefined
  for (let round = 0; round < 20 && refused === undefined; round += 1) {
    const guesses = Array.from({ length: 20 }, (_, index) =>
      manage('GET', held, undefined, `guess-${round}-${index}`),
    )
    refused = (await Promise.all(guesses)).find(({ status }) => status === 429)
  }
  t.true(Number(refused?.headers.get('retry-after')) > 0)
  t.is((await manage('GET', held)).status, 200)
})
