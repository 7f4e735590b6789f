import test from 'ava'
import type { HttpResponse } from '../../support/http.ts'
import { createOAuthClient, type Fields } from '../../support/oauth-client.ts'
import { startOAuthServer, untilLine } from '../../support/oauth-server.ts'
import { createPerson, type Person } from '../../support/person.ts'

const server = await startOAuthServer({
  configuration: `
mcpServers:
  notes: { command: node, args: ['-e', ''], scopes: { write: Write notes } }
`,
})
const { send, issuer } = server
const client = createOAuthClient(send, issuer)
const NOTES = `${issuer}/notes/mcp`
const CB = 'https://app.example/cb'
const CB2 = 'https://other.example/cb'
const WEB = { redirect_uri: CB, resource: NOTES }
const web = await client.register({ redirect_uris: [CB, CB2], client_name: 'Web' })
test.after.always(() => server.stop())

/** A person who has approved the client once, for the scope `mcp`. */
const approved = async (username: string, changes: Fields = {}): Promise<Person> => {
  const person = createPerson(send)
  const { url } = client.begin(web.client_id, { ...WEB, ...changes })
  await person.authorize(url, { username })
  return person
}

const open = async (person: Person, changes: Fields = {}, clientId = web.client_id) =>
  (await person.open(client.begin(clientId, { ...WEB, ...changes }).url)).response

const isPage = ({ status, headers, text }: HttpResponse) =>
  status === 200 && headers.get('location') === null && text.includes('name="decision"')

test('what was approved once is answered at once, by a code for who is signed in', async (t) => {
  const person = await approved('ann')
  for (const changes of [{}, { prompt: 'none' }, { scope: 'mcp other:thing' }]) {
    const attempt = client.begin(web.client_id, { ...WEB, ...changes })
    const { response } = await person.open(attempt.url)
    t.is(response.status, 303)
    t.is(response.headers.get('cache-control'), 'no-store')
    t.is(response.headers.get('referrer-policy'), 'no-referrer')
    const location = new URL(response.headers.get('location') ?? '')
    t.is(location.origin + location.pathname, CB)
    t.deepEqual([...location.searchParams.keys()].sort(), ['code', 'iss', 'state'])
    const answer = await client.token({
      grant_type: 'authorization_code',
      code: location.searchParams.get('code') ?? '',
      code_verifier: attempt.verifier,
      client_id: web.client_id,
    })
    t.is(answer.status, 200)
    t.is(answer.json()['scope'], 'mcp')
  }
})

for (const [title, changes] of Object.entries<Fields>({
  'wider scopes': { scope: 'notes:write' },
  'another service': { resource: `${issuer}/memory/mcp` },
  'no service': { resource: '' },
  'another redirect target': { redirect_uri: CB2 },
  'prompt consent': { prompt: 'consent' },
  'prompt login': { prompt: 'login' },
  'prompt select_account': { prompt: 'select_account' },
  'a login that is too old': { max_age: '0' },
  'a hint at somebody else': { login_hint: 'bob' },
})) {
  test(`the person is asked again: ${title}`, async (t) => {
    t.true(isPage(await open(await approved('ben'), changes)))
  })
}

test('more scopes approved once cover fewer asked for later', async (t) => {
  const person = await approved('bess', { scope: 'notes:write offline_access' })
  t.is((await open(person, { scope: 'offline_access' })).status, 303)
  t.true(isPage(await open(person, { scope: 'openid' })))
})

test('another client is another question, whatever it calls itself', async (t) => {
  const person = await approved('cora')
  const twin = await client.register({ redirect_uris: [CB], client_name: 'Web' })
  t.true(isPage(await open(person, {}, twin.client_id)))
})

test('another person is another question, also in a browser where one has approved', async (t) => {
  const person = await approved('dora')
  await person.authorize(
    client.begin(web.client_id, { ...WEB, prompt: 'consent', resource: `${issuer}/echo/mcp` }).url,
    { username: 'emil' },
  )
  t.true(isPage(await open(person)))
})

