import test from 'ava'
import { decodeJwt } from 'jose'
import { digest } from '../../../lib/platform/seal.ts'
import { redisRevocations } from '../../../lib/store/revocations.ts'
import { redisAuthorizationCodes } from '../../../oauth-server/store/codes.ts'
import { redisGrants } from '../../../oauth-server/store/grants.ts'
import { createOAuthClient, type Registered } from '../../support/oauth-client.ts'
import { startOAuthServer } from '../../support/oauth-server.ts'
import { createPerson } from '../../support/person.ts'

const server = await startOAuthServer()
test.after.always(() => server.stop())
const { send, issuer } = server
const client = createOAuthClient(send, issuer)
const ECHO = `${issuer}/echo/mcp`

const manage = (
  method: string,
  { client_id: id, registration_access_token: token }: Registered,
  document?: object,
) =>
  send({
    url: `${issuer}/register/${id}`,
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(document === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(document === undefined ? {} : { body: JSON.stringify(document) }),
  })

const METADATA = {
  client_name: 'After',
  redirect_uris: ['http://localhost/after'],
  token_endpoint_auth_method: 'none',
}

test('reads what was registered, and hands the token out again', async (t) => {
  const held = await client.register({ client_uri: 'https://a.example' })
  const response = await manage('GET', held)
  t.is(response.status, 200)
  t.is(response.headers.get('cache-control'), 'no-store')
  t.is(response.headers.get('www-authenticate'), null)
  t.deepEqual(response.json(), held)
})

test('a secret is not shown again, since only its hash is kept', async (t) => {
  const held = await client.register({ token_endpoint_auth_method: 'client_secret_post' })
  const { client_secret: _secret, ...rest } = held
  t.deepEqual((await manage('GET', held)).json(), rest)
})

test('replaces everything, and rotates the token', async (t) => {
  const held = await client.register({ client_uri: 'https://a.example' })
  const response = await manage('PUT', held, { ...METADATA, client_id: held.client_id })
  t.is(response.status, 200, response.text)
  const replaced = response.json() as Registered
  t.like(replaced, { ...METADATA, client_id: held.client_id, client_uri: undefined })
  t.is(replaced['client_id_issued_at'], held['client_id_issued_at'])
  t.not(replaced['registration_access_token'], held['registration_access_token'])
  t.is((await manage('GET', held)).status, 401)
  t.deepEqual((await manage('GET', replaced)).json(), replaced)
  const old = client.begin(held.client_id, { resource: ECHO })
  t.is((await send({ url: old.url })).status, 400)
  const { url } = client.begin(held.client_id, {
    resource: ECHO,
    redirect_uri: 'http://localhost:5000/after',
  })
  t.is((await send({ url })).status, 200)
})

test('whoever lost the answer of a replacement gets the same one again, and nobody else', async (t) => {
  const held = await client.register()
  const document = {
    ...METADATA,
    token_endpoint_auth_method: 'client_secret_post',
    client_id: held.client_id,
  }
  const lost = await manage('PUT', held, document)
  t.is(lost.status, 200)
  t.true(typeof lost.json()['client_secret'] === 'string')
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const again = await manage('PUT', held, document)
    t.is(again.status, 200)
    t.is(again.headers.get('cache-control'), 'no-store')
    t.is(again.text, lost.text)
  }
  for (const other of [
    { ...document, client_name: 'Other' },
    { ...document, client_uri: 'https://a.example' },
    {},
  ]) {
    const refused = await manage('PUT', held, other)
    t.is(refused.status, 401, JSON.stringify(other))
    t.is(refused.headers.get('www-authenticate'), 'Bearer error="invalid_token"')
  }
  const foreign = { ...held, registration_access_token: 'x'.repeat(43) }
  t.is((await manage('PUT', foreign, document)).status, 401)
  t.is((await manage('GET', held)).status, 401)
  t.is((await manage('DELETE', held)).status, 401)
  const next = lost.json() as Registered
  t.is((await manage('PUT', next, document)).status, 200)
  t.is((await manage('PUT', held, document)).status, 401, 'there is a newer one')
})

test('of ten replacements at once, all the same, all get one answer', async (t) => {
  const held = await client.register()
  const document = { ...METADATA, client_id: held.client_id }
  const answers = await Promise.all(Array.from({ length: 10 }, () => manage('PUT', held, document)))
  t.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
  t.is(new Set(answers.map(({ text }) => text)).size, 1)
  t.is((await manage('GET', answers[0]?.json() as Registered)).status, 200)
})

