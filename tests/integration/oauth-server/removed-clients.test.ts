/** What a client has ends with the first start without it in gateway.yaml. */

import test, { type ExecutionContext } from 'ava'
import { form } from '../../support/http.ts'
import { createOAuthClient, REDIRECT_URI } from '../../support/oauth-client.ts'
import { type OAuthServer, startOAuthServer, untilLine } from '../../support/oauth-server.ts'
import { createPerson } from '../../support/person.ts'
import { startValkey } from '../../support/valkey.ts'

const SECRET = 'a-secret-0123456789'
const environment = { WATCHER: SECRET, NIGHTLY: SECRET }
const machine = (id: string): string =>
  `  ${id}: { client_secret: "\${secret.${id.toUpperCase()}}", grant_types: [client_credentials], services: [echo] }\n`
const WATCHER = `clients:\n${machine('watcher')}`
const WEB = `  web: { redirect_uris: ["${REDIRECT_URI}"] }\n`
const ALL = WATCHER + machine('nightly') + WEB

const basic = (id: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${SECRET}`).toString('base64')}`,
})

async function mint({ send, issuer }: OAuthServer, id: string): Promise<string> {
  const client = createOAuthClient(send, issuer)
  const answer = await client.token({ grant_type: 'client_credentials' }, basic(id))
  return String(answer.json()['access_token'])
}

async function isActive({ send, issuer }: OAuthServer, token: string): Promise<boolean> {
  const { headers, ...asked } = form({ token })
  const url = `${issuer}/introspect`
  const answer = await send({ ...asked, headers: { ...headers, ...basic('watcher') }, url })
  return answer.json()['active'] === true
}

async function startWith(t: ExecutionContext) {
  const valkey = await startValkey()
  t.teardown(valkey.stop)
  return async (configuration: string): Promise<OAuthServer> => {
    const server = await startOAuthServer({ valkey, configuration, environment })
    t.teardown(server.stop)
    return server
  }
}

test('tokens of a job that was taken out end, those of others go on', async (t) => {
  const start = await startWith(t)
  const before = await start(ALL)
  const [nightly, watcher] = [await mint(before, 'nightly'), await mint(before, 'watcher')]
  await before.stop()
  const again = await start(ALL)
  t.true(await isActive(again, nightly), 'a start alone ends nothing')
  await again.stop()
  const after = await start(WATCHER)
  t.false(await isActive(after, nightly))
  t.true(await isActive(after, watcher))
  t.regex(await untilLine(after, /all grants of a client revoked/), /"client_id":"nightly"/)
})

test('so does what people have granted to a client that was taken out', async (t) => {
  const start = await startWith(t)
  const before = await start(ALL)
  const client = createOAuthClient(before.send, before.issuer)
  const { url, verifier } = client.begin('web', { resource: `${before.issuer}/echo/mcp` })
  const redirect = await createPerson(before.send).authorize(url, { username: 'alice' })
  const bought = await client.token({
    grant_type: 'authorization_code',
    client_id: 'web',
    code: redirect.searchParams.get('code') ?? '',
    code_verifier: verifier,
    redirect_uri: REDIRECT_URI,
  })
  const { access_token, refresh_token } = bought.json()
  t.is(bought.status, 200)
  await before.stop()
  const without = await start(WATCHER)
  t.false(await isActive(without, String(access_token)))
  await without.stop()
  const back = await start(ALL)
  const refreshed = await createOAuthClient(back.send, back.issuer).token({
    grant_type: 'refresh_token',
    client_id: 'web',
    refresh_token: String(refresh_token),
  })
  t.is(refreshed.json()['error'], 'invalid_grant', 'it does not come back with the client')
})

test('whoever had approved it is asked again when it comes back', async (t) => {
  const redirect_uri = 'https://app.example/cb'
  const both = `clients:\n  site: { redirect_uris: ["${redirect_uri}"] }\n  other: { redirect_uris: ["${redirect_uri}"] }\n`
  const start = await startWith(t)
  const before = await start(both)
  const ask = ({ send, issuer }: OAuthServer, id: string, changes = {}) => {
    const request = { redirect_uri, resource: `${issuer}/echo/mcp`, ...changes }
    return createOAuthClient(send, issuer).begin(id, request).url
  }
  const cookies = new Map<string, string>()
  const visit = async (server: OAuthServer, id: string): Promise<string | null> => {
    const person = createPerson(server.send)
    for (const [name, value] of cookies) person.cookies.set(name, value)
    const { response } = await person.open(ask(server, id, { prompt: 'none' }))
    const { searchParams } = new URL(response.headers.get('location') ?? '')
    return searchParams.has('code') ? 'code' : searchParams.get('error')
  }
  const alice = createPerson(before.send)
  await alice.authorize(ask(before, 'site'), { username: 'alice' })
  await alice.authorize(ask(before, 'other'), {})
  for (const [name, value] of alice.cookies) cookies.set(name, value)
  t.deepEqual([await visit(before, 'site'), await visit(before, 'other')], ['code', 'code'])
  await before.stop()
  await (await start(both.replace(/ {2}site.*\n/, ''))).stop()
  const back = await start(both)
  t.deepEqual([await visit(back, 'site'), await visit(back, 'other')], ['consent_required', 'code'])
})

test('processes that are replaced one by one end what the others have made meanwhile', async (t) => {
  const start = await startWith(t)
  const old = await start(ALL)
  const first = await mint(old, 'nightly')
  const one = await start(WATCHER)
  t.false(await isActive(one, first))
  const second = await mint(old, 'nightly')
  t.true(await isActive(one, second), 'it is still configured somewhere')
  await (await start(ALL)).stop()
  t.true(await isActive(one, second))
  await one.stop()
  const again = await start(WATCHER)
  t.false(await isActive(again, second))
  const third = await mint(old, 'nightly')
  await old.stop()
  const two = await start(WATCHER)
  t.false(await isActive(two, third))
  await again.stop()
  const back = await start(ALL)
  t.true(await isActive(back, await mint(back, 'nightly')), 'who comes back begins anew')
})
