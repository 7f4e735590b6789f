import test from 'ava'
import { digest } from '../../../lib/platform/seal.ts'
import { form } from '../../support/http.ts'
import { createOAuthClient } from '../../support/oauth-client.ts'
import { startOAuthServer } from '../../support/oauth-server.ts'
import { createPerson } from '../../support/person.ts'
import { startValkey } from '../../support/valkey.ts'

const TOKEN = 'what-the-operator-gives-out'
const closed = await startOAuthServer({
  environment: {
    REGISTRATION_TOKEN: TOKEN,
    REGISTRATION_REDIRECT_HOSTS: 'app.example, *.trusted.example, scheme:cursor',
    REGISTRATIONS_MAX: '3',
  },
})
const open = await startOAuthServer({
  environment: { REGISTRATION_REDIRECT_HOSTS: 'loopback,oob' },
})
test.after.always(() => Promise.all([closed.stop(), open.stop()]))

const register = (
  { send, issuer }: typeof closed,
  uris: readonly string[],
  token?: string,
  from = '203.0.113.1',
) =>
  send({
    url: `${issuer}/register`,
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-forwarded-for': from,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ redirect_uris: uris, token_endpoint_auth_method: 'none' }),
  })

test.serial('a closed gateway registers nobody without its token', async (t) => {
  const none = await register(closed, ['https://app.example/cb'])
  t.is(none.status, 401)
  t.is(none.headers.get('www-authenticate'), 'Bearer')
  const wrong = await register(closed, ['https://app.example/cb'], 'another')
  t.is(wrong.status, 401)
  t.is(wrong.json()['error'], 'invalid_token')
})

test.serial('whoever guesses the token is stopped, also when the guess is right', async (t) => {
  const uris = ['https://evil.example/cb']
  const guess = (token?: string, from = '198.51.100.1') => register(closed, uris, token, from)
  for (let count = 0; count < 3; count += 1) t.is((await guess()).status, 401)
  const answers = await Promise.all(Array.from({ length: 80 }, () => guess('a-wrong-guess-of-it')))
  const stopped = answers.filter(({ status }) => status === 429)
  // One more is let through each second.
  t.true(stopped.length > 0 && stopped.length <= 20, String(stopped.length))
  t.is(answers.filter(({ status }) => status === 401).length, 80 - stopped.length)
  for (const { headers } of stopped) t.regex(headers.get('retry-after') ?? '', /^[1-9]/)
  const redis = await closed.valkey.connect()
  // All of the burst: more than that only a clock that was ahead can have counted.
  const inAMinute = String((Date.now() + 60_000) * 1000)
  await redis.set(`limit:registration-token:${digest('198.51.100.1')}`, inAMinute)
  t.is((await guess(TOKEN)).status, 429)
  t.is((await guess()).status, 401, 'who sends none has guessed nothing')
  // Let in, and refused for where it wants to be sent.
  t.is((await guess(TOKEN, '198.51.100.2')).json()['error'], 'invalid_redirect_uri')
})

test.serial('redirects lead to listed places only', async (t) => {
  for (const uri of [
    'https://app.example.evil.com/cb',
    'https://trusted.example/cb',
    'https://eviltrusted.example/cb',
    'http://localhost/cb',
    'vscode://x/cb',
    'evil.trusted.example:/cb',
    'app.example:/cb',
    'https://app.example:8443/cb',
  ]) {
    const response = await register(closed, ['https://app.example/cb', uri], TOKEN)
    t.is(response.status, 400, uri)
    t.is(response.json()['error'], 'invalid_redirect_uri')
    t.regex(String(response.json()['error_description']), /ask its operator/)
  }
  for (const uris of [
    ['https://app.example/cb'],
    ['https://a.trusted.example/cb', 'cursor://x/cb'],
  ]) {
    t.is((await register(closed, uris, TOKEN)).status, 201)
  }
})