test('of ten different replacements at once one counts', async (t) => {
  const held = await client.register()
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      manage('PUT', held, { ...METADATA, client_id: held.client_id, client_name: `N${index}` }),
    ),
  )
  const [winner, ...more] = answers.filter(({ status }) => status === 200)
  t.deepEqual(more, [])
  t.true(answers.every(({ status }) => status === 200 || status === 401))
  t.is((await manage('GET', winner?.json() as Registered)).text, winner?.text ?? '')
})

test('a replacement leaves nothing in the store that opens anything', async (t) => {
  const redis = await server.valkey.connect()
  const held = await client.register()
  const document = { ...METADATA, client_id: held.client_id }
  const sent = { ...document, token_endpoint_auth_method: 'client_secret_basic' }
  const answer = (await manage('PUT', held, sent)).json()
  const record = await redis.get(`client:${held.client_id}`)
  const kept = JSON.stringify([record, await redis.hgetall(`client:${held.client_id}:replaced`)])
  t.regex(kept, /"answer":"[\w-]{100,}"/)
  for (const secret of [
    held['registration_access_token'],
    answer['registration_access_token'],
    answer['client_secret'],
  ]) {
    t.regex(String(secret), /^[\w-]{43}$/)
    t.false(kept.includes(String(secret)))
    t.false(server.lines.some((line) => line.includes(String(secret))))
  }
})

test('a method with a secret brings one, and one without takes it away', async (t) => {
  const held = await client.register()
  const put = async (at: Registered, method: string, more: object = {}) => {
    const document = { ...METADATA, client_id: held.client_id, ...more }
    const sent = { ...document, token_endpoint_auth_method: method }
    return (await manage('PUT', at, sent)).json() as Registered
  }
  const secret = await put(held, 'client_secret_post')
  t.regex(String(secret.client_secret), /^[\w-]{43}$/)
  t.is(secret['client_secret_expires_at'], 0)
  const kept = await put(secret, 'client_secret_basic', { client_secret: secret.client_secret })
  t.false(Object.hasOwn(kept, 'client_secret'))
  const credentials = { client_id: held.client_id, client_secret: String(secret.client_secret) }
  const grant = { grant_type: 'authorization_code', code: 'x' }
  t.is((await client.token({ ...grant, ...credentials })).json()['error'], 'invalid_grant')
  await put(kept, 'none')
  t.is((await client.token({ ...grant, ...credentials })).json()['error'], 'invalid_client')
})

test('a client id of another, or none, is not replaced', async (t) => {
  const held = await client.register()
  for (const changes of [{}, { client_id: 'other' }, { client_id: 1 }]) {
    const response = await manage('PUT', held, { ...METADATA, ...changes })
    t.is(response.status, 400)
    t.is(response.json()['error'], 'invalid_client_metadata')
  }
})

test('what is ours to set is refused, and so is a chosen secret', async (t) => {
  const held = await client.register()
  for (const changes of [
    { registration_access_token: held['registration_access_token'] },
    { registration_client_uri: 'https://a.example' },
    { client_secret_expires_at: 0 },
    { client_id_issued_at: 1 },
    { client_secret: 'chosen by myself' },
  ]) {
    const response = await manage('PUT', held, {
      ...METADATA,
      client_id: held.client_id,
      ...changes,
    })
    t.is(response.status, 400, JSON.stringify(changes))
  }
  t.is((await manage('GET', held)).status, 200)
})

test('bad metadata changes nothing', async (t) => {
  const held = await client.register()
  const redirect_uris = ['javascript:alert(1)']
  const document = { ...METADATA, client_id: held.client_id, redirect_uris }
  const response = await manage('PUT', held, document)
  t.is(response.json()['error'], 'invalid_redirect_uri')
  t.deepEqual((await manage('GET', held)).json(), held)
})

test('without the right token nobody learns whether a client exists', async (t) => {
  const [held, other] = [await client.register(), await client.register()]
  const foreign = other['registration_access_token']
  const answers = await Promise.all(
    [
      { ...held, registration_access_token: 'wrong' },
      { ...held, registration_access_token: foreign },
      { client_id: 'a'.repeat(22), registration_access_token: foreign },
      { client_id: '../token', registration_access_token: foreign },
    ].map((who) => manage('DELETE', who as Registered)),
  )
  for (const { status, headers, text } of answers.slice(0, 3)) {
    t.is(status, 401)
    t.is(text, answers[0]?.text ?? '')
    t.is(headers.get('www-authenticate'), 'Bearer error="invalid_token"')
  }
  t.true([401, 404, 405].includes(answers[3]?.status ?? 0))
  const none = await send({ url: `${issuer}/register/${held.client_id}` })
  t.is(none.status, 401)
  t.is(none.headers.get('www-authenticate'), 'Bearer')
  t.is((await manage('GET', held)).status, 200)
})

