import { createHmac, randomUUID } from 'node:crypto'
import test from 'ava'
import {
  type CryptoKey,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type JWK,
  type JWTPayload,
  SignJWT,
} from 'jose'
import { redisDocuments } from '../../oauth-server/store/documents.ts'
import { CHATGPT } from '../fixtures/client-documents/documents.ts'
import { REDIRECT, startDocumentWorld, toDocument } from '../support/document-world.ts'
import type { HttpResponse } from '../support/http.ts'
import { createOAuthClient, type Fields } from '../support/oauth-client.ts'
import type { OAuthServer } from '../support/oauth-server.ts'
import { createPerson } from '../support/person.ts'
import { verifiesAlone } from '../support/verifies.ts'

const world = await startDocumentWorld()
const { server, internet, client } = world
const { send, issuer } = server

const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const TOKEN_ENDPOINT = `${issuer}/token`
const ALGORITHMS = ['ES256', 'RS256', 'PS256', 'EdDSA']

interface Signer {
  readonly algorithm: string
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
  readonly jwk: JWK
}

async function makeSigner(algorithm = 'ES256'): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), kid: randomUUID(), use: 'sig' }
  return { algorithm, privateKey, publicKey, jwk }
}

const now = (): number => Math.floor(Date.now() / 1000)

const toClaims = (
  clientId: string,
  changes: Readonly<Record<string, unknown>> = {},
): JWTPayload => ({
  iss: clientId,
  sub: clientId,
  aud: issuer,
  jti: randomUUID(),
  iat: now(),
  exp: now() + 60,
  ...changes,
})

const sign = (signer: Signer, claims: JWTPayload, header: object = {}): Promise<string> =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: signer.algorithm, kid: signer.jwk.kid ?? '', ...header })
    .sign(signer.privateKey)

let count = 0
function publish(changes: object): string {
  count += 1
  const url = `https://client.test/signers/${count}.json`
  const method = { token_endpoint_auth_method: 'private_key_jwt' }
  internet.serve(url, toDocument(url, { ...method, ...changes }))
  return url
}

/** A code, a token for it, and from then on refreshes: each is authenticated. */
async function getCode(clientId: string, changes: Fields = {}): Promise<Fields> {
  const resource = `${issuer}/echo/mcp`
  const redirect_uri = REDIRECT
  const { url, verifier } = client.begin(clientId, { resource, redirect_uri, ...changes })
  const redirect = await createPerson(send).authorize(url, { username: 'alice' })
  return {
    grant_type: 'authorization_code',
    code: redirect.searchParams.get('code') ?? '',
    code_verifier: verifier,
  }
}

const withAssertion = (assertion: string): Fields => ({
  client_assertion_type: TYPE,
  client_assertion: assertion,
})

/** Of any client that is let in: this token is not one of ours. */
const isLetIn = (answer: HttpResponse): boolean =>
  answer.status === 400 && answer.json()['error'] === 'invalid_grant'

const isRefused = (answer: HttpResponse): boolean =>
  answer.status === 401 && answer.json()['error'] === 'invalid_client'

const NO_TOKEN = { grant_type: 'refresh_token', refresh_token: 'none of ours' }
const tryWith = (assertion: string, more: Fields = {}) =>
  client.token({ ...NO_TOKEN, ...withAssertion(assertion), ...more })

const signer = await makeSigner()
const signing = publish({ jwks: { keys: [signer.jwk] } })
test.after.always(() => world.stop())

verifiesAlone('assertion-accepted', async (t) => {
  const { json } = await send({ url: `${issuer}/.well-known/oauth-authorization-server` })
  t.true((json()['token_endpoint_auth_methods_supported'] as unknown[]).includes('private_key_jwt'))
  t.deepEqual(json()['token_endpoint_auth_signing_alg_values_supported'], ALGORITHMS)
  for (const algorithm of ALGORITHMS) {
    const one = await makeSigner(algorithm)
    const id = publish({ jwks: { keys: [one.jwk] } })
    const assertion = await sign(one, toClaims(id))
    const answer = await client.token({ ...(await getCode(id)), ...withAssertion(assertion) })
    t.is(answer.status, 200, algorithm)
    const refreshed = await client.token({
      grant_type: 'refresh_token',
      refresh_token: String(answer.json()['refresh_token']),
      client_id: id,
      ...withAssertion(await sign(one, toClaims(id))),
    })
    t.is(refreshed.status, 200, algorithm)
  }
  for (const aud of [issuer, TOKEN_ENDPOINT, [issuer], [TOKEN_ENDPOINT]]) {
    t.true(isLetIn(await tryWith(await sign(signer, toClaims(signing, { aud })))), String(aud))
  }
  const lifetime = { iat: now() + 3, exp: now() + 600, nbf: now() + 3 }
  t.true(isLetIn(await tryWith(await sign(signer, toClaims(signing, lifetime)))))
  t.false(
    server.lines.some((line) => line.includes('eyJ')),
    'no assertion in the log',
  )
})

