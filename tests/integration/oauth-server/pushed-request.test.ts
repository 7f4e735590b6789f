import test from 'ava'
import { pushedRequestId } from '../../../oauth-server/store/pushed-requests.ts'
import { form } from '../../support/http.ts'
import { createOAuthClient, type Fields } from '../../support/oauth-client.ts'
import { startOAuthServer } from '../../support/oauth-server.ts'
import { createPerson } from '../../support/person.ts'

const server = await startOAuthServer()
const { send, issuer } = server
const client = createOAuthClient(send, issuer)
const CB = 'https://app.example/cb'
const WEB = { redirect_uri: CB, resource: `${issuer}/echo/mcp` }
const web = await client.register({ redirect_uris: [CB] })
const confidential = await client.register({
  redirect_uris: [CB],
  token_endpoint_auth_method: 'client_secret_basic',
})
const secret = confidential.client_secret ?? ''
test.after.always(() => server.stop())

const push = (fields: Fields, headers: Fields = {}) => {
  const sent = form(fields)
  return send({ ...sent, url: `${issuer}/par`, headers: { ...sent.headers, ...headers } })
}

/** What a good authorize URL carries, as the fields of a form. */
const request = (clientId: string, changes: Fields = {}) => {
  const { url, verifier } = client.begin(clientId, { ...WEB, ...changes })
  return { fields: Object.fromEntries(new URL(url).searchParams), verifier }
}

const authorizeUrl = (clientId: string, requestUri: string, more: Fields = {}) =>
  `${issuer}/authorize?${new URLSearchParams({ client_id: clientId, request_uri: requestUri, ...more })}`

const pushed = async (changes: Fields = {}) => {
  const { fields, verifier } = request(web.client_id, changes)
  const answer = await push(fields)
  if (answer.status !== 201) throw new Error(answer.text)
  const requestUri = String(answer.json()['request_uri'])
  return { requestUri, verifier, url: authorizeUrl(web.client_id, requestUri) }
}

test('a pushed request is answered with a URI that leads to a code', async (t) => {
  const { fields, verifier } = request(web.client_id, { state: 'pushed state' })
  const answer = await push(fields)
  t.is(answer.status, 201)
  t.is(answer.headers.get('cache-control'), 'no-store')
  t.is(answer.headers.get('access-control-allow-origin'), null)
  const { request_uri, ...rest } = answer.json()
  t.deepEqual(rest, { expires_in: 60 })
  const url = authorizeUrl(web.client_id, String(request_uri))
  const redirect = await createPerson(send).authorize(url, { username: 'alice' })
  t.is(redirect.origin + redirect.pathname, CB)
  t.is(redirect.searchParams.get('state'), 'pushed state')
  const token = await client.token({
    grant_type: 'authorization_code',
    code: redirect.searchParams.get('code') ?? '',
    code_verifier: verifier,
    client_id: web.client_id,
  })
  t.is(token.status, 200)
})

test('beside the request URI nothing of the query counts', async (t) => {
  const { requestUri } = await pushed()
  const more = {
    redirect_uri: 'https://evil.example/cb',
    scope: 'openid',
    state: 'evil',
    response_type: 'token',
    prompt: 'none',
  }
  const url = authorizeUrl(web.client_id, requestUri, more)
  const redirect = await createPerson(send).authorize(url, { username: 'alice' })
  t.is(redirect.origin + redirect.pathname, CB)
  t.is(redirect.searchParams.get('state'), 'a state')
})

test('it can be opened again and again, and is used up by the decision', async (t) => {
  const { url } = await pushed()
  t.is((await send({ url, headers: { accept: '*/*' } })).status, 200)
  t.is((await send({ url, method: 'HEAD' })).status, 200)
  const person = createPerson(send)
  await person.open(url)
  await person.authorize(url, { username: 'alice' })
  const again = await person.open(url)
  t.is(again.response.status, 400)
  t.is(again.response.headers.get('location'), null)
  t.true(again.response.text.includes('invalid_request_uri'))
})

test('opened in two browsers it gives one answer', async (t) => {
  const { url } = await pushed()
  const [one, other] = [createPerson(send), createPerson(send)]
  const pages = [await one.open(url), await other.open(url)] as const
  const approve = { username: 'cleo', decision: 'approve' } as const
  const first = await one.submit(pages[0], approve)
  t.true(first.headers.get('location')?.includes('code='))
  const second = await other.submit(pages[1], approve)
  t.is(second.status, 403)
  t.is(second.headers.get('location'), null)
})

test('a denial is a decision too', async (t) => {
  const { url } = await pushed()
  const person = createPerson(send)
  const response = await person.submit(await person.open(url), { decision: 'deny' })
  t.true(response.headers.get('location')?.includes('error=access_denied'))
  t.is((await person.open(url)).response.status, 400)
})

test('answered without a page it is used up as well', async (t) => {
  const person = createPerson(send)
  await person.authorize((await pushed()).url, { username: 'bea' })
  const { url } = await pushed({ prompt: 'none' })
  const first = await person.open(url)
  t.true(first.response.headers.get('location')?.includes('code='))
  const second = await person.open(url)
  t.is(second.response.status, 400)
  t.is(second.response.headers.get('location'), null)
})

