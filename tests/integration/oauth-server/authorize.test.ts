import test from 'ava'
import { decodeJwt } from 'jose'
import { createOAuthClient, type Fields } from '../../support/oauth-client.ts'
import { startOAuthServer } from '../../support/oauth-server.ts'
import { createPerson } from '../../support/person.ts'

const server = await startOAuthServer()
const { send, issuer } = server
const client = createOAuthClient(send, issuer)
const ECHO = `${issuer}/echo/mcp`
const web = await client.register({
  redirect_uris: ['https://app.example/cb', 'https://app.example/q?x=1'],
})
const WEB = { redirect_uri: 'https://app.example/cb', resource: ECHO }
const NATIVE = { redirect_uri: 'http://127.0.0.1:51234/callback', resource: ECHO }
const redis = await server.valkey.connect()
const native = await client.register({
  redirect_uris: [
    'http://127.0.0.1/callback',
    'http://localhost/callback',
    'http://[::1]/callback',
  ],
})
test.after.always(() => server.stop())

const page = test.macro({
  async exec(t, clientId: string, changes: Fields) {
    const { status, headers, text } = await send({ url: client.begin(clientId, changes).url })
    t.is(status, 400)
    t.is(headers.get('location'), null)
    t.regex(headers.get('content-type') ?? '', /^text\/html/)
    t.is(headers.get('x-frame-options'), 'DENY')
    t.false(text.includes('name="decision"'))
  },
  title: (name = '') => `shows a page and redirects nowhere: ${name}`,
})

for (const redirect_uri of [
  'https://app.example/cb/../evil',
  'https://app.example/cb/x',
  'https://app.example/cb%2f..%2fx',
  'https://app.example.evil.com/cb',
  'https://evilapp.example/cb',
  'https://app.example%2eevil.com/cb',
  'https://app.example%00.evil.com/cb',
  'https://app.example/cb\r\nLocation: https://evil.example',
  'https://app.example/cb#x',
  'https://APP.example/cb',
  'https://app.example/CB',
  'https://app.example:443/cb',
  'https://app.example/cb/',
  'https://app.example./cb',
  'http://app.example/cb',
  `https://app.example/cb?${'x'.repeat(9000)}`,
  'https://äpp.example/cb',
]) {
  test(redirect_uri.slice(0, 60), page, web.client_id, { redirect_uri, resource: ECHO })
}

for (const redirect_uri of [
  'http://127.0.0.1.evil.com/callback',
  'http://127.0.0.1@evil.com/callback',
  'http://localhost.evil.com/callback',
  'http://0177.0.0.1/callback',
  'http://127.1/callback',
  'http://0.0.0.0/callback',
  'http://[::ffff:127.0.0.1]/callback',
  'http://127.0.0.1:0/callback',
  'http://127.0.0.1:65536/callback',
  'http://127.0.0.1:80:443/callback',
  'http://127.0.0.1:abc/callback',
  'http://127.0.0.1: 80/callback',
  'http://127.0.0.1:80/other',
  'https://127.0.0.1/callback',
]) {
  test(redirect_uri, page, native.client_id, { redirect_uri, resource: ECHO })
}

test('redirect_uri missing with several registered', page, web.client_id, { redirect_uri: '' })
test('an unknown client', page, 'unknown', WEB)
test('a client id of 8 KB', page, 'x'.repeat(8000), WEB)
test('no client', page, '', { ...WEB, client_id: '' })
test('a state beyond its bound', page, web.client_id, { ...WEB, state: 's'.repeat(5000) })

test('client_id or redirect_uri given twice redirect nowhere', async (t) => {
  for (const name of ['client_id', 'redirect_uri']) {
    const url = new URL(client.begin(web.client_id, WEB).url)
    url.searchParams.append(name, url.searchParams.get(name) ?? '')
    const { status, headers } = await send({ url: url.href })
    t.is(status, 400)
    t.is(headers.get('location'), null)
  }
})

