import type { ExecutionContext } from 'ava'
import test from 'ava'
import { decodeJwt } from 'jose'
import { startGateway } from '../support/gateway.ts'
import { form, type HttpResponse, sendOverNetwork as send } from '../support/http.ts'
import { createOAuthClient, type Fields } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'
import { verifies } from '../support/verifies.ts'

const gateway = await startGateway({ environment: { RATE_LIMIT_FACTOR: '0' } })
const { url: issuer } = gateway
const client = createOAuthClient(send, issuer)
const ECHO = `${issuer}/echo/mcp`
const CB = 'https://app.example/cb'
const WEB = { redirect_uri: CB, resource: ECHO }
const web = await client.register({ redirect_uris: [CB, 'https://app.example/q?x=1'] })
const native = await client.register({
  redirect_uris: ['http://127.0.0.1/callback', 'http://localhost/callback'],
})
test.after.always(() => gateway.remove())

const open = (clientId: string, changes: Fields = {}): Promise<HttpResponse> =>
  send({ url: client.begin(clientId, changes).url, headers: { accept: 'text/html' } })

function leadsNowhere(t: ExecutionContext, answer: HttpResponse, what: string): void {
  t.is(answer.status, 400, what)
  t.is(answer.headers.get('location'), null, what)
  t.false(answer.text.includes('name="decision"'), what)
}

/** What the client is told, if the answer goes to it. */
const told = (answer: HttpResponse): URLSearchParams => {
  const location = new URL(answer.headers.get('location') ?? 'none:')
  if (answer.status !== 303 || location.origin + location.pathname !== CB) {
    throw new Error(`${answer.status} ${location.href} ${answer.text}`)
  }
  return location.searchParams
}

const errorOf = async (changes: Fields): Promise<string | null> => {
  const params = told(await open(web.client_id, { ...WEB, ...changes }))
  return params.has('code') ? 'a code' : params.get('error')
}

/** The whole way; resolves with the token answer. */
const login = async (username: string, changes: Fields, service?: string) => {
  const attempt = client.begin(web.client_id, { ...WEB, ...changes })
  const person = createPerson(send)
  const response = await person.submit(await person.open(attempt.url), { username, service })
  const answer = await client.token({
    grant_type: 'authorization_code',
    code: told(response).get('code') ?? '',
    code_verifier: attempt.verifier,
    client_id: web.client_id,
  })
  return answer.json()
}

verifies('authorize-iss', async (t) => {
  const metadata = await send({ url: `${issuer}/.well-known/oauth-authorization-server` })
  t.is(metadata.json()['authorization_response_iss_parameter_supported'], true)
  const person = createPerson(send)
  const page = () => person.open(client.begin(web.client_id, WEB).url)
  const answers = [
    await person.submit(await page(), { username: 'iris' }),
    await person.submit(
      await person.open(client.begin(web.client_id, { ...WEB, prompt: 'consent' }).url),
      {
        decision: 'deny',
      },
    ),
    await open(web.client_id, { ...WEB, response_type: 'token' }),
    await open(web.client_id, { ...WEB, prompt: 'none' }),
    (await person.open(client.begin(web.client_id, { ...WEB, prompt: 'none' }).url)).response,
  ]
  t.deepEqual(
    answers.map((answer) => told(answer).get('error')),
    [null, 'access_denied', 'unsupported_response_type', 'login_required', null],
  )
  for (const answer of answers) {
    t.deepEqual(told(answer).getAll('iss'), [String(metadata.json()['issuer'])])
    t.is(told(answer).get('state'), 'a state')
  }
})

verifies('authorize-redirect-exact', async (t) => {
  for (const redirect_uri of [
    `${CB}/../evil`,
    `${CB}/x`,
    `${CB}%2f..%2fx`,
    'https://app.example.evil.com/cb',
    'https://evilapp.example/cb',
    'https://app.example%2eevil.com/cb',
    'https://app.example%00.evil.com/cb',
    `${CB}\r\nLocation: https://evil.example`,
    `${CB}%0d%0aLocation:%20https://evil.example`,
    `${CB}#x`,
    'https://APP.example/cb',
    'https://app.example/CB',
    'https://app.example:443/cb',
    `${CB}/`,
    'https://app.example./cb',
    'http://app.example/cb',
    `${CB}?${'x'.repeat(9000)}`,
    'https://äpp.example/cb',
    'https://user@app.example/cb',
    `${CB}?x=1`,
    'https://app.example/q?x=1&y=2',
  ]) {
    leadsNowhere(t, await open(web.client_id, { ...WEB, redirect_uri }), redirect_uri.slice(0, 60))
  }
})

