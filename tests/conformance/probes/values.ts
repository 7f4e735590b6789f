/** A probe for each value of the lists in the metadata. */

import { randomUUID } from 'node:crypto'
import type { ExecutionContext } from 'ava'
import {
  type CryptoKey,
  decodeJwt,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  SignJWT,
} from 'jose'
import { DEVICE_CODE_GRANT } from '../../../oauth-server/clients/client.ts'
import type { HttpResponse } from '../../support/http.ts'
import { type Fields, REDIRECT_URI } from '../../support/oauth-client.ts'
import { credentialsOf } from '../../support/obtain-tokens.ts'
import { createPerson } from '../../support/person.ts'
import type { Probe, Subject } from './probe.ts'

const TOKEN_DOOR: Door = {
  fields: { grant_type: 'refresh_token', refresh_token: 'x' },
  // Whoever is not let in gets invalid_client.
  isLetIn: (answer) => answer.json()['error'] === 'invalid_grant',
}

const REVOCATION_DOOR: Door = { fields: { token: 'x' }, isLetIn: ({ status }) => status === 200 }
const INTROSPECTION_DOOR: Door = {
  fields: { token: 'x' },
  isLetIn: ({ text }) => text === '{"active":false}',
}

export const VALUE_PROBES: Readonly<Record<string, (value: string) => Probe | undefined>> = {
  scopes_supported: (scope) => (t, subject) => isGranted(t, subject, scope),
  response_types_supported: oneOf({ code: answersWithCode }),
  response_modes_supported: oneOf({ query: answersInQuery }),
  grant_types_supported: oneOf({
    authorization_code: exchangesCode,
    refresh_token: refreshes,
    [DEVICE_CODE_GRANT]: pollsForDevice,
  }),
  token_endpoint_auth_methods_supported: authenticatesBy('token_endpoint', TOKEN_DOOR),
  revocation_endpoint_auth_methods_supported: authenticatesBy(
    'revocation_endpoint',
    REVOCATION_DOOR,
  ),
  introspection_endpoint_auth_methods_supported: authenticatesBy(
    'introspection_endpoint',
    INTROSPECTION_DOOR,
  ),
  token_endpoint_auth_signing_alg_values_supported: signsInBy('token_endpoint', TOKEN_DOOR),
  revocation_endpoint_auth_signing_alg_values_supported: signsInBy(
    'revocation_endpoint',
    REVOCATION_DOOR,
  ),
  introspection_endpoint_auth_signing_alg_values_supported: signsInBy(
    'introspection_endpoint',
    INTROSPECTION_DOOR,
  ),
  code_challenge_methods_supported: oneOf({ S256: challenges }),
  subject_types_supported: oneOf({ public: isOneSubject }),
  id_token_signing_alg_values_supported: (algorithm) => (t, subject) =>
    hasKeyOf(t, subject, algorithm),
  claims_supported: (claim) => (t, subject) => isTold(t, subject, claim),
  prompt_values_supported: oneOf({
    none: answersWithoutPage,
    login: asksWhoItIs,
    consent: asksAgain,
    select_account: (t, subject) => asksWhoItIs(t, subject, 'select_account'),
  }),
}

function oneOf(probes: Readonly<Record<string, Probe>>): (value: string) => Probe | undefined {
  return (value) => probes[value]
}

async function isGranted(
  t: ExecutionContext,
  { source, oauth, publicClient }: Subject,
  scope: string,
): Promise<void> {
  const answer = await oauth.token(await source.approve(publicClient, { scope }))
  t.true(String(answer.json()['scope']).split(' ').includes(scope))
}

async function answersWithCode(
  t: ExecutionContext,
  { oauth, send, issuer, publicClient }: Subject,
): Promise<void> {
  const resource = `${issuer}/echo/mcp`
  const { url } = oauth.begin(publicClient.client_id, { response_type: 'code', resource })
  const redirect = await createPerson(send).authorize(url, { username: 'alice' })
  t.true(redirect.searchParams.has('code'))
  t.is(redirect.hash, '')
}

