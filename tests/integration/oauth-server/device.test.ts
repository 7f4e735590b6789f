import test from 'ava'
import { decodeJwt } from 'jose'
import { digest } from '../../../lib/platform/seal.ts'
import { redisRevocations } from '../../../lib/store/revocations.ts'
import {
  createDevice,
  DEVICE_CODE,
  decide,
  enterCode,
  from,
  openQuestion,
} from '../../support/device.ts'
import { createOAuthClient, type Fields } from '../../support/oauth-client.ts'
import { startOAuthServer } from '../../support/oauth-server.ts'
import { createPerson, type Person } from '../../support/person.ts'
import { startValkey } from '../../support/valkey.ts'

const server = await startOAuthServer()
const { issuer, valkey } = server
/** The device's network. */
const send = from('203.0.113.7', server.send)
const device = createDevice(send, issuer)
const client = createOAuthClient(send, issuer)
const redis = await valkey.connect()
const revocations = redisRevocations(redis)
const ECHO = `${issuer}/echo/mcp`
const GRANTS = ['authorization_code', 'refresh_token', DEVICE_CODE]
const TV = await client.register({ client_name: 'Tele <b>vision</b>', grant_types: GRANTS })
const other = await client.register({ grant_types: GRANTS })
const plain = await client.register()
const ME = { client_id: TV.client_id }
test.after.always(() => server.stop())

let people = 0
/** Each at an address of their own: limits count by it. */
const newPerson = (): Person => {
  people += 1
  return createPerson(from(`198.51.100.${people}`, server.send))
}
const begin = (fields: Fields = {}) => device.begin({ ...ME, resource: ECHO, ...fields })
const approved = async (fields: Fields = {}, username = 'alice') => {
  const codes = await begin(fields)
  const response = await decide(newPerson(), codes, { username })
  if (response.status !== 200) throw new Error(response.text)
  return codes
}
const isRevoked = async (accessToken: unknown) => {
  const claims = decodeJwt(String(accessToken))
  const answer = await revocations.ask({
    tokenId: String(claims.jti),
    grantId: String(claims['grant_id']),
    clientId: String(claims['client_id']),
    userId: String(claims.sub),
    issuedAt: claims.iat ?? 0,
  })
  return answer.revoked
}

test('a device begins with everything the RFC names, and nothing of it may be kept', async (t) => {
  const response = await device.ask({ ...ME, resource: ECHO })
  t.is(response.status, 200)
  t.is(response.headers.get('cache-control'), 'no-store')
  t.is(response.headers.get('access-control-allow-origin'), null)
  const { device_code, user_code, ...rest } = response.json()
  t.regex(String(device_code), /^[\w-]{43}$/)
  t.regex(String(user_code), /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/)
  t.deepEqual(rest, {
    verification_uri: `${issuer}/device`,
    verification_uri_complete: `${issuer}/device?user_code=${user_code}`,
    expires_in: 900,
    interval: 5,
  })
})

const refuses = test.macro({
  async exec(t, [status, error]: [number, string], fields: Fields, headers: Fields = {}) {
    const response = await device.ask(fields, headers)
    t.is(response.status, status)
    t.is(response.json()['error'], error)
    t.is(response.headers.get('cache-control'), 'no-store')
  },
  title: (name = '') => `a device authorization is refused: ${name}`,
})
test('no client', refuses, [401, 'invalid_client'], {})
test('an unknown client', refuses, [401, 'invalid_client'], { client_id: 'unknown' })
test('a scope without end is no fault but unknown scopes', async (t) => {
  t.is((await device.ask({ ...ME, scope: `mcp ${'x '.repeat(10_000)}` })).status, 200)
})
test('a client that did not register for it', refuses, [400, 'unauthorized_client'], {
  client_id: plain.client_id,
})
test('a public client with a secret', refuses, [401, 'invalid_client'], {
  ...ME,
  client_secret: 'x',
})
test('an unknown resource', refuses, [400, 'invalid_target'], {
  ...ME,
  resource: 'https://evil.example/mcp',
})
test('JSON', refuses, [415, 'invalid_request'], ME, { 'content-type': 'application/json' })

test('what is missing in the registration is told', async (t) => {
  const response = await device.ask({ client_id: plain.client_id })
  t.true(String(response.json()['error_description']).includes(DEVICE_CODE))
})