test('unknown, expired and other clients’ URIs redirect nowhere', async (t) => {
  const { requestUri } = await pushed()
  const other = await client.register({ redirect_uris: [CB] })
  const expired = await pushed()
  const redis = await server.valkey.connect()
  t.is(await redis.expire(`pushed-request:${pushedRequestId(expired.requestUri)}`, 0), 1)
  const urls = [
    authorizeUrl(other.client_id, requestUri),
    authorizeUrl(web.client_id, 'urn:ietf:params:oauth:request_uri:unknown'),
    authorizeUrl(web.client_id, 'urn:ietf:params:oauth:request_uri:'),
    `${authorizeUrl(web.client_id, requestUri)}&request_uri=x`,
    authorizeUrl(web.client_id, expired.requestUri),
  ]
  for (const url of urls) {
    const { status, headers, text } = await send({ url, headers: { accept: 'text/html' } })
    t.is(status, 400)
    t.is(headers.get('location'), null)
    t.notRegex(text, /name="decision"/)
  }
  t.is((await send({ url: authorizeUrl(web.client_id, requestUri) })).status, 200, 'still there')
})

test('a confidential client authenticates, by Basic or in the form', async (t) => {
  const { client_id } = confidential
  const { fields } = request(client_id)
  const { client_id: _named, ...unnamed } = fields
  const basic = `Basic ${Buffer.from(`${client_id}:${secret}`).toString('base64')}`
  t.is((await push(unnamed, { authorization: basic })).status, 201)
  t.is((await push(fields, { authorization: basic })).status, 201)
  t.is((await push({ ...fields, client_secret: secret })).status, 201)
  const wrong = `Basic ${Buffer.from(`${client_id}:wrong`).toString('base64')}`
  for (const answer of [
    await push(fields),
    await push({ ...fields, client_secret: 'wrong' }),
    await push(fields, { authorization: wrong }),
    await push({ ...fields, client_id: 'unknown' }),
  ]) {
    t.is(answer.status, 401)
    t.is(answer.json()['error'], 'invalid_client')
  }
})

const refused = test.macro({
  async exec(t, error: string, changes: Fields) {
    const answer = await push(request(web.client_id, changes).fields)
    t.is(answer.status, 400)
    t.is(answer.json()['error'], error)
    t.is(answer.headers.get('cache-control'), 'no-store')
    t.is(answer.headers.get('location'), null)
  },
  title: (name = '') => `every fault is told to the client itself: ${name}`,
})

test('redirect_uri', refused, 'invalid_request', { redirect_uri: 'https://evil.example/cb' })
test('response_type', refused, 'unsupported_response_type', { response_type: 'token' })
test('response_mode', refused, 'invalid_request', { response_mode: 'fragment' })
test('challenge', refused, 'invalid_request', { code_challenge: '' })
test('resource', refused, 'invalid_target', { resource: `${issuer}/nobody/mcp` })
test('prompt', refused, 'invalid_request', { prompt: 'none login' })
test('state', refused, 'invalid_request', { state: 's'.repeat(5000) })
test('request', refused, 'request_not_supported', { request: 'eyJ.e30.' })
test('request_uri', refused, 'invalid_request', { request_uri: 'https://app.example/r' })
test('a pushed request_uri', refused, 'invalid_request', {
  request_uri: 'urn:ietf:params:oauth:request_uri:x',
})

test('repeated parameters, other bodies and other methods are refused', async (t) => {
  const { fields } = request(web.client_id)
  const body = `${new URLSearchParams(fields)}&state=twice`
  const repeated = await send({ ...form({}), url: `${issuer}/par`, body })
  t.is(repeated.json()['error'], 'invalid_request')
  t.is((await push(fields, { 'content-type': 'application/json' })).status, 415)
  const get = await send({ url: `${issuer}/par` })
  t.is(get.status, 405)
  t.is(get.headers.get('allow'), 'POST')
})

test('who pushes too often has to wait', async (t) => {
  const { client_id } = await client.register({ redirect_uris: [CB] })
  const { fields } = request(client_id)
  const answers = await Promise.all(Array.from({ length: 320 }, () => push(fields)))
  const limited = answers.filter(({ status }) => status === 429)
  t.true(limited.length > 0 && limited.length < 30)
  t.truthy(limited[0]?.headers.get('retry-after'))
  t.is((await push(request(web.client_id).fields)).status, 201, 'another client does not')
  const others = Array.from({ length: 20 }, () => push(fields, { 'x-forwarded-for': '192.0.2.1' }))
  const statuses = (await Promise.all(others)).map(({ status }) => status)
  t.deepEqual([...new Set(statuses)], [201], 'nor does anybody else with the same client')
})

test('a client that has proved who it is waits wherever it pushes from', async (t) => {
  const { client_id, client_secret = '' } = await client.register({
    redirect_uris: [CB],
    token_endpoint_auth_method: 'client_secret_post',
  })
  const fields = { ...request(client_id).fields, client_secret }
  const answers = await Promise.all(
    Array.from({ length: 320 }, (_, index) =>
      push(fields, { 'x-forwarded-for': `198.51.100.${index % 2}` }),
    ),
  )
  t.true(answers.some(({ status }) => status === 429))
})