verifiesAlone('assertion-required', async (t) => {
  const code = await getCode(signing)
  for (const more of [{}, { client_secret: 'x' }]) {
    const answer = await client.token({ ...code, client_id: signing, ...more })
    t.true(isRefused(answer), answer.text)
    t.is(answer.headers.get('cache-control'), 'no-store')
  }
  const basic = Buffer.from(`${encodeURIComponent(signing)}:`).toString('base64')
  t.true(isRefused(await client.token(code, { authorization: `Basic ${basic}` })))
  const assertion = await sign(signer, toClaims(signing))
  const answer = await client.token({ ...code, ...withAssertion(assertion) })
  t.is(answer.status, 200, 'nothing was used up')
  // ChatGPT may, and need not.
  const chatgpt = await makeSigner('RS256')
  internet.serve(CHATGPT.jwks_uri, { keys: [chatgpt.jwk] })
  t.true(isLetIn(await client.token({ ...NO_TOKEN, client_id: CHATGPT.client_id })))
  t.true(isLetIn(await tryWith(await sign(chatgpt, toClaims(CHATGPT.client_id)))))
  t.true(isRefused(await tryWith(await sign(signer, toClaims(CHATGPT.client_id)))))
  // Whoever did not say so may not.
  const plain = publish({ token_endpoint_auth_method: 'none', jwks: { keys: [signer.jwk] } })
  t.true(isRefused(await tryWith(await sign(signer, toClaims(plain)))))
  const { client_id } = await client.register()
  t.true(isRefused(await tryWith(await sign(signer, toClaims(client_id)))))
})

verifiesAlone('assertion-once', async (t) => {
  const other: OAuthServer = await world.startAnother()
  t.teardown(() => other.stop())
  const clients = [client, createOAuthClient(other.send, issuer)]
  const fields = { ...NO_TOKEN, ...withAssertion(await sign(signer, toClaims(signing))) }
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => clients[index % 2]?.token(fields)),
  )
  const letIn = answers.filter((answer) => answer !== undefined && isLetIn(answer))
  t.is(letIn.length, 1)
  t.is(answers.filter((answer) => answer !== undefined && isRefused(answer)).length, 19)
  const jti = randomUUID()
  for (const expected of [isLetIn, isRefused]) {
    t.true(expected(await tryWith(await sign(signer, toClaims(signing, { jti, exp: now() + 90 })))))
  }
  const wrong = toClaims(signing, { aud: 'https://other.example' })
  t.true(isRefused(await tryWith(await sign(signer, wrong))))
  const right = toClaims(signing, { jti: wrong.jti })
  t.true(isLetIn(await tryWith(await sign(signer, right))), 'a refused one uses no jti up')
})

verifiesAlone('assertion-claims', async (t) => {
  for (const [name, changes] of Object.entries<Record<string, unknown>>({
    'another issuer': { iss: 'https://client.test/other.json' },
    'no issuer': { iss: undefined },
    'another audience': { aud: 'https://other.example/token' },
    'a part of the audience': { aud: `${issuer}/` },
    'a resource': { aud: `${issuer}/echo/mcp` },
    'two audiences': { aud: [issuer, TOKEN_ENDPOINT] },
    'no audience': { aud: undefined },
    'an empty audience': { aud: [] },
    expired: { exp: now() - 6 },
    'for ever': { exp: undefined },
    'for an hour': { exp: now() + 3600 },
    'a text for exp': { exp: String(now() + 60) },
    'from the future': { iat: now() + 60 },
    'not yet': { nbf: now() + 60 },
    'no jti': { jti: undefined },
    'an empty jti': { jti: '' },
    'a number for jti': { jti: 1 },
    'a very long jti': { jti: 'x'.repeat(513) },
    'a list for sub': { sub: [signing] },
    'an object for sub that is no text': { sub: { toString: null, valueOf: null } },
    'another subject': { sub: 'https://client.test/signers/none.json' },
  })) {
    const claims = toClaims(signing, changes)
    const answer = await tryWith(await sign(signer, claims))
    t.true(isRefused(answer), `${name}: ${answer.text}`)
  }
  const anonymous = await sign(signer, toClaims(signing, { sub: undefined }))
  t.true(isRefused(await tryWith(anonymous)))
  t.true(isRefused(await tryWith(anonymous, { client_id: signing })))
  for (const garbage of ['x', 'a.b.c', `${await sign(signer, toClaims(signing))}x`]) {
    t.true(isRefused(await tryWith(garbage, { client_id: signing })), garbage)
  }
})