verifies('authorize-loopback-any-port', async (t) => {
  for (const redirect_uri of [
    'http://127.0.0.1:51234/callback',
    'http://127.0.0.1/callback',
    'http://localhost:1/callback',
    'http://localhost:65535/callback',
  ]) {
    const { url } = client.begin(native.client_id, { redirect_uri, resource: ECHO })
    const redirect = await createPerson(send).authorize(url, { username: 'lou' })
    t.true(redirect.href.startsWith(`${redirect_uri}?code=`))
  }
})

verifies('authorize-loopback-look-alikes', async (t) => {
  for (const redirect_uri of [
    'http://127.0.0.1.evil.com/callback',
    'http://127.0.0.1@evil.com/callback',
    'http://localhost.evil.com/callback',
    'http://0177.0.0.1/callback',
    'http://127.1/callback',
    'http://2130706433/callback',
    'http://0.0.0.0/callback',
    'http://[::ffff:127.0.0.1]/callback',
    'http://[::1]/callback',
    'http://127.0.0.1:0/callback',
    'http://127.0.0.1:65536/callback',
    'http://127.0.0.1:80:443/callback',
    'http://127.0.0.1:abc/callback',
    'http://127.0.0.1: 80/callback',
    'http://127.0.0.1:80/other',
    'https://127.0.0.1/callback',
    'HTTP://127.0.0.1/callback',
  ]) {
    leadsNowhere(t, await open(native.client_id, { redirect_uri, resource: ECHO }), redirect_uri)
  }
})

verifies('authorize-redirect-missing', async (t) => {
  const one = await client.register({ redirect_uris: [CB] })
  const answer = await open(one.client_id, { redirect_uri: '', code_challenge: '' })
  t.is(told(answer).get('error'), 'invalid_request')
  leadsNowhere(t, await open(web.client_id, { redirect_uri: '' }), 'several')
})

verifies('authorize-page-until-proven', async (t) => {
  const faulty = { ...WEB, response_type: 'token', code_challenge: '' }
  leadsNowhere(t, await open('unknown', { ...faulty, redirect_uri: 'https://evil.example' }), 'id')
  leadsNowhere(t, await open('x'.repeat(4000), faulty), 'a long id')
  leadsNowhere(t, await open('', { ...faulty, client_id: '' }), 'no id')
  leadsNowhere(
    t,
    await open(web.client_id, { ...faulty, redirect_uri: 'https://evil.example' }),
    'uri',
  )
  for (const name of ['client_id', 'redirect_uri']) {
    const url = new URL(client.begin(web.client_id, faulty).url)
    url.searchParams.append(name, url.searchParams.get(name) ?? '')
    leadsNowhere(t, await send({ url: url.href }), name)
  }
  t.is(told(await open(web.client_id, faulty)).get('error'), 'unsupported_response_type')
})

verifies('authorize-query-kept', async (t) => {
  const { url } = client.begin(web.client_id, { ...WEB, redirect_uri: 'https://app.example/q?x=1' })
  const redirect = await createPerson(send).authorize(url, { username: 'quinn' })
  t.true(redirect.href.startsWith('https://app.example/q?x=1&code='))
  t.deepEqual([...redirect.searchParams.keys()], ['x', 'code', 'iss', 'state'])
  t.is(redirect.hash, '')
})

verifies('authorize-state-exact', async (t) => {
  for (const state of ['%26=&ü+ %', '…'.repeat(680), '&code=evil#x', '"><b>', '0']) {
    const answer = await open(web.client_id, { ...WEB, state, code_challenge: '' })
    t.is(told(answer).get('state'), state)
    t.deepEqual(told(answer).getAll('code'), [])
  }
  t.false(told(await open(web.client_id, { ...WEB, state: '', code_challenge: '' })).has('state'))
  leadsNowhere(t, await open(web.client_id, { ...WEB, state: 's'.repeat(4097) }), 'too long')
})

verifies('authorize-code-only', async (t) => {
  for (const response_type of ['token', 'id_token', 'code token', 'code id_token', 'none', 'e']) {
    t.is(await errorOf({ response_type }), 'unsupported_response_type')
  }
  t.is(await errorOf({ response_type: '' }), 'invalid_request')
  for (const response_mode of ['fragment', 'form_post', 'web_message', 'jwt']) {
    t.is(await errorOf({ response_mode }), 'invalid_request')
  }
  t.is(await errorOf({ request: 'eyJhbGciOiJub25lIn0.e30.' }), 'request_not_supported')
  t.is(await errorOf({ request_uri: `${issuer}/r.jwt` }), 'request_uri_not_supported')
  t.is((await open(web.client_id, { ...WEB, response_mode: 'query' })).status, 200)
})

