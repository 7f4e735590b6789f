import { randomUUID } from 'node:crypto'
import test from 'ava'
import { decodeJwt, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'
import { createAuthority } from '../../support/certificates.ts'
import { startDocumentServer } from '../../support/document-server.ts'
import { form } from '../../support/http.ts'
import { createOAuthClient, type Fields } from '../../support/oauth-client.ts'
import { startOAuthServer } from '../../support/oauth-server.ts'
import { createPerson } from '../../support/person.ts'

async function makeSigner(kid: string) {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid }
  return { jwk, privateKey, secret: await exportJWK(privateKey) }
}
type Signer = Awaited<ReturnType<typeof makeSigner>>

const [job, web, stranger] = await Promise.all(['job', 'web', 'stranger'].map(makeSigner))
const authority = createAuthority()
const internet = await startDocumentServer(authority.issue(['keys.test']))
internet.serve('https://keys.test/jwks.json', { keys: [web?.jwk] })

const CONFIGURATION = JSON.stringify({
  mcpServers: { echo: { scopes: { write: 'Change things' } } },
  clients: {
    nightly: {
      jwks: { keys: [{ ...job?.jwk, x5c: ['means nothing'] }] },
      grant_types: ['client_credentials'],
      services: ['echo'],
      scopes: ['echo:write'],
    },
    web: { jwks_uri: 'https://keys.test/jwks.json', redirect_uris: ['http://127.0.0.1/callback'] },
  },
})
const server = await startOAuthServer({
  configuration: CONFIGURATION,
  environment: {
    CLIENT_DOCUMENT_TEST_HOSTS: `keys.test=127.0.0.1:${internet.port}`,
    NODE_EXTRA_CA_CERTS: authority.path,
  },
})
const { send, issuer } = server
const client = createOAuthClient(send, issuer)
const ECHO = `${issuer}/echo/mcp`
test.after.always(async () => {
  await server.stop()
  await internet.stop()
  authority.remove()
})

async function prove(
  id: string,
  signer: Signer | undefined,
  changes: JWTPayload = {},
): Promise<Fields> {
  if (signer === undefined) throw new Error('there is no such signer')
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: id, sub: id, aud: issuer, jti: randomUUID(), exp: now + 60, ...changes }
  const jwt = new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: signer.jwk.kid ?? '' })
  return {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await jwt.sign(signer.privateKey),
  }
}

test('a machine proves itself by a key and gets a token of its own', async (t) => {
  const answer = await client.token({
    grant_type: 'client_credentials',
    ...(await prove('nightly', job)),
  })
  t.is(answer.status, 200, answer.text)
  t.is(answer.json()['scope'], 'mcp echo:write')
  t.is(decodeJwt(String(answer.json()['access_token'])).sub, 'client:nightly')
})

test('without the key, or with another one, nobody is that machine', async (t) => {
  const grant = { grant_type: 'client_credentials' }
  const proof = await prove('nightly', job)
  t.is((await client.token({ ...grant, ...proof })).status, 200)
  for (const fields of [
    { client_id: 'nightly' },
    { client_id: 'nightly', client_secret: 'a-secret-it-never-had' },
    await prove('nightly', stranger),
    await prove('nightly', web),
    await prove('nightly', job, { aud: 'https://other.example' }),
    await prove('nightly', job, { exp: 1 }),
    proof,
  ]) {
    const answer = await client.token({ ...grant, ...fields })
    t.is(answer.status, 401, answer.text)
    t.is(answer.json()['error'], 'invalid_client')
  }
})

test('keys are fetched where the operator says, for logins and for introspection', async (t) => {
  const { url, verifier } = client.begin('web', { resource: ECHO })
  const redirect = await createPerson(send).authorize(url, { username: 'alice' })
  const answer = await client.token({
    grant_type: 'authorization_code',
    code: redirect.searchParams.get('code') ?? '',
    code_verifier: verifier,
    ...(await prove('web', web)),
  })
  t.is(answer.status, 200, answer.text)
  const token = String(answer.json()['access_token'])
  const ask = async (who: Fields) =>
    (await send({ ...form({ token, ...who }), url: `${issuer}/introspect` })).json()
  t.is((await ask(await prove('web', web)))['active'], true)
  t.is((await ask(await prove('nightly', job)))['active'], true, 'its service is meant')
  t.is((await ask(await prove('web', stranger)))['error'], 'invalid_client')
})

test('it does not start with keys that are none, or that nobody may see', async (t) => {
  const redirect_uris = ['https://a.example/cb']
  const configuration = JSON.stringify({
    clients: {
      a: { redirect_uris, jwks: { keys: [job?.secret] } },
      b: { redirect_uris, jwks: { keys: [{ kty: 'oct', k: 'k' }] } },
      c: { redirect_uris, jwks: { keys: [job?.jwk] }, jwks_uri: 'https://a.example/jwks' },
      d: { redirect_uris, jwks_uri: 'http://a.example/jwks' },
      e: { redirect_uris, jwks_uri: 'https://127.0.0.1/jwks' },
    },
  })
  const { message = '' } = (await t.throwsAsync(startOAuthServer({ configuration }))) ?? {}
  t.regex(message, /clients\.a: jwks has a private key/)
  t.regex(message, /clients\.b: each key of jwks must be a public key/)
  t.regex(message, /clients\.c: jwks and jwks_uri exclude each other/)
  t.regex(message, /clients\.d: jwks_uri does not begin with https/)
  t.regex(message, /clients\.e: jwks_uri names an address/)
  t.false(message.includes(String(job?.secret.d)))
})
