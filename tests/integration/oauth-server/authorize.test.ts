import test from 'ava'
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

test('prompt none with a login still needs a person; prompt login wants a new one', async (t) => {
  const person = createPerson(send)
  await person.authorize(client.begin(web.client_id, WEB).url, { username: 'alice' })
  const silent = await person.open(client.begin(web.client_id, { ...WEB, prompt: 'none' }).url)
  const location = new URL(silent.response.headers.get('location') ?? '')
  t.is(location.searchParams.get('error'), 'interaction_required')
  const consent = await person.open(client.begin(web.client_id, { ...WEB, prompt: 'consent' }).url)
  t.regex(consent.response.text, /signed in as/)
  const again = await person.open(client.begin(web.client_id, { ...WEB, prompt: 'login' }).url)
  t.notRegex(again.response.text, /signed in as/)
  const unnamed = await person.submit(again, {})
  t.is(unnamed.status, 400)
})