async function answersInQuery(
  t: ExecutionContext,
  { oauth, send, issuer, publicClient }: Subject,
): Promise<void> {
  const resource = `${issuer}/echo/mcp`
  const { url } = oauth.begin(publicClient.client_id, { response_mode: 'query', resource })
  const redirect = await createPerson(send).authorize(url, { username: 'alice' })
  t.is(redirect.origin + redirect.pathname, REDIRECT_URI)
  t.is(redirect.searchParams.get('state'), 'a state')
}

async function exchangesCode(
  t: ExecutionContext,
  { source, oauth, publicClient }: Subject,
): Promise<void> {
  const answer = await oauth.token(await source.approve(publicClient))
  t.is(answer.status, 200)
  t.is(typeof answer.json()['access_token'], 'string')
}

async function challenges(t: ExecutionContext, subject: Subject): Promise<void> {
  await exchangesCode(t, subject)
  const { oauth, send, issuer, publicClient } = subject
  const changes = { resource: `${issuer}/echo/mcp`, code_challenge_method: 'plain' }
  const { url } = oauth.begin(publicClient.client_id, changes)
  const location = new URL((await send({ url })).headers.get('location') ?? '')
  t.is(location.searchParams.get('error'), 'invalid_request')
}

async function refreshes(t: ExecutionContext, { source, publicClient }: Subject): Promise<void> {
  const { refresh_token } = await source.obtain(publicClient)
  t.is((await source.refresh(publicClient, refresh_token)).status, 200)
}

interface Door {
  readonly fields: Fields
  readonly isLetIn: (answer: HttpResponse) => boolean
}

/** The method lets its client in, and not without what it asks for. */
function authenticatesBy(endpoint: string, door: Door): (method: string) => Probe | undefined {
  const { fields, isLetIn } = door
  return oneOf({
    private_key_jwt: (t, subject) => signsIn(t, subject, endpoint, door, 'ES256'),
    async none(t, { post, publicClient }) {
      t.true(isLetIn(await post(endpoint, { ...fields, ...credentialsOf(publicClient) })))
      t.is((await post(endpoint, fields)).status, 401)
    },
    async client_secret_post(t, { post, confidentialClient }) {
      const good = credentialsOf(confidentialClient)
      t.true(isLetIn(await post(endpoint, { ...fields, ...good })))
      t.is((await post(endpoint, { ...fields, ...good, client_secret: 'x' })).status, 401)
    },
    async client_secret_basic(t, { post, confidentialClient }) {
      const { client_id, client_secret } = confidentialClient
      const basic = (secret: unknown) => ({
        authorization: `Basic ${Buffer.from(`${client_id}:${secret}`).toString('base64')}`,
      })
      t.true(isLetIn(await post(endpoint, fields, basic(client_secret))))
      t.is((await post(endpoint, fields, basic('x'))).status, 401)
    },
  })
}

function signsInBy(endpoint: string, door: Door): (algorithm: string) => Probe {
  return (algorithm) => (t, subject) => signsIn(t, subject, endpoint, door, algorithm)
}

/** A client with a key of this algorithm is let in by what it signs, once, and by no other key. */
async function signsIn(
  t: ExecutionContext,
  { post, oauth, issuer }: Subject,
  endpoint: string,
  { fields, isLetIn }: Door,
  algorithm: string,
): Promise<void> {
  const [pair, other] = [await generateKeyPair(algorithm), await generateKeyPair(algorithm)]
  const { client_id } = await oauth.register({
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [{ ...(await exportJWK(pair.publicKey)), alg: algorithm, kid: 'k' }] },
  })
  const assert = (key: CryptoKey): Promise<string> =>
    new SignJWT({ jti: randomUUID() })
      .setProtectedHeader({ alg: algorithm, kid: 'k' })
      .setIssuer(client_id)
      .setSubject(client_id)
      .setAudience(issuer)
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(key)
  const send = (client_assertion: string) =>
    post(endpoint, {
      ...fields,
      client_assertion,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    })
  const assertion = await assert(pair.privateKey)
  t.true(isLetIn(await send(assertion)), algorithm)
  t.is((await send(assertion)).status, 401, 'an assertion counts once')
  t.is((await send(await assert(other.privateKey))).status, 401)
  t.is((await post(endpoint, { ...fields, client_id })).status, 401)
}