verifiesAlone('assertion-signature', async (t) => {
  const rsa = await makeSigner('RS256')
  const id = publish({ jwks: { keys: [rsa.jwk, signer.jwk] } })
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const unsigned = (alg: string): string => `${encode({ alg })}.${encode(toClaims(id))}`
  for (const alg of ['none', 'None', 'NONE']) {
    t.true(isRefused(await tryWith(`${unsigned(alg)}.`)), alg)
  }
  const pem = await exportSPKI(rsa.publicKey)
  for (const key of [pem, pem.trim(), JSON.stringify(rsa.jwk)]) {
    const body = unsigned('HS256')
    const mac = createHmac('sha256', key).update(body).digest('base64url')
    t.true(isRefused(await tryWith(`${body}.${mac}`)), 'HS256')
  }
  const foreign = await makeSigner()
  t.true(isRefused(await tryWith(await sign(foreign, toClaims(id)))), 'unknown kid')
  const { kid } = signer.jwk
  t.true(isRefused(await tryWith(await sign(foreign, toClaims(id), { kid }))), 'its kid')
  const embedded = { jwk: foreign.jwk, jku: 'https://keys.test/set' }
  t.true(isRefused(await tryWith(await sign(foreign, toClaims(id), embedded))), 'a key of its own')
  t.is(internet.count('https://keys.test/set'), 0)
  t.true(isLetIn(await tryWith(await sign(signer, toClaims(id)))))
})

verifiesAlone('assertion-key-rotation', async (t) => {
  const uri = 'https://keys.test/rotation'
  const [first, second] = [await makeSigner(), await makeSigner()]
  internet.serve(uri, { keys: [first.jwk] })
  const id = publish({ jwks_uri: uri })
  const other = await world.startAnother({ RATE_LIMIT_FACTOR: '1' })
  t.teardown(() => other.stop())
  const { token } = createOAuthClient(other.send, issuer)
  const attempt = async (one: Signer) =>
    token({ ...NO_TOKEN, ...withAssertion(await sign(one, toClaims(id))) })
  t.true(isLetIn(await attempt(first)))
  t.true(isLetIn(await attempt(first)))
  t.is(internet.count(uri), 1, 'kept for a minute at least')
  internet.serve(uri, { keys: [second.jwk, { kty: 'oct', k: 'x' }, { kty: 'future' }] })
  t.true(isLetIn(await attempt(second)))
  t.is(internet.count(uri), 2)
  t.true(isRefused(await attempt(first)), 'what was taken away is gone')
  for (let tries = 0; tries < 5; tries += 1) t.true(isRefused(await attempt(await makeSigner())))
  t.is(internet.count(uri), 2, 'one more in ten seconds, whatever comes')
})

test('keys of a document are those of now, once it is due, where it can be had', async (t) => {
  const [first, second] = [await makeSigner(), await makeSigner()]
  const id = publish({ jwks: { keys: [first.jwk] } })
  const attempt = async (one: Signer) => tryWith(await sign(one, toClaims(id)))
  t.true(isLetIn(await attempt(first)))
  const redis = await server.valkey.connect()
  const documents = redisDocuments(redis)
  const age = async () => {
    const known = await documents.find('client', id)
    if (known === undefined) throw new Error('it is not kept')
    const fetchedAt = Date.now() - 20 * 86_400_000
    await documents.put('client', id, { ...known, fetchedAt, freshUntil: fetchedAt + 60_000 })
  }
  await age()
  const changed = { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [second.jwk] } }
  internet.serve(id, toDocument(id, changed))
  t.true(isRefused(await attempt(first)), 'what was withdrawn long ago')
  await age()
  t.true(isLetIn(await attempt(second)))
  await age()
  internet.serve(id, (_request, response) => response.destroy())
  t.true(isLetIn(await attempt(second)), 'while its host is away')
})