verifies('authorize-pkce', async (t) => {
  const confidential = await client.register({
    redirect_uris: [CB],
    token_endpoint_auth_method: 'client_secret_post',
  })
  for (const changes of [
    { code_challenge: '' },
    { code_challenge_method: '' },
    { code_challenge_method: 'plain' },
    { code_challenge_method: 's256' },
    { code_challenge: 'x'.repeat(42) },
    { code_challenge: 'x'.repeat(44) },
    { code_challenge: `${'x'.repeat(42)}+` },
  ] as Fields[]) {
    t.is(await errorOf(changes), 'invalid_request')
    const answer = await open(confidential.client_id, { ...WEB, ...changes })
    t.is(told(answer).get('error'), 'invalid_request')
  }
})

verifies('authorize-no-repetition', async (t) => {
  for (const name of ['state', 'scope', 'code_challenge', 'response_type', 'nonce', 'prompt']) {
    const url = new URL(client.begin(web.client_id, { ...WEB, [name]: 'login' }).url)
    url.searchParams.append(name, 'login')
    t.is(told(await send({ url: url.href })).get('error'), 'invalid_request', name)
  }
  const empty = new URL(client.begin(web.client_id, { ...WEB, foo: 'bar', claims: '{}' }).url)
  for (const name of ['scope', 'request', 'request_uri', 'response_mode', 'max_age', 'prompt']) {
    empty.searchParams.append(name, '')
  }
  t.is((await send({ url: empty.href })).status, 200)
})

verifies('authorize-methods', async (t) => {
  const { url } = client.begin(web.client_id, WEB)
  t.true((await send({ url })).text.includes('name="decision"'))
  const head = await send({ url, method: 'HEAD' })
  t.is(head.status, 200)
  t.deepEqual(head.headers.getSetCookie(), [])
  for (const method of ['POST', 'PUT', 'DELETE']) {
    const answer = await send({ url, method })
    t.is(answer.status, 405)
    t.is(answer.headers.get('allow'), 'HEAD, GET')
  }
  const fields = Object.fromEntries(new URL(url).searchParams)
  t.is((await send({ ...form(fields), url: `${issuer}/authorize` })).status, 405)
})

verifies('authorize-no-cors', async (t) => {
  const headers = { origin: 'https://page.example', 'access-control-request-method': 'GET' }
  for (const path of ['/authorize', '/consent', '/logout', '/par', '/']) {
    for (const method of ['OPTIONS', 'GET', 'POST']) {
      const answer = await send({ url: issuer + path, method, headers })
      const allowed = [...answer.headers.keys()].filter((name) => name.startsWith('access-control'))
      t.deepEqual(allowed, [], `${method} ${path}`)
    }
  }
})

verifies('authorize-repeatable', async (t) => {
  const attempt = client.begin(web.client_id, WEB)
  for (let time = 0; time < 3; time += 1) {
    t.is((await send({ url: attempt.url, headers: { accept: '*/*' } })).status, 200)
  }
  const redirect = await createPerson(send).authorize(attempt.url, { username: 'rita' })
  t.true(redirect.searchParams.has('code'))
  const again = await createPerson(send).authorize(attempt.url, { username: 'rita' })
  t.not(again.searchParams.get('code'), redirect.searchParams.get('code'))
})

verifies('authorize-resource', async (t) => {
  for (const resource of [ECHO, `${ECHO}/`, ECHO.replace('http://localhost', 'HTTP://LocalHost')]) {
    const tokens = await login('reese', { resource })
    const token = String(tokens['access_token'])
    t.is(decodeJwt(token).aud, ECHO)
    const headers = { authorization: `Bearer ${token}` }
    t.not((await send({ url: ECHO, method: 'DELETE', headers })).status, 401)
    const other = await send({ url: `${issuer}/memory/mcp`, method: 'DELETE', headers })
    t.is(other.status, 401)
  }
})