test.serial('loopback and out of band are places too', async (t) => {
  const uris = ['http://127.0.0.1/cb', 'http://[::1]:9/cb', 'urn:ietf:wg:oauth:2.0:oob']
  t.is((await register(open, uris)).status, 201)
  for (const uri of ['https://app.example/cb', 'https://loopback/cb', 'https://oob/cb']) {
    t.is((await register(open, [uri])).status, 400, uri)
  }
})

test.serial('a full store says when to try again', async (t) => {
  t.is((await register(closed, ['https://app.example/cb'], TOKEN)).status, 201)
  const response = await register(closed, ['https://app.example/cb'], TOKEN)
  t.is(response.status, 503)
  t.is(response.json()['error'], 'temporarily_unavailable')
  t.is(response.headers.get('retry-after'), '60')
})

test('whoever registered before a list is answered at its places only', async (t) => {
  const valkey = await startValkey()
  t.teardown(valkey.stop)
  const [APP, EVIL] = ['https://app.example/cb', 'https://evil.example/cb']
  const before = await startOAuthServer({ valkey })
  const first = createOAuthClient(before.send, before.issuer)
  const evil = await first.register({ redirect_uris: [EVIL] })
  const both = await first.register({ redirect_uris: [EVIL, APP] })
  const resource = `${before.issuer}/echo/mcp`
  const attempt = first.begin(evil.client_id, { redirect_uri: EVIL, resource })
  const redirect = await createPerson(before.send).authorize(attempt.url, { username: 'ann' })
  const bought = await first.token({
    grant_type: 'authorization_code',
    code: redirect.searchParams.get('code') ?? '',
    code_verifier: attempt.verifier,
    client_id: evil.client_id,
  })
  await before.stop()

  const environment = { REGISTRATION_REDIRECT_HOSTS: 'app.example' }
  const after = await startOAuthServer({ valkey, environment })
  t.teardown(after.stop)
  const client = createOAuthClient(after.send, after.issuer)
  const request = (id: string, redirect_uri: string) =>
    client.begin(id, { redirect_uri, resource }).url
  for (const { client_id } of [evil, both]) {
    const { response } = await createPerson(after.send).open(request(client_id, EVIL))
    t.is(response.status, 400)
    t.is(response.headers.get('location'), null)
    const pushed = new URL(request(client_id, EVIL)).searchParams
    const answer = await after.send({
      ...form(Object.fromEntries(pushed)),
      url: `${after.issuer}/par`,
    })
    t.is(answer.status, 400)
    t.is(answer.json()['error'], 'invalid_redirect_uri')
    for (const text of [response.text, answer.text]) {
      t.regex(
        text,
        /evil\.example is not among them: ask its operator to add it to REGISTRATION_REDIRECT_HOSTS/,
      )
      t.notRegex(text, /has not registered/)
    }
    t.regex(response.text, /an address that this gateway sends none to/)
  }
  for (const uri of [`${EVIL}/x`, 'https://else.example/cb']) {
    const { response } = await createPerson(after.send).open(request(both.client_id, uri))
    t.is(response.status, 400)
    t.regex(response.text, /has not registered/)
  }
  const allowed = request(both.client_id, APP)
  const answered = await createPerson(after.send).authorize(allowed, { username: 'ann' })
  t.is(answered.origin + answered.pathname, APP)
  t.true(answered.searchParams.has('code'))
  const refreshed = await client.token({
    grant_type: 'refresh_token',
    refresh_token: String(bought.json()['refresh_token']),
    client_id: evil.client_id,
  })
  t.is(refreshed.status, 200, 'what was granted goes on')
})

for (const [name, value] of [
  ['REGISTRATION_TOKEN', 'short'],
  ['REGISTRATION_REDIRECT_HOSTS', 'app.example, https://x'],
  ['REGISTRATIONS_MAX', '0'],
] as const) {
  test(`a bad ${name} is refused at start by name`, async (t) => {
    const started = startOAuthServer({ environment: { [name]: value } })
    await t.throwsAsync(started, { message: new RegExp(name) })
  })
}