test('whoever guesses is stopped, and does not hinder a neighbour with the right token', async (t) => {
  const held = await client.register()
  const guess = (method: string, index: number) =>
    send({
      url: `${issuer}/register/${index % 2 === 0 ? held.client_id : 'a'.repeat(22)}`,
      method,
      headers: { authorization: `Bearer guess${index}`, 'x-forwarded-for': '198.51.100.7' },
    })
  const answers = await Promise.all(
    Array.from({ length: 90 }, (_, index) =>
      guess(['GET', 'PUT', 'DELETE'][index % 3] ?? '', index),
    ),
  )
  const stopped = answers.filter(({ status }) => status === 429)
  // One more is let through each second.
  t.true(stopped.length > 0 && stopped.length <= 30, String(stopped.length))
  t.is(answers.filter(({ status }) => status === 401).length, 90 - stopped.length)
  for (const { headers } of stopped) t.regex(headers.get('retry-after') ?? '', /^[1-9]/)
  const right = await send({
    url: `${issuer}/register/${held.client_id}`,
    headers: {
      authorization: `Bearer ${held['registration_access_token']}`,
      'x-forwarded-for': '198.51.100.7',
    },
  })
  t.is(right.status, 200)
})

test('another method gets 405, a page’s preflight every method there is', async (t) => {
  const held = await client.register()
  const response = await manage('PATCH', held)
  t.is(response.status, 405)
  t.regex(response.headers.get('allow') ?? '', /GET.*PUT.*DELETE/)
  const preflight = await send({ url: `${issuer}/register/${held.client_id}`, method: 'OPTIONS' })
  t.is(preflight.status, 204)
  t.is(preflight.headers.get('access-control-allow-methods'), 'GET, PUT, DELETE')
  t.regex(preflight.headers.get('access-control-allow-headers') ?? '', /authorization/)
})

test('what a client says about itself never stands in the way of its deletion', async (t) => {
  const deep = `${'['.repeat(1500)}${']'.repeat(1500)}`
  const body = JSON.stringify({
    ...METADATA,
    client_uri: 'https://a.example/\ud800',
    jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid: '\udfff', deep: 'DEEP' }] },
  })
  const register = (text: string) =>
    send({
      url: `${issuer}/register`,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: text,
    })
  t.is((await register(body.replace('"DEEP"', deep))).status, 400)
  const held = (await register(body)).json() as Registered
  const replaced = await manage('PUT', held, { ...METADATA, client_id: held.client_id })
  t.is(replaced.status, 200, replaced.text)
  t.is((await manage('DELETE', replaced.json() as Registered)).status, 204)
})

test('a replacement is read as strictly as a registration', async (t) => {
  const held = await client.register()
  const members = JSON.stringify({ ...METADATA, client_id: held.client_id }).slice(1)
  for (const text of [`{"client_name":"x",${members}`, `{"__proto__":{},${members}`]) {
    const response = await send({
      url: `${issuer}/register/${held.client_id}`,
      method: 'PUT',
      headers: {
        authorization: `Bearer ${held['registration_access_token']}`,
        'content-type': 'application/json',
      },
      body: text,
    })
    t.is(response.status, 400, response.text)
    t.is(response.json()['error'], 'invalid_client_metadata')
  }
  t.is((await manage('GET', held)).status, 200)
})