verifies('authorize-resource-unknown', async (t) => {
  for (const resource of [
    'foo',
    '/echo/mcp',
    `${ECHO}#x`,
    `${ECHO}#`,
    `${ECHO}?x`,
    `${ECHO}//`,
    `${issuer}/nobody/mcp`,
    `${issuer}/Echo/mcp`,
    `${issuer}/echo`,
    'https://evil.example/echo/mcp',
    ECHO.replace('localhost', 'user@localhost'),
    ECHO.replace('http:', 'https:'),
  ]) {
    t.is(await errorOf({ resource }), 'invalid_target', resource)
  }
  for (const second of [ECHO, `${issuer}/memory/mcp`]) {
    const { url } = client.begin(web.client_id, WEB)
    const answer = await send({ url: `${url}&${new URLSearchParams({ resource: second })}` })
    t.is(told(answer).get('error'), 'invalid_target')
  }
})

verifies('authorize-resource-absent', async (t) => {
  for (const resource of ['', issuer, `${issuer}/`]) {
    const page = await open(web.client_id, { ...WEB, resource })
    t.regex(page.text, /type="radio" name="service" value="memory"/)
    const tokens = await login('abe', { resource }, 'memory')
    t.is(decodeJwt(String(tokens['access_token'])).aud, `${issuer}/memory/mcp`)
  }
})

verifies('authorize-scope-told', async (t) => {
  for (const [scope, granted] of [
    ['', 'mcp'],
    ['read write', 'mcp'],
    ['mcp other:thing', 'mcp'],
    ['offline_access', 'mcp offline_access'],
    ['openid profile mcp openid', 'mcp openid profile'],
  ] as const) {
    t.is((await login('scott', { scope }))['scope'], granted)
  }
})

verifies('authorize-prompt', async (t) => {
  t.is(await errorOf({ prompt: 'none' }), 'login_required')
  t.is(await errorOf({ prompt: 'none login' }), 'invalid_request')
  const person = createPerson(send)
  const ask = async (changes: Fields) =>
    (await person.open(client.begin(web.client_id, { ...WEB, ...changes }).url)).response
  const loopback = client.begin(native.client_id, { resource: ECHO })
  await person.authorize(loopback.url, { username: 'pia' })
  for (const hint of [{}, { login_hint: 'pia' }, { login_hint: 'somebody' }]) {
    t.is(told(await ask({ prompt: 'none', ...hint })).get('error'), 'consent_required')
  }
  t.is(told(await ask({ prompt: 'none', resource: '' })).get('error'), 'interaction_required')
  await person.authorize(client.begin(web.client_id, WEB).url, { username: 'pia' })
  t.true(told(await ask({ prompt: 'none' })).has('code'))
  t.true(told(await ask({})).has('code'))
  for (const prompt of ['consent', 'login', 'select_account', 'login consent']) {
    t.true((await ask({ prompt })).text.includes('name="decision"'), prompt)
  }
  const metadata = await send({ url: `${issuer}/.well-known/openid-configuration` })
  t.deepEqual(metadata.json()['prompt_values_supported'], [
    'none',
    'login',
    'consent',
    'select_account',
  ])
})

verifies('authorize-id-token-hint', async (t) => {
  const hintAt = async (username: string) =>
    String((await login(username, { scope: 'openid', nonce: 'n'.repeat(512) }))['id_token'])
  const [hers, his] = [await hintAt('hedda'), await hintAt('hugo')]
  const person = createPerson(send)
  const ask = (changes: Fields) =>
    person.open(client.begin(web.client_id, { ...WEB, ...changes }).url)
  await person.authorize(client.begin(web.client_id, WEB).url, { username: 'hugo' })
  const silently = async (changes: Fields) =>
    told((await ask({ prompt: 'none', ...changes })).response)
  t.true((await silently({ id_token_hint: his })).has('code'))
  for (const more of [{}, { login_hint: 'hugo' }] as Fields[]) {
    const answer = await silently({ id_token_hint: hers, ...more })
    t.is(answer.get('error'), 'login_required')
    t.false(answer.has('code'))
  }
  const approved = await person.submit(await ask({ id_token_hint: hers }), {})
  t.is(told(approved).get('error'), 'login_required', 'he has approved in her place')
  const back = await person.submit(await ask({ id_token_hint: hers }), { username: 'hedda' })
  t.true(told(back).has('code'))
  const answer = await push({
    ...Object.fromEntries(new URL(client.begin(web.client_id, WEB).url).searchParams),
    ...{ prompt: 'none', id_token_hint: his },
  })
  t.is(answer.status, 201)
  const pushedUrl = atAuthorize(web.client_id, String(answer.json()['request_uri']))
  t.is(told((await person.open(pushedUrl)).response).get('error'), 'login_required')
  const access = String((await login('hedda', { scope: 'openid' }))['access_token'])
  for (const id_token_hint of ['x', 'a.b.c', `${hers}x`, access, hers.replace(/^[^.]+/, 'e30')]) {
    t.is(await errorOf({ id_token_hint }), 'invalid_request', id_token_hint)
  }
  const other = await client.register({ redirect_uris: [CB] })
  const foreign = await open(other.client_id, { ...WEB, id_token_hint: hers })
  t.is(told(foreign).get('error'), 'invalid_request', 'made for another client')
})