test('a client with a secret begins without it; one that is sent must be right', async (t) => {
  const { client_id, client_secret = '' } = await client.register({
    grant_types: GRANTS,
    token_endpoint_auth_method: 'client_secret_post',
  })
  const basic = (secret: string) => ({
    authorization: `Basic ${Buffer.from(`${client_id}:${secret}`).toString('base64')}`,
  })
  t.is((await device.ask({ client_id })).status, 200)
  t.is((await device.ask({ client_id, client_secret })).status, 200)
  t.is((await device.ask({}, basic(client_secret))).status, 200)
  t.is((await device.ask({ client_id, client_secret: 'wrong' })).status, 401)
  t.is((await device.ask({}, basic('wrong'))).status, 401)
  t.is((await device.ask({ client_id }, { authorization: 'Bearer x' })).status, 401)
  const { device_code } = await device.begin({ client_id, resource: ECHO })
  t.is((await device.poll(device_code, { client_id })).json()['error'], 'invalid_client')
  const good = await device.poll(device_code, { client_id, client_secret })
  t.is(good.json()['error'], 'authorization_pending')
})

test('the question says who, what, where from and when, and escapes it', async (t) => {
  const codes = await begin()
  const { response } = await openQuestion(newPerson(), codes.verification_uri_complete)
  for (const part of [
    'Tele &lt;b&gt;vision&lt;/b&gt;',
    'The code on your device must be',
    `>${codes.user_code}<`,
    '>203.0.113.7<',
    'not the address of this browser',
    `<time datetime="${new Date().toISOString().slice(0, 13)}`,
    'just now',
    `<code>${ECHO}</code>`,
    'Use the service echo',
    'started this yourself',
    'exists only on this machine',
  ]) {
    t.true(response.text.includes(part), part)
  }
  t.regex(response.text, /name="decision" value="approve"/)
  t.regex(response.text, /name="decision" value="deny"/)
  t.notRegex(response.text, /<script|style=/)
})

test('a person at the device’s own address is not warned of another one', async (t) => {
  const codes = await begin()
  const { response } = await openQuestion(createPerson(send), codes.verification_uri_complete)
  t.false(response.text.includes('not the address of this browser'))
})

test('the pages can be neither framed, kept, scripted nor read by another site', async (t) => {
  const person = newPerson()
  const codes = await begin()
  const question = await openQuestion(person, codes.verification_uri_complete)
  for (const { headers } of [
    (await person.open(`${issuer}/device`)).response,
    question.response,
    await enterCode(person, issuer, 'XXXX-XXXX'),
    await person.submit(question, { username: 'a b' }),
    await person.submit(question, { username: 'alice' }),
    await person.submit(question, { username: 'alice' }),
  ]) {
    t.is(headers.get('cache-control'), 'no-store')
    t.is(headers.get('x-frame-options'), 'DENY')
    t.is(headers.get('referrer-policy'), 'no-referrer')
    t.regex(
      headers.get('content-security-policy') ?? '',
      /default-src 'none'.*frame-ancestors 'none'/,
    )
    t.is(headers.get('access-control-allow-origin'), null)
  }
})

test('a code is typed as people type', async (t) => {
  const { user_code } = await begin()
  const person = newPerson()
  const first = await person.open(`${issuer}/device`)
  t.is(first.response.status, 200)
  t.deepEqual(first.fields, { user_code: '' })
  for (const typed of [
    user_code,
    user_code.toLowerCase(),
    user_code.replace('-', ' '),
    `${user_code} `,
  ]) {
    const response = await enterCode(person, issuer, typed)
    t.is(response.status, 200, typed)
    t.true(response.text.includes(`>${user_code}<`), typed)
  }
})

test('a wrong code is asked for again, with what was typed and what to do', async (t) => {
  const response = await enterCode(newPerson(), issuer, '"><b>x')
  t.is(response.status, 400)
  t.regex(response.text, /role="alert"/)
  t.true(response.text.includes('value="&quot;&gt;&lt;b&gt;x"'))
})

test('a link alone decides nothing, however often it is opened', async (t) => {
  const codes = await begin()
  const person = newPerson()
  await decide(person, await begin(), { username: 'alice' })
  for (let count = 0; count < 3; count += 1) {
    await openQuestion(person, codes.verification_uri_complete)
    await person.open(`${codes.verification_uri_complete}&decision=approve&username=alice`)
  }
  t.is((await device.poll(codes.device_code, ME)).json()['error'], 'authorization_pending')
})

test('a person signed in is named, and still asked', async (t) => {
  const person = newPerson()
  await decide(person, await begin(), { username: 'bob' })
  const codes = await begin()
  const page = await openQuestion(person, codes.verification_uri_complete)
  t.true(page.response.text.includes('signed in as <strong>bob</strong>'))
  t.is((await device.poll(codes.device_code, ME)).json()['error'], 'authorization_pending')
  t.is((await person.submit(page, {})).status, 200)
  const { access_token } = (await device.poll(codes.device_code, ME)).json()
  t.is(decodeJwt(String(access_token)).sub, 'dev:bob')
})

