import test from 'ava'
import { createDevice, DEVICE_CODE, decide } from '../../support/device.ts'
import { sendJson } from '../../support/document-server.ts'
import { REDIRECT, startDocumentWorld, toDocument } from '../../support/document-world.ts'
import { form } from '../../support/http.ts'
import { createOAuthClient, type Fields, type Registered } from '../../support/oauth-client.ts'
import { type OAuthServer, startOAuthServer } from '../../support/oauth-server.ts'
import { createPerson } from '../../support/person.ts'

const ALL = ['authorization_code', 'refresh_token', DEVICE_CODE]
const without = (type: string): string[] => ALL.filter((one) => one !== type)

/** A client written down by the operator, that may do what is listed. */
const toConfiguration = (grants: readonly string[]): string => `
clients:
  written:
    redirect_uris: ["http://127.0.0.1/callback"]
    grant_types: [${grants.map((grant) => `"${grant}"`).join(', ')}]
`
const server = await startOAuthServer({ configuration: toConfiguration(ALL) })
const { send, issuer, valkey } = server
const client = createOAuthClient(send, issuer)
const ECHO = `${issuer}/echo/mcp`
test.after.always(() => server.stop())

/** What the client sends with `PUT` from now on is all that it may do. */
async function restrict(held: Registered, grants: readonly string[]): Promise<Registered> {
  const response = await send({
    url: `${issuer}/register/${held.client_id}`,
    method: 'PUT',
    headers: {
      authorization: `Bearer ${held['registration_access_token']}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({
      client_id: held.client_id,
      redirect_uris: ['http://127.0.0.1/callback'],
      token_endpoint_auth_method: 'none',
      grant_types: grants,
    }),
  })
  if (response.status !== 200) throw new Error(response.text)
  return response.json() as Registered
}

async function getCode(clientId: string, changes: Fields = {}, at: OAuthServer = server) {
  const attempt = client.begin(clientId, { resource: ECHO, ...changes })
  const redirect = await createPerson(at.send).authorize(attempt.url, { username: 'alice' })
  return {
    grant_type: 'authorization_code',
    code: redirect.searchParams.get('code') ?? '',
    code_verifier: attempt.verifier,
    client_id: clientId,
  }
}

const toRefresh = (clientId: string, tokens: Record<string, unknown>): Fields => ({
  grant_type: 'refresh_token',
  refresh_token: String(tokens['refresh_token']),
  client_id: clientId,
})

const errorOf = async (fields: Fields, at: OAuthServer = server): Promise<unknown> =>
  (await at.send({ ...form(fields), url: `${issuer}/token` })).json()['error']

test('who gave up refreshing does not refresh, and its token waits for the day it may again', async (t) => {
  const held = await client.register({ grant_types: ALL })
  const fields = toRefresh(
    held.client_id,
    (await client.token(await getCode(held.client_id))).json(),
  )
  const restricted = await restrict(held, without('refresh_token'))
  t.is(await errorOf(fields), 'unauthorized_client')
  t.is(await errorOf(fields), 'unauthorized_client')
  await restrict(restricted, ALL)
  t.is((await client.token(fields)).status, 200)
})

test('who gave up codes gets none, redeems none, pushes none, and uses none up', async (t) => {
  const held = await client.register({ grant_types: ALL })
  const fields = await getCode(held.client_id)
  const person = createPerson(send)
  const waiting = await person.open(client.begin(held.client_id, { resource: ECHO }).url)
  const restricted = await restrict(held, without('authorization_code'))
  t.is(await errorOf(fields), 'unauthorized_client')

  const { url } = client.begin(held.client_id, { resource: ECHO })
  const refused = new URL((await send({ url })).headers.get('location') ?? '')
  t.is(refused.searchParams.get('error'), 'unauthorized_client')
  t.is(refused.searchParams.get('state'), 'a state')
  t.is(refused.searchParams.get('iss'), issuer)
  const pushed = form(Object.fromEntries(new URL(url).searchParams))
  const answer = await send({ ...pushed, url: `${issuer}/par` })
  t.is(answer.status, 400)
  t.is(answer.json()['error'], 'unauthorized_client')
  const late = await person.submit(waiting, { username: 'alice' })
  t.regex(late.headers.get('location') ?? '', /[?&]error=unauthorized_client&/)

  await restrict(restricted, ALL)
  t.is((await client.token(fields)).status, 200)
})

test('who gave up device codes polls in vain, and the approved code waits', async (t) => {
  const device = createDevice(send, issuer)
  const held = await client.register({ grant_types: ALL })
  const who = { client_id: held.client_id }
  const codes = await device.begin({ ...who, resource: ECHO })
  await decide(createPerson(send), codes, { username: 'alice' })
  const restricted = await restrict(held, without(DEVICE_CODE))
  t.is((await device.poll(codes.device_code, who)).json()['error'], 'unauthorized_client')
  t.is((await device.ask(who)).json()['error'], 'unauthorized_client')
  await restrict(restricted, ALL)
  t.is((await device.poll(codes.device_code, who)).status, 200)
})

test('who gave up device codes while the page was open is connected by nobody', async (t) => {
  const device = createDevice(send, issuer)
  const held = await client.register({ grant_types: ALL })
  const who = { client_id: held.client_id }
  const codes = await device.begin({ ...who, resource: ECHO })
  const person = createPerson(send)
  const page = await person.open(codes.verification_uri_complete)
  const restricted = await restrict(held, without(DEVICE_CODE))
  const refused = await person.submit(page, { username: 'alice' })
  t.is(refused.status, 400)
  t.regex(refused.text, /unauthorized_client/)
  t.is((await device.poll(codes.device_code, who)).json()['error'], 'unauthorized_client')
  await restrict(restricted, ALL)
  t.is((await person.submit(page, { username: 'alice' })).status, 200, 'nothing was used up')
  t.is((await device.poll(codes.device_code, who)).status, 200)
})

test('what the operator takes from a client it no longer does', async (t) => {
  const tokens = (await client.token(await getCode('written'))).json()
  const fields = toRefresh('written', tokens)
  const code = await getCode('written')
  const stricter = await startOAuthServer({
    valkey,
    configuration: toConfiguration(['authorization_code']),
  })
  t.teardown(() => stricter.stop())
  t.is(await errorOf(fields, stricter), 'unauthorized_client')
  const answer = await stricter.send({ ...form(code), url: `${issuer}/token` })
  t.is(answer.status, 200)
  t.false('refresh_token' in answer.json())
  t.is((await client.token(fields)).status, 200, 'nothing was used up')
})

test('what a document no longer lists its client no longer does', async (t) => {
  const world = await startDocumentWorld()
  t.teardown(() => world.stop())
  const url = 'https://client.test/client.json'
  const publish = (changes: object) =>
    world.internet.serve(url, sendJson(toDocument(url, changes), { 'cache-control': 'no-store' }))
  publish({})
  const code = await getCode(url, { redirect_uri: REDIRECT }, world.server)
  const fields = toRefresh(url, (await world.client.token(code)).json())
  publish({ grant_types: ['authorization_code'] })
  // Whoever begins something has it fetched; whoever goes on is held to what was seen last.
  t.is((await world.open(url)).status, 200)
  t.is(await errorOf(fields, world.server), 'unauthorized_client')
  publish({})
  await world.open(url)
  t.is(await errorOf(fields, world.server), undefined)
})