for (const redirect_uri of [
  'http://127.0.0.1:51234/callback',
  'http://127.0.0.1/callback',
  'http://localhost:3000/callback',
  'http://[::1]:65535/callback',
]) {
  test(`any port of a loopback redirect is accepted: ${redirect_uri}`, async (t) => {
    const { url } = client.begin(native.client_id, { redirect_uri, resource: ECHO })
    const redirect = await createPerson(send).authorize(url, { username: 'alice' })
    t.true(redirect.href.startsWith(`${redirect_uri}?`))
  })
}

test('the only registered redirect is used when the request names none', async (t) => {
  const one = await client.register({ redirect_uris: ['https://one.example/cb'] })
  const { url } = client.begin(one.client_id, { redirect_uri: '', resource: ECHO })
  const redirect = await createPerson(send).authorize(url, { username: 'alice' })
  t.is(redirect.origin + redirect.pathname, 'https://one.example/cb')
})

test('a query of the redirect URI is kept, and the state comes back byte for byte', async (t) => {
  const state = `%26=&ü+ ${'s'.repeat(2000)}`
  const redirect_uri = 'https://app.example/q?x=1'
  const { url } = client.begin(web.client_id, { redirect_uri, resource: ECHO, state })
  const redirect = await createPerson(send).authorize(url, { username: 'alice' })
  t.true(redirect.href.startsWith('https://app.example/q?x=1&code='))
  t.is(redirect.searchParams.get('state'), state)
})

const refused = test.macro({
  async exec(t, error: string, changes: Fields) {
    const attempt = client.begin(web.client_id, { ...WEB, ...changes })
    const { status, headers } = await send({ url: attempt.url })
    t.is(status, 303)
    const location = new URL(headers.get('location') ?? '')
    t.is(location.origin + location.pathname, 'https://app.example/cb')
    t.is(location.searchParams.get('error'), error)
    t.deepEqual(location.searchParams.getAll('iss'), [issuer])
    t.is(location.searchParams.get('state'), 'a state')
    t.false(location.searchParams.has('code'))
  },
  title: (name = '') => `tells the client: ${name}`,
})

test('no response_type', refused, 'invalid_request', { response_type: '' })
test('response_type token', refused, 'unsupported_response_type', { response_type: 'token' })
test('response_type e', refused, 'unsupported_response_type', { response_type: 'e' })
test('code and token', refused, 'unsupported_response_type', { response_type: 'code token' })
test('response_mode fragment', refused, 'invalid_request', { response_mode: 'fragment' })
test('no challenge', refused, 'invalid_request', { code_challenge: '' })
test('no challenge method', refused, 'invalid_request', { code_challenge_method: '' })
test('plain', refused, 'invalid_request', { code_challenge_method: 'plain' })
test('a short challenge', refused, 'invalid_request', { code_challenge: 'x'.repeat(42) })
test('a padded challenge', refused, 'invalid_request', { code_challenge: `${'x'.repeat(43)}=` })
for (const resource of [
  'foo',
  `${ECHO}#x`,
  `${ECHO}?x`,
  `${ECHO}//`,
  `${issuer}/nobody/mcp`,
  `${issuer}/Echo/mcp`,
  'https://evil.example/echo/mcp',
  'http://localhost:8642@evil.example/echo/mcp',
]) {
  test(`resource ${resource}`, refused, 'invalid_target', { resource })
}
test('prompt none without a login', refused, 'login_required', { prompt: 'none' })
test('prompt none among others', refused, 'invalid_request', { prompt: 'none consent' })
test('max_age that is none', refused, 'invalid_request', { max_age: 'soon' })

test('several resources are an invalid target, other repetitions an invalid request', async (t) => {
  for (const [name, error] of [
    ['resource', 'invalid_target'],
    ['scope', 'invalid_request'],
    ['code_challenge', 'invalid_request'],
  ] as const) {
    const url = new URL(client.begin(web.client_id, { ...WEB, scope: 'mcp' }).url)
    url.searchParams.append(name, url.searchParams.get(name) ?? '')
    const { headers } = await send({ url: url.href })
    t.is(new URL(headers.get('location') ?? '').searchParams.get('error'), error)
  }
})