test('deletion ends codes, refresh tokens and the client itself', async (t) => {
  const held = await client.register()
  const begin = () => client.begin(held.client_id, { resource: ECHO })
  const person = createPerson(send)
  const [spent, unspent] = [begin(), begin()]
  const codes: string[] = []
  for (const { url } of [spent, unspent]) {
    const target = await person.authorize(url, { username: 'dora' })
    codes.push(target.searchParams.get('code') ?? '')
  }
  const waiting = await person.open(begin().url)
  const exchange = (code: string, verifier: string) =>
    client.token({
      grant_type: 'authorization_code',
      client_id: held.client_id,
      code,
      code_verifier: verifier,
    })
  const tokens = (await exchange(codes[0] ?? '', spent.verifier)).json()
  t.is((await manage('DELETE', held)).status, 204)
  t.is((await manage('DELETE', held)).status, 401)
  t.is((await manage('GET', held)).status, 401)
  const late = await exchange(codes[1] ?? '', unspent.verifier)
  t.is(late.json()['error'], 'invalid_client')
  const refresh_token = String(tokens['refresh_token'])
  const fields = { grant_type: 'refresh_token', client_id: held.client_id, refresh_token }
  t.is((await client.token(fields)).json()['error'], 'invalid_client')
  t.is((await send({ url: begin().url })).status, 400)
  for (const decision of ['approve', 'deny'] as const) {
    const page = await person.submit(waiting, { decision, username: 'dora' })
    t.is(page.status, 400)
    t.is(page.headers.get('location'), null)
    t.regex(page.headers.get('content-type') ?? '', /^text\/html/)
    t.regex(page.text, /invalid_client|not know/)
    t.notRegex(page.text, /another browser/, 'neither the person nor the page is at fault')
  }
})

test('whoever approves after the redirect URI was taken back is told so, and nobody redirected', async (t) => {
  const held = await client.register()
  const person = createPerson(send)
  const waiting = await person.open(client.begin(held.client_id, { resource: ECHO }).url)
  await manage('PUT', held, { ...METADATA, client_id: held.client_id })
  const page = await person.submit(waiting, { username: 'dora' })
  t.is(page.status, 400)
  t.is(page.headers.get('location'), null)
  t.notRegex(page.text, /another browser/)
})

test('codes and tokens that race with the deletion of their client are dead after it', async (t) => {
  const redis = await server.valkey.connect()
  const revocations = redisRevocations(redis)
  for (let round = 0; round < 8; round += 1) {
    const held = await client.register()
    const person = createPerson(send)
    const codeOf = (answer: { headers: Headers }) =>
      new URL(answer.headers.get('location') ?? 'x:').searchParams.get('code')
    const exchange = (code: string, code_verifier: string) =>
      client.token({
        ...{ grant_type: 'authorization_code', client_id: held.client_id },
        ...{ code, code_verifier },
      })
    const [first, second] = [held, held].map(() => client.begin(held.client_id, { resource: ECHO }))
    const code = codeOf(
      await person.submit(await person.open(first?.url ?? ''), { username: 'dora' }),
    )
    const waiting = await person.open(second?.url ?? '')
    const [bought, approved, deleted] = await Promise.all([
      exchange(code ?? '', first?.verifier ?? ''),
      person.submit(waiting, { username: 'dora' }),
      manage('DELETE', held),
    ])
    t.is(deleted.status, 204)
    const late = await exchange(codeOf(approved) ?? 'none', second?.verifier ?? '')
    t.is(late.status, 401)
    t.is(late.json()['error'], 'invalid_client')
    t.true([200, 400, 401].includes(bought.status), bought.text)
    if (bought.status !== 200) continue
    const claims = decodeJwt(String(bought.json()['access_token']))
    const { revoked } = await revocations.ask({
      tokenId: String(claims.jti),
      grantId: String(claims['grant_id']),
      clientId: held.client_id,
      userId: String(claims.sub),
      issuedAt: claims.iat ?? 0,
    })
    t.true(revoked)
  }
})

test('a code that was made after the deletion of its client buys nothing', async (t) => {
  const redis = await server.valkey.connect()
  const held = await client.register()
  t.is((await manage('DELETE', held)).status, 204)
  const clientId = held.client_id
  const grant = await redisGrants(redis).create({
    ...{ userId: 'dev:dora', userName: 'dora', clientId },
    ...{ resource: ECHO, scopes: ['mcp'], authenticatedAt: 1 },
  })
  const code_verifier = 'v'.repeat(43)
  const code = await redisAuthorizationCodes(redis).issue({
    ...{ grantId: grant.id, userId: 'dev:dora', clientId, nonce: undefined },
    ...{ redirectUri: METADATA.redirect_uris[0] ?? '', codeChallenge: digest(code_verifier) },
  })
  const other = await client.register()
  for (const [client_id, error] of [
    [clientId, 'invalid_client'],
    [other.client_id, 'invalid_grant'],
  ] as const) {
    const fields = { grant_type: 'authorization_code', client_id, code, code_verifier }
    t.is((await client.token(fields)).json()['error'], error)
  }
})