verifies('authorize-max-age', async (t) => {
  const person = createPerson(send)
  await person.authorize(client.begin(web.client_id, WEB).url, { username: 'max' })
  const ask = async (changes: Fields) =>
    (await person.open(client.begin(web.client_id, { ...WEB, ...changes }).url)).response
  t.true(told(await ask({ max_age: '600' })).has('code'))
  t.is(told(await ask({ max_age: '0', prompt: 'none' })).get('error'), 'login_required')
  const page = await ask({ max_age: '0' })
  t.notRegex(page.text, /signed in as/)
  t.is(told(await ask({ max_age: '-1' })).get('error'), 'invalid_request')
})

const push = (fields: Fields) => send({ ...form(fields), url: `${issuer}/par` })
const pushed = async (clientId: string) => {
  const { url, verifier } = client.begin(clientId, WEB)
  const answer = await push(Object.fromEntries(new URL(url).searchParams))
  return { answer, verifier, requestUri: String(answer.json()['request_uri']) }
}
const atAuthorize = (client_id: string, request_uri: string, more: Fields = {}) =>
  `${issuer}/authorize?${new URLSearchParams({ client_id, request_uri, ...more })}`

verifies('pushed-request', async (t) => {
  const metadata = await send({ url: `${issuer}/.well-known/oauth-authorization-server` })
  t.is(metadata.json()['pushed_authorization_request_endpoint'], `${issuer}/par`)
  const { answer, requestUri, verifier } = await pushed(web.client_id)
  t.is(answer.status, 201)
  t.is(answer.headers.get('cache-control'), 'no-store')
  t.is(answer.json()['expires_in'], 60)
  const url = atAuthorize(web.client_id, requestUri, {
    redirect_uri: 'https://evil.example',
    response_type: 'token',
    state: 'evil',
  })
  t.is((await send({ url })).status, 200)
  const person = createPerson(send)
  const response = await person.submit(await person.open(url), { username: 'paul' })
  t.is(told(response).get('state'), 'a state')
  const tokens = await client.token({
    grant_type: 'authorization_code',
    code: told(response).get('code') ?? '',
    code_verifier: verifier,
    client_id: web.client_id,
  })
  t.is(tokens.status, 200)
  leadsNowhere(t, await send({ url }), 'used up')
})

verifies('pushed-request-bound', async (t) => {
  const { requestUri } = await pushed(web.client_id)
  for (const url of [
    atAuthorize(native.client_id, requestUri),
    atAuthorize(web.client_id, 'urn:ietf:params:oauth:request_uri:unknown'),
    atAuthorize(web.client_id, `${requestUri}x`),
    `${issuer}/authorize?${new URLSearchParams({ request_uri: requestUri })}`,
  ]) {
    leadsNowhere(t, await send({ url }), url)
  }
  t.is((await send({ url: atAuthorize(web.client_id, requestUri) })).status, 200)
})

verifies('pushed-request-checked', async (t) => {
  const good = Object.fromEntries(new URL(client.begin(web.client_id, WEB).url).searchParams)
  const rows: [string, Fields][] = [
    ['invalid_request', { redirect_uri: 'https://evil.example/cb' }],
    ['unsupported_response_type', { response_type: 'token' }],
    ['invalid_request', { code_challenge: '' }],
    ['invalid_target', { resource: 'foo' }],
    ['invalid_request', { request_uri: 'urn:ietf:params:oauth:request_uri:x' }],
    ['request_not_supported', { request: 'eyJ.e30.' }],
    ['invalid_client', { client_id: 'unknown' }],
    ['invalid_client', { client_secret: 'none has one' }],
  ]
  for (const [error, changes] of rows) {
    const answer = await push({ ...good, ...changes })
    t.is(answer.status, error === 'invalid_client' ? 401 : 400)
    t.is(answer.json()['error'], error)
    t.is(answer.headers.get('location'), null)
  }
})