for (const resource of [`${ECHO}/`, 'HTTP://LOCALHOST:8642/echo/mcp']) {
  test(`resource ${resource} means the service`, async (t) => {
    const { url } = client.begin(web.client_id, { ...WEB, resource })
    const shown = await createPerson(send).open(url)
    t.true(shown.response.text.includes(`<code>${ECHO}</code>`))
  })
}

test('a request object, or one that had to be fetched', async (t) => {
  for (const changes of [
    { request: 'eyJhbGciOiJub25lIn0.e30.' },
    { request_uri: 'https://app.example/request.jwt' },
  ]) {
    const { headers } = await send({
      url: client.begin(web.client_id, { ...WEB, ...changes }).url,
    })
    const { searchParams } = new URL(headers.get('location') ?? '')
    t.is(searchParams.get('error'), 'request_not_supported')
    t.is(searchParams.get('state'), 'a state')
  }
})

test('what is unknown or empty is ignored', async (t) => {
  const changes = { foo: 'bar', claims: '{}', ui_locales: 'de', prompt: 'create' }
  const url = new URL(client.begin(web.client_id, { ...WEB, ...changes }).url)
  for (const name of ['scope', 'nonce', 'max_age', 'login_hint', 'request', 'request_uri']) {
    url.searchParams.append(name, '')
  }
  t.is((await send({ url: url.href })).status, 200)
})

test('a state that is no UTF-8 could not come back as it was sent', async (t) => {
  const { url } = client.begin(web.client_id, { ...WEB, state: 'STATE' })
  const { status, headers } = await send({ url: url.replace('STATE', '%ff%fe') })
  t.is(status, 400)
  t.is(headers.get('location'), null)
})

test('a state of 4 KB comes back, one byte more does not', async (t) => {
  const state = 'ä'.repeat(2048)
  const { url } = client.begin(web.client_id, { ...WEB, state })
  const redirect = await createPerson(send).authorize(url, { username: 'alice' })
  t.is(redirect.searchParams.get('state'), state)
  const longer = client.begin(web.client_id, { ...WEB, state: `${state}x` })
  t.is((await send({ url: longer.url })).status, 400)
})

test('prompt none with a login that has approved nothing still needs a person', async (t) => {
  const person = createPerson(send)
  await person.authorize(client.begin(native.client_id, NATIVE).url, { username: 'nora' })
  const errorOf = async (changes: Fields) => {
    const { url } = client.begin(web.client_id, { ...WEB, prompt: 'none', ...changes })
    const { response } = await person.open(url)
    return new URL(response.headers.get('location') ?? '').searchParams.get('error')
  }
  t.is(await errorOf({}), 'consent_required')
  t.is(await errorOf({ resource: '' }), 'interaction_required', 'nobody chose a service')
  t.is(await errorOf({ max_age: '0' }), 'login_required')
  for (const login_hint of ['bob', 'nora']) {
    t.is(await errorOf({ login_hint }), 'consent_required', 'no guess tells who is signed in')
  }
})

test('a program’s redirect proves nothing: approved or not, prompt none needs a person', async (t) => {
  const person = createPerson(send)
  await person.authorize(client.begin(native.client_id, NATIVE).url, { username: 'alice' })
  const { url } = client.begin(native.client_id, { ...NATIVE, prompt: 'none' })
  const { response } = await person.open(url)
  const location = new URL(response.headers.get('location') ?? '')
  t.is(location.searchParams.get('error'), 'consent_required')
})

test('prompt login and select_account want the name anew, prompt consent does not', async (t) => {
  const person = createPerson(send)
  await person.authorize(client.begin(native.client_id, NATIVE).url, { username: 'lena' })
  const open = (prompt: string) => person.open(client.begin(web.client_id, { ...WEB, prompt }).url)
  t.regex((await open('consent')).response.text, /signed in as/)
  for (const prompt of ['login', 'select_account', 'login consent']) {
    const page = await open(prompt)
    t.notRegex(page.response.text, /signed in as/)
    t.is((await person.submit(page, {})).status, 400)
    t.is((await person.submit(page, { username: 'lena' })).status, 303)
  }
})