test('a page of another browser, or of another site, decides nothing and stays usable', async (t) => {
  const codes = await begin()
  const owner = newPerson()
  const page = await openQuestion(owner, codes.verification_uri_complete)
  const thief = newPerson()
  t.is((await thief.submit(page, { username: 'm' })).status, 403)
  await thief.open(`${issuer}/device`)
  t.is((await thief.submit(page, { username: 'm' })).status, 403)
  for (const headers of [
    { origin: 'https://evil.example' },
    { origin: 'null', 'sec-fetch-site': 'cross-site' },
    { origin: 'null', 'sec-fetch-site': '' },
  ]) {
    t.is((await owner.submit(page, { username: 'm' }, headers)).status, 403)
  }
  t.is((await device.poll(codes.device_code, ME)).json()['error'], 'authorization_pending')
  t.is((await owner.submit(page, { username: 'alice' })).status, 200)
})

test('a double submit makes one grant, and the other is told', async (t) => {
  const { client_id } = await client.register({ grant_types: GRANTS })
  const person = newPerson()
  const codes = await device.begin({ client_id, resource: ECHO })
  const page = await openQuestion(person, codes.verification_uri_complete)
  const both = await Promise.all([1, 2].map(() => person.submit(page, { username: 'alice' })))
  t.deepEqual(both.map(({ status }) => status).sort(), [200, 403])
  const [prefix = ''] = [redis.options.keyPrefix]
  let grants = 0
  for (const key of await redis.keys(`${prefix}grant:*`)) {
    const stored = await redis.hget(key.slice(prefix.length), 'grant')
    if (stored?.includes(client_id)) grants += 1
  }
  t.is(grants, 1)
})

test('a mistyped name costs nothing, and the code stays on the page', async (t) => {
  const codes = await begin()
  const person = newPerson()
  const page = await openQuestion(person, codes.verification_uri_complete)
  for (const username of ['', 'a b', '<b>', 'a'.repeat(65)]) {
    const response = await person.submit(page, { username })
    t.is(response.status, 400)
    t.regex(response.text, /role="alert"/)
    t.true(response.text.includes(`>${codes.user_code}<`))
  }
  t.is((await person.submit(page, { username: 'alice' })).status, 200)
})

test('an answer that is none changes nothing', async (t) => {
  const codes = await begin()
  const person = newPerson()
  const page = await openQuestion(person, codes.verification_uri_complete)
  const cookie = [...person.cookies].map((pair) => pair.join('=')).join('; ')
  const body = new URLSearchParams({ ...page.fields, decision: 'maybe', username: 'alice' })
  const answer = await send({
    url: page.action,
    method: 'POST',
    headers: { cookie, 'content-type': 'application/x-www-form-urlencoded' },
    body: String(body),
  })
  t.is(answer.status, 400)
  t.is((await person.submit(page, { username: 'alice' })).status, 200)
})

test('without a resource the person chooses the service; with one nothing of the form changes it', async (t) => {
  for (const fields of [{ resource: '' }, { resource: issuer }] as Fields[]) {
    const codes = await begin(fields)
    const person = newPerson()
    const page = await openQuestion(person, codes.verification_uri_complete)
    t.true(page.response.text.includes('For which service?'))
    t.is((await person.submit(page, { username: 'alice' })).status, 400)
    t.is((await person.submit(page, { username: 'alice', service: 'nobody' })).status, 400)
    t.is((await person.submit(page, { username: 'alice', service: 'memory' })).status, 200)
    const { access_token } = (await device.poll(codes.device_code, ME)).json()
    t.is(decodeJwt(String(access_token)).aud, `${issuer}/memory/mcp`)
  }
  const codes = await begin()
  await decide(newPerson(), codes, { username: 'alice', service: 'memory' })
  const { access_token } = (await device.poll(codes.device_code, ME)).json()
  t.is(decodeJwt(String(access_token)).aud, ECHO)
})