test('without the cookie of the login nothing is remembered', async (t) => {
  const { url } = client.begin(web.client_id, WEB)
  await approved('finn')
  t.true(isPage(await send({ url, headers: { accept: '*/*' } })))
})

test('denying remembers nothing and forgets nothing', async (t) => {
  const stranger = createPerson(send)
  await stranger.submit(await stranger.open(client.begin(web.client_id, WEB).url), {
    decision: 'deny',
    username: 'gina',
  })
  t.true(isPage(await open(stranger)))
  const person = await approved('gus')
  const page = await person.open(client.begin(web.client_id, { ...WEB, prompt: 'consent' }).url)
  await person.submit(page, { decision: 'deny' })
  t.is((await open(person)).status, 303)
})

for (const redirect_uri of [
  'http://127.0.0.1:7/cb',
  'http://localhost/cb',
  'http://[::1]/cb',
  'https://localhost/cb',
  'https://127.0.0.1/cb',
  'https://app.localhost/cb',
  'cursor://app/cb',
  'com.example.app:/cb',
]) {
  test(`never for what any program can be: ${redirect_uri}`, async (t) => {
    const any = await client.register({ redirect_uris: [redirect_uri] })
    const person = createPerson(send)
    const changes = { ...WEB, redirect_uri }
    await person.authorize(client.begin(any.client_id, changes).url, { username: 'hugo' })
    t.true(isPage(await open(person, changes, any.client_id)))
  })
}

test('only for a page that the person goes to, not for what another page loads', async (t) => {
  const person = await approved('ida')
  const ask = async (dest: string, changes: Fields = {}) => {
    const { url } = client.begin(web.client_id, { ...WEB, ...changes })
    return (await person.open(url, { 'sec-fetch-dest': dest })).response
  }
  for (const dest of ['iframe', 'empty', 'image', 'frame', 'object']) {
    t.true(isPage(await ask(dest)), dest)
  }
  const silent = new URL((await ask('iframe', { prompt: 'none' })).headers.get('location') ?? '')
  t.is(silent.searchParams.get('error'), 'interaction_required')
  t.is((await ask('document')).status, 303)
})

test('a client that is gone is not redirected to, whatever is remembered', async (t) => {
  const { client_id } = await client.register({ redirect_uris: [CB] })
  const person = createPerson(send)
  await person.authorize(client.begin(client_id, WEB).url, { username: 'jack' })
  t.is((await open(person, {}, client_id)).status, 303)
  const redis = await server.valkey.connect()
  const record = JSON.parse((await redis.get(`client:${client_id}`)) ?? '{}')
  await redis.set(`client:${client_id}`, JSON.stringify({ ...record, name: 'Another name' }))
  t.true(isPage(await open(person, {}, client_id)), 'nor is one that says something else now')
  await redis.del(`client:${client_id}`)
  const gone = await open(person, {}, client_id)
  t.is(gone.status, 400)
  t.is(gone.headers.get('location'), null)
})

test('a client that describes itself in another way while the page is open was not approved so', async (t) => {
  const held = await client.register({ redirect_uris: [CB], client_name: 'As it was seen' })
  const person = createPerson(send)
  const page = await person.open(client.begin(held.client_id, WEB).url)
  t.regex(page.response.text, /As it was seen/)
  const changed = await send({
    url: String(held['registration_client_uri']),
    method: 'PUT',
    headers: {
      authorization: `Bearer ${held['registration_access_token']}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({
      client_id: held.client_id,
      redirect_uris: [CB],
      client_name: 'As nobody has seen it',
      token_endpoint_auth_method: 'none',
    }),
  })
  t.is(changed.status, 200)
  t.is((await person.submit(page, { username: 'lara' })).status, 303)
  const asked = await open(person, {}, held.client_id)
  t.true(isPage(asked))
  t.regex(asked.text, /As nobody has seen it/)
})

test('a code given without a page is in the log, without the code', async (t) => {
  const person = await approved('kira')
  const response = await open(person)
  const code = new URL(response.headers.get('location') ?? '').searchParams.get('code') ?? '?'
  await untilLine(server, /"user":"dev:kira".*"remembered":true/)
  t.false(server.lines.some((line) => line.includes(code)))
})