test('a login older than max_age is made anew, and the token tells when', async (t) => {
  const person = createPerson(send)
  await person.authorize(client.begin(native.client_id, NATIVE).url, { username: 'mara' })
  t.regex(
    (await person.open(client.begin(web.client_id, { ...WEB, max_age: '1000' }).url)).response.text,
    /signed in as/,
  )
  const attempt = client.begin(web.client_id, { ...WEB, max_age: '0', scope: 'openid' })
  const page = await person.open(attempt.url)
  t.notRegex(page.response.text, /signed in as/)
  const before = Math.floor(Date.now() / 1000)
  const response = await person.submit(page, { username: 'mara' })
  const location = new URL(response.headers.get('location') ?? '')
  const answer = await client.token({
    grant_type: 'authorization_code',
    code: location.searchParams.get('code') ?? '',
    code_verifier: attempt.verifier,
    client_id: web.client_id,
    client_secret: web.client_secret ?? '',
  })
  t.true(Number(decodeJwt(String(answer.json()['id_token']))['auth_time']) >= before)
})

test('login_hint begins the form with a name, and with nothing else', async (t) => {
  const hinted = async (login_hint: string) =>
    (await createPerson(send).open(client.begin(web.client_id, { ...WEB, login_hint }).url)).fields
  t.is((await hinted('alice'))['username'], 'alice')
  for (const hint of ['a b', '"><script>alert(1)</script>', 'a'.repeat(65), 'a@b.example']) {
    t.is((await hinted(hint))['username'], '')
  }
})

test.serial('HEAD passes the same checks, opens nothing and sets no cookie', async (t) => {
  const keys = async () => (await redis.keys('*interaction:*')).length
  const before = await keys()
  const good = await send({ url: client.begin(web.client_id, WEB).url, method: 'HEAD' })
  t.is(good.status, 200)
  t.is(good.text, '')
  t.regex(good.headers.get('content-type') ?? '', /^text\/html/)
  t.deepEqual(good.headers.getSetCookie(), [])
  t.is(await keys(), before)
  const changes = { ...WEB, response_type: 'token' }
  const bad = await send({ url: client.begin(web.client_id, changes).url, method: 'HEAD' })
  t.is(bad.status, 303)
  t.is((await send({ url: client.begin('unknown', WEB).url, method: 'HEAD' })).status, 400)
})

const BROWSER = 'text/html,application/xhtml+xml,*/*;q=0.8'
/** What its HttpURLConnection sends unasked. */
const JAVA = 'text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2'

test('errors are a page or JSON, as Accept says', async (t) => {
  const { url } = client.begin('unknown', WEB)
  const rows: [string, string, string][] = [
    [url, BROWSER, 'text/html'],
    [url, JAVA, 'text/html'],
    [url, '*/*', 'text/html'],
    [url, 'application/json', 'application/json'],
    [`${issuer}/nothing`, 'text/html', 'text/html'],
    [`${issuer}/nothing`, '*/*', 'application/json'],
    [`${issuer}/nothing`, BROWSER, 'text/html'],
    [`${issuer}/token`, 'text/html', 'text/html'],
    [`${issuer}/token`, 'text/html, image/*;q=0.9', 'text/html'],
    [`${issuer}/token`, BROWSER, 'text/html'],
    [`${issuer}/token`, JAVA, 'application/json'],
    [`${issuer}/par`, JAVA, 'application/json'],
    [`${issuer}/consent`, 'application/json', 'application/json'],
    [`${issuer}/consent`, 'text/html', 'text/html'],
  ]
  for (const [address, accept, type] of rows) {
    const answer = await send({ url: address, headers: { accept } })
    t.true(answer.status >= 400)
    t.true(answer.headers.get('content-type')?.startsWith(type), `${address} ${accept}`)
    t.is(answer.headers.get('cache-control'), 'no-store')
    const varies = type === 'text/html' ? 'Accept, Accept-Language' : 'Accept'
    t.is(answer.headers.get('vary'), varies)
    if (type === 'text/html') t.is(answer.headers.get('x-frame-options'), 'DENY')
    else t.is(typeof answer.json()['error'], 'string')
  }
})