test('approved, the device gets tokens of the person, the service and the scopes granted', async (t) => {
  const codes = await approved({ scope: 'mcp openid profile offline_access unknown' }, 'carol')
  const response = await device.poll(codes.device_code, ME)
  t.is(response.status, 200)
  t.is(response.headers.get('cache-control'), 'no-store')
  const answer = response.json()
  t.is(answer['token_type'], 'Bearer')
  t.is(answer['scope'], 'mcp openid profile offline_access')
  const access = decodeJwt(String(answer['access_token']))
  t.is(access.sub, 'dev:carol')
  t.is(access.aud, ECHO)
  t.is(access['client_id'], TV.client_id)
  const id = decodeJwt(String(answer['id_token']))
  t.is(id.sub, 'dev:carol')
  t.is(id.aud, TV.client_id)
  t.is(id['preferred_username'], 'carol')
  t.is(id['nonce'], undefined)
  const refreshed = await client.token({
    grant_type: 'refresh_token',
    refresh_token: String(answer['refresh_token']),
    ...ME,
  })
  t.is(refreshed.status, 200)
})

test('without openid no ID token, without the refresh grant no refresh token', async (t) => {
  const { client_id } = await client.register({
    grant_types: ['authorization_code', DEVICE_CODE],
  })
  const codes = await device.begin({ client_id, resource: ECHO })
  await decide(newPerson(), codes, { username: 'alice' })
  const answer = (await device.poll(codes.device_code, { client_id })).json()
  t.deepEqual(Object.keys(answer).sort(), ['access_token', 'expires_in', 'scope', 'token_type'])
})

test('the device is told that it was denied, with the status of the token endpoint', async (t) => {
  const codes = await begin()
  const person = newPerson()
  const response = await decide(person, codes, { decision: 'deny' })
  t.is(response.status, 200)
  t.true(response.text.includes('go back to your device'))
  const poll = await device.poll(codes.device_code, ME)
  t.is(poll.status, 400)
  t.is(poll.json()['error'], 'access_denied')
  t.is((await person.open(codes.verification_uri_complete)).response.status, 400)
})

test('polls that are wrong consume nothing', async (t) => {
  const codes = await approved()
  const refusals: [Fields, string][] = [
    [{ client_id: other.client_id }, 'invalid_grant'],
    [{ client_id: plain.client_id }, 'unauthorized_client'],
    [{ ...ME, resource: `${issuer}/memory/mcp` }, 'invalid_target'],
    [{ ...ME, resource: 'foo' }, 'invalid_target'],
    [{ ...ME, device_code: '' }, 'invalid_request'],
    [{ ...ME, device_code: 'unknown' }, 'invalid_grant'],
  ]
  for (const [fields, error] of refusals) {
    const response = await device.poll(codes.device_code, fields)
    t.is(response.status, 400)
    t.is(response.json()['error'], error)
  }
  t.is((await device.poll(codes.device_code, { ...ME, resource: `${ECHO}/` })).status, 200)
})

test('a device code used again ends what it bought', async (t) => {
  const codes = await approved()
  const answer = (await device.poll(codes.device_code, ME)).json()
  t.false(await isRevoked(answer['access_token']))
  t.is((await device.poll(codes.device_code, { client_id: other.client_id })).status, 400)
  t.false(await isRevoked(answer['access_token']), 'another client ends nothing')
  t.is((await device.poll(codes.device_code, ME)).json()['error'], 'invalid_grant')
  t.true(await isRevoked(answer['access_token']))
  const refreshed = await client.token({
    grant_type: 'refresh_token',
    refresh_token: String(answer['refresh_token']),
    ...ME,
  })
  t.is(refreshed.json()['error'], 'invalid_grant')
})

test('of 50 polls at once one gets tokens, and those are dead: the others were replays', async (t) => {
  const codes = await approved()
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => device.poll(codes.device_code, ME)),
  )
  const good = answers.filter(({ status }) => status === 200)
  t.is(good.length, 1)
  for (const answer of answers) {
    if (answer.status !== 200) t.is(answer.json()['error'], 'invalid_grant')
  }
  t.true(await isRevoked(good[0]?.json()['access_token']))
})

for (const kind of ['user', 'client'] as const) {
  test(`a ${kind} revoked between approval and poll gets nothing`, async (t) => {
    const { client_id } = await client.register({ grant_types: GRANTS })
    const codes = await device.begin({ client_id, resource: ECHO })
    const username = `gone-${kind}`
    await decide(newPerson(), codes, { username })
    await revocations.revoke(kind, kind === 'user' ? `dev:${username}` : client_id, 4_000_000_000)
    const poll = await device.poll(codes.device_code, { client_id })
    t.is(poll.json()['error'], 'invalid_grant')
  })
}

test('an expired device code is told as such', async (t) => {
  const codes = await begin()
  await redis.hset(`device:${digest(codes.device_code)}`, 'expires_at', Date.now() - 1)
  t.is((await device.poll(codes.device_code, ME)).json()['error'], 'expired_token')
})