verifiesAlone('assertion-keys-away', async (t) => {
  const one = await makeSigner()
  for (const [path, serve] of Object.entries({
    away: () => {},
    wrong: (uri: string) => internet.serve(uri, { keys: 'x' }),
    huge: (uri: string) => internet.serve(uri, { keys: [one.jwk], pad: 'x'.repeat(65_536) }),
  })) {
    const uri = `https://keys.test/${path}`
    serve(uri)
    const id = publish({ jwks_uri: uri })
    const answer = await tryWith(await sign(one, toClaims(id)))
    t.is(answer.status, 503, path)
    t.is(answer.json()['error'], 'temporarily_unavailable')
    t.truthy(answer.headers.get('retry-after'))
    internet.serve(uri, { keys: [one.jwk], pad: 'x'.repeat(60_000) })
    t.true(isLetIn(await tryWith(await sign(one, toClaims(id)))), 'an error is not kept')
  }
})

verifiesAlone('assertion-key-limits', async (t) => {
  const other = await world.startAnother({ RATE_LIMIT_FACTOR: '1' })
  t.teardown(() => other.stop())
  const { token } = createOAuthClient(other.send, issuer)
  const one = await makeSigner()
  const attempt = async (address: string) => {
    count += 1
    const jwks_uri = `https://keys.test/limited/${count}`
    const token_endpoint_auth_method = 'private_key_jwt'
    const { client_id } = await client.register({ token_endpoint_auth_method, jwks_uri })
    const fields = { ...NO_TOKEN, ...withAssertion(await sign(one, toClaims(client_id))) }
    return await token(fields, { 'x-forwarded-for': address })
  }
  const asked = () => internet.asked.filter((url) => url.includes('/limited/')).length
  const answers: HttpResponse[] = []
  for (let tries = 0; tries < 75; tries += 1) answers.push(await attempt('203.0.113.1'))
  const limited = answers.filter(({ status }) => status === 429)
  t.true(limited.length > 0 && limited.length <= 15, `${limited.length}`)
  t.is(limited[0]?.json()['error'], 'temporarily_unavailable')
  t.true(Number(limited[0]?.headers.get('retry-after')) >= 1)
  t.is(asked(), answers.length - limited.length)
  t.is((await attempt('203.0.113.2')).status, 503, 'another address')
  t.is(asked(), answers.length - limited.length + 1)
})

verifiesAlone('assertion-one-way', async (t) => {
  const isWrong = (answer: HttpResponse): boolean =>
    answer.status === 400 && answer.json()['error'] === 'invalid_request'
  const assertion = await sign(signer, toClaims(signing))
  t.true(isWrong(await tryWith(assertion, { client_secret: 'x' })))
  t.true(isWrong(await tryWith(assertion, { client_id: 'another' })))
  const authorization = `Basic ${Buffer.from('a:b').toString('base64')}`
  const beside = { ...NO_TOKEN, ...withAssertion(assertion) }
  t.true(isWrong(await client.token(beside, { authorization })))
  t.true(isWrong(await client.token({ ...NO_TOKEN, client_assertion: assertion })))
  t.true(isWrong(await client.token({ ...NO_TOKEN, client_assertion_type: TYPE })))
  t.true(isRefused(await tryWith(assertion, { client_assertion_type: 'urn:saml' })))
  t.true(isLetIn(await tryWith(assertion, { client_id: signing })), 'it was not used up')
})

verifiesAlone('authentication-failures', async (t) => {
  const other = await world.startAnother({ RATE_LIMIT_FACTOR: '1' })
  t.teardown(() => other.stop())
  const { token, register } = createOAuthClient(other.send, issuer)
  const victim = await register({ token_endpoint_auth_method: 'client_secret_post' })
  const { client_id, client_secret = '' } = victim
  const from = (address: string, secret: string) =>
    token({ ...NO_TOKEN, client_id, client_secret: secret }, { 'x-forwarded-for': address })
  const answers: HttpResponse[] = []
  for (let tries = 0; tries < 75; tries += 1) answers.push(await from('203.0.113.1', 'wrong'))
  const limited = answers.filter(({ status }) => status === 429)
  t.true(limited.length > 0 && limited.length <= 15, `${limited.length}`)
  t.true(Number(limited[0]?.headers.get('retry-after')) >= 1)
  t.true(answers.slice(0, 60).every(isRefused))
  t.true(isLetIn(await from('203.0.113.1', client_secret)), 'whoever knows the secret')
  t.true(isRefused(await from('203.0.113.2', 'wrong')), 'another address')
})