async function pollsForDevice(t: ExecutionContext, { post, oauth }: Subject): Promise<void> {
  const { client_id } = await oauth.register({ grant_types: [DEVICE_CODE_GRANT] })
  const begun = await post('device_authorization_endpoint', { client_id })
  const poll = { grant_type: DEVICE_CODE_GRANT, client_id }
  const device_code = String(begun.json()['device_code'])
  const answer = await post('token_endpoint', { ...poll, device_code })
  t.is(answer.json()['error'], 'authorization_pending')
}

async function isOneSubject(
  t: ExecutionContext,
  { source, publicClient, confidentialClient }: Subject,
): Promise<void> {
  const subjects = await Promise.all(
    [publicClient, confidentialClient].map(async (client) => {
      const { id_token } = await source.obtain(client, { scope: 'openid' })
      return decodeJwt(id_token).sub
    }),
  )
  t.is(subjects[0], subjects[1])
}

async function hasKeyOf(
  t: ExecutionContext,
  { send, metadata, source, publicClient }: Subject,
  algorithm: string,
): Promise<void> {
  const answer = await send({ url: String(metadata['jwks_uri']) })
  const keys = answer.json()['keys'] as { alg: string }[]
  t.true(keys.some(({ alg }) => alg === algorithm))
  const { id_token } = await source.obtain(publicClient, { scope: 'openid' })
  const all = metadata['id_token_signing_alg_values_supported'] as string[]
  t.true(all.includes(decodeProtectedHeader(id_token).alg ?? ''))
  t.deepEqual([...new Set(keys.map(({ alg }) => alg))].sort(), [...all].sort())
}

async function isTold(
  t: ExecutionContext,
  { source, send, metadata, publicClient }: Subject,
  claim: string,
): Promise<void> {
  const scope = (metadata['scopes_supported'] as string[]).join(' ')
  const tokens = await source.obtain(publicClient, { scope, nonce: 'once' })
  const headers = { authorization: `Bearer ${tokens.access_token}` }
  const told = await send({ url: String(metadata['userinfo_endpoint']), headers })
  t.true(claim in { ...decodeJwt(tokens.id_token), ...told.json() })
}

async function answersWithoutPage(
  t: ExecutionContext,
  { oauth, send, publicClient }: Subject,
): Promise<void> {
  const { url } = oauth.begin(publicClient.client_id, { prompt: 'none' })
  const location = new URL((await send({ url })).headers.get('location') ?? '')
  t.is(location.searchParams.get('error'), 'login_required')
}

async function asksWhoItIs(t: ExecutionContext, subject: Subject, prompt = 'login'): Promise<void> {
  const page = await openAgain(subject, prompt)
  t.is(page.status, 200)
  t.notRegex(page.text, /signed in as/i)
}

async function asksAgain(t: ExecutionContext, subject: Subject): Promise<void> {
  const page = await openAgain(subject, 'consent')
  t.is(page.status, 200)
  t.regex(page.text, /name="decision"/)
}

/** What a person sees who has approved the client before, whose redirect target proves who it is. */
async function openAgain({ oauth, send, issuer }: Subject, prompt: string): Promise<HttpResponse> {
  const redirect_uri = 'https://app.example/cb'
  const client = await oauth.register({ redirect_uris: [redirect_uri] })
  const changes = { redirect_uri, resource: `${issuer}/echo/mcp` }
  const person = createPerson(send)
  await person.authorize(oauth.begin(client.client_id, changes).url, { username: 'alice' })
  const again = oauth.begin(client.client_id, { ...changes, prompt })
  return (await person.open(again.url)).response
}