test('approving keeps the registration, as consent does', async (t) => {
  const { client_id } = await client.register({ grant_types: GRANTS })
  t.true((await redis.ttl(`client:${client_id}`)) <= 86_400)
  const codes = await device.begin({ client_id, resource: ECHO })
  await decide(newPerson(), codes, { username: 'alice' })
  t.true((await redis.ttl(`client:${client_id}`)) > 86_400)
})

test('other methods are not served', async (t) => {
  t.is((await send({ url: `${issuer}/device_authorization` })).status, 405)
  t.is((await send({ url: `${issuer}/device`, method: 'PUT' })).status, 405)
})

test('no code and no cookie stands in the store or in the log', async (t) => {
  const person = newPerson()
  const codes = await begin()
  await enterCode(person, issuer, codes.user_code)
  await enterCode(person, issuer, 'BCDF-BCDF')
  const page = await openQuestion(person, codes.verification_uri_complete)
  await person.submit(page, { username: 'alice' })
  await device.poll(codes.device_code, ME)
  const bare = codes.user_code.replace('-', '')
  const secrets = [codes.device_code, codes.user_code, bare, page.fields['confirmation'] ?? '']
  secrets.push(...person.cookies.values(), 'BCDF-BCDF', 'BCDFBCDF')
  const stored: string[] = []
  const prefix = redis.options.keyPrefix ?? ''
  for (const key of await redis.keys('*')) {
    const name = key.slice(prefix.length)
    const type = await redis.type(name)
    if (type === 'string') stored.push(key, (await redis.get(name)) ?? '')
    if (type === 'hash') stored.push(key, JSON.stringify(await redis.hgetall(name)))
    if (type === 'zset') stored.push(key, (await redis.zrange(name, '0', '-1')).join())
  }
  for (const secret of secrets) {
    t.true(secret.length >= 8)
    t.false(stored.some((text) => text.includes(secret)))
    t.false(server.lines.some((line) => line.includes(secret)))
  }
})

test('with a host for each service the page is on the issuer’s alone', async (t) => {
  const hosted = await startOAuthServer({
    environment: {
      BASE_DOMAIN: 'example.localhost',
      PUBLIC_URL: 'http://auth.example.localhost:8642',
    },
  })
  t.teardown(() => hosted.stop())
  const its = createDevice(hosted.send, hosted.issuer)
  const { client_id } = await createOAuthClient(hosted.send, hosted.issuer).register({
    grant_types: GRANTS,
  })
  // The origin of a service's own host names that service.
  const resource = 'http://echo.example.localhost:8642'
  const codes = await its.begin({ client_id, resource })
  t.is(codes.verification_uri, 'http://auth.example.localhost:8642/device')
  const path = `/device?user_code=${codes.user_code}`
  const elsewhere = await hosted.send({ url: resource + path })
  t.is(elsewhere.status, 303)
  t.is(elsewhere.headers.get('location'), hosted.issuer + path)
  await decide(createPerson(hosted.send), codes, { username: 'alice' })
  const { access_token } = (await its.poll(codes.device_code, { client_id })).json()
  t.is(decodeJwt(String(access_token)).aud, `${resource}/mcp`)
})

test('several servers of one store are one: begun here, approved there, redeemed at both at once', async (t) => {
  const second = await startOAuthServer({ valkey })
  t.teardown(() => second.stop())
  const codes = await begin()
  const person = createPerson(from('198.51.100.200', second.send))
  t.is((await decide(person, codes, { username: 'alice' })).status, 200)
  const there = createDevice(second.send, issuer)
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      (index % 2 === 0 ? device : there).poll(codes.device_code, ME),
    ),
  )
  t.is(answers.filter(({ status }) => status === 200).length, 1)
})

test('without the store a device and its person are told to come again, and nothing is half done', async (t) => {
  const lonely = await startValkey()
  const hosted = await startOAuthServer({ valkey: lonely })
  t.teardown(() => hosted.stop())
  const its = createDevice(hosted.send, issuer)
  const { client_id } = await createOAuthClient(hosted.send, issuer).register({
    grant_types: GRANTS,
  })
  const person = createPerson(hosted.send)
  const codes = await its.begin({ client_id, resource: ECHO })
  const page = await openQuestion(person, codes.verification_uri_complete)
  await lonely.stop()
  for (const response of [
    await its.ask({ client_id }),
    await its.poll(codes.device_code, { client_id }),
    await enterCode(person, issuer, codes.user_code),
    await person.submit(page, { username: 'alice' }),
  ]) {
    t.is(response.status, 503)
    t.truthy(response.headers.get('retry-after'))
  }
})
