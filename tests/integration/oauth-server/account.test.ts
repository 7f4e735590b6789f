import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { redisGrants } from '../../../oauth-server/store/grants.ts'
import { formsOf, formWith } from '../../support/forms.ts'
import { createOAuthClient } from '../../support/oauth-client.ts'
import { startOAuthServer, untilLine } from '../../support/oauth-server.ts'
import { createPerson, type Page, type Person } from '../../support/person.ts'
import { startValkey } from '../../support/valkey.ts'

const server = await startOAuthServer()
const { send, issuer } = server
const client = createOAuthClient(send, issuer)
const redis = await server.valkey.connect()
const grants = redisGrants(redis)
const CB = 'https://app.example/cb'
const ECHO = `${issuer}/echo/mcp`
const ACCOUNT = `${issuer}/account`
const { client_id } = await client.register({ client_name: 'Desk <b>app</b>', redirect_uris: [CB] })
test.after.always(() => server.stop())

const REVOKE = ['change', 'revoke'] as const
const REVOKE_ALL = ['change', 'revoke-all'] as const

/** Approves in this browser; resolves with what refreshes. */
const approve = async (person: Person, username: string, changes = {}, id = client_id) => {
  const { url, verifier } = client.begin(id, { redirect_uri: CB, resource: ECHO, ...changes })
  const location = await person.authorize(url, { username })
  const answer = await client.token({
    grant_type: 'authorization_code',
    code: location.searchParams.get('code') ?? '',
    code_verifier: verifier,
    client_id: id,
  })
  if (answer.status !== 200) throw new Error(answer.text)
  return { refresh_token: String(answer.json()['refresh_token']), client_id: id }
}

const isAlive = async (refresh: Awaited<ReturnType<typeof approve>>) =>
  (await client.token({ grant_type: 'refresh_token', ...refresh })).status === 200

const open = (person: Person, query = '', headers = {}) =>
  person.open(`${ACCOUNT}${query}`, headers)

/** Presses a button; resolves with the page that the browser is sent to. */
const press = async (
  person: Person,
  page: Page,
  [name, value]: readonly [string, string],
  fields: Readonly<Record<string, string>> = {},
) => {
  const response = await person.post(formWith(page, [name, value], fields), { [name]: value })
  if (response.status !== 303) throw new Error(`${response.status}: ${response.text}`)
  return await person.open(response.headers.get('location') ?? '')
}

test('whoever is not signed in does that first', async (t) => {
  const nobody = createPerson(send)
  const { response } = await open(nobody, '?notice=revoked&return=https://evil.example')
  t.is(response.status, 303)
  t.is(response.headers.get('location'), `${issuer}/login?return=/account`)
  const page = { response, action: ACCOUNT, fields: {} }
  const posted = await nobody.post(page, { change: 'revoke-all', proof: 'x' })
  t.is(posted.status, 303)
  t.is(posted.headers.get('location'), `${issuer}/login?return=/account`)
})

test('a person sees who they are and what has access, and nothing of others', async (t) => {
  const [person, other] = [createPerson(send), createPerson(send)]
  await approve(person, 'ann', { scope: 'mcp offline_access' })
  await approve(other, 'amos')
  const { response } = await open(person)
  t.is(response.status, 200)
  t.is(response.headers.get('cache-control'), 'no-store')
  t.is(response.headers.get('x-frame-options'), 'DENY')
  t.regex(response.text, /signed in as <strong>ann<\/strong>/)
  t.regex(response.text, /Login by dev/)
  t.false(response.text.includes('amos'))
  t.is(formsOf({ response, action: ACCOUNT, fields: {} }).length, 3, 'one, all, signing out')
  t.true(response.text.includes('Desk &lt;b&gt;app&lt;/b&gt;'))
  t.regex(response.text, /<li>app\.example<\/li>/)
  t.regex(
    response.text,
    /<strong>echo<\/strong>\s*<ul class="allows">\s*<li>Use the service echo<\/li>/,
  )
  t.true(response.text.includes('Keep this access while you are away'))
  const times = [...response.text.matchAll(/datetime="([^"]+)"/g)].map(([, time]) => time ?? '')
  t.is(times.length, 2, 'since when, and last used')
  for (const time of times) t.true(Math.abs(Date.parse(time) - Date.now()) < 60_000)
  t.regex(response.text, /Last used<\/dt>\s*<dd>about <time/)
})

test('ending one access ends its tokens, leaves the others, and the client has to ask again', async (t) => {
  const person = createPerson(send)
  const first = await approve(person, 'ben')
  const other = await client.register({ client_name: 'Other', redirect_uris: [CB] })
  const second = await approve(person, 'ben', {}, other.client_id)
  const silent = client.begin(client_id, { redirect_uri: CB, resource: ECHO, prompt: 'none' })
  const before = (await person.open(silent.url)).response.headers.get('location') ?? ''
  t.truthy(new URL(before).searchParams.get('code'), 'it was remembered')
  const uses = await grants.describeOfUser('dev:ben', 10)
  const ours = uses.filter(({ grant }) => grant.clientId === client_id)
  let page = await open(person)
  for (const { grant } of ours) page = await press(person, page, REVOKE, { grant: grant.id })
  t.regex(page.response.text, /role="status">The access has ended/)
  t.false(page.response.text.includes('Desk'))
  t.true(page.response.text.includes('Other'))
  t.false(await isAlive(first))
  t.true(await isAlive(second))
  const after = (await person.open(silent.url)).response.headers.get('location') ?? ''
  t.is(new URL(after).searchParams.get('error'), 'consent_required')
  const line = await untilLine(server, /"user":"dev:ben".*"grant revoked"/)
  t.like(JSON.parse(line), { client_id, reason: 'revoked by the person' })
})

test('ending all ends every access and every remembered consent, not the login', async (t) => {
  const [person, other] = [createPerson(send), createPerson(send)]
  const mine = [await approve(person, 'cora'), await approve(person, 'cora', { prompt: 'consent' })]
  const theirs = await approve(other, 'carl')
  const page = await press(person, await open(person), REVOKE_ALL)
  t.regex(page.response.text, /role="status">All access has ended/)
  t.regex(page.response.text, /No application has access/)
  for (const one of mine) t.false(await isAlive(one))
  t.true(await isAlive(theirs))
  const silent = client.begin(client_id, { redirect_uri: CB, resource: ECHO, prompt: 'none' })
  const location = (await person.open(silent.url)).response.headers.get('location') ?? ''
  t.is(new URL(location).searchParams.get('error'), 'consent_required')
})

test('somebody else’s access is as unknown as one that never was', async (t) => {
  const [person, other] = [createPerson(send), createPerson(send)]
  await approve(person, 'dora')
  const theirs = await approve(other, 'dirk')
  const [use] = await grants.describeOfUser('dev:dirk', 1)
  const form = formWith(await open(person), REVOKE)
  const strange = ['', '1-x', `1-${'x'.repeat(22)}`, `${'9'.repeat(5000)}`, '../grant', '*']
  for (const grant of [use?.grant.id ?? '', ...strange]) {
    const { status, headers } = await person.post(form, { change: 'revoke', grant })
    t.is(status, 303)
    t.is(headers.get('location'), `${ACCOUNT}?notice=gone`)
  }
  t.true(await isAlive(theirs))
  t.is((await grants.describeOfUser('dev:dora', 9)).length, 1)
})

test('an access that was ended twice had ended already', async (t) => {
  const person = createPerson(send)
  await approve(person, 'emil')
  const page = await open(person)
  await press(person, page, REVOKE)
  const again = await press(person, page, REVOKE)
  t.regex(again.response.text, /role="status">That access had ended already/)
})

const refusals: Record<string, Readonly<Record<string, string>>> = {
  'another site’s': { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
  'a neighbour’s': { origin: 'http://localhost:9999', 'sec-fetch-site': 'same-site' },
  'one of no origin and another site': { origin: 'null', 'sec-fetch-site': 'cross-site' },
}
for (const [whose, headers] of Object.entries(refusals)) {
  test(`${whose} form ends nothing`, async (t) => {
    const person = createPerson(send)
    const refresh = await approve(person, 'finn')
    const form = formWith(await open(person), REVOKE_ALL)
    t.is((await person.post(form, { change: 'revoke-all' }, headers)).status, 403)
    t.true(await isAlive(refresh))
  })
}

test('a form without the page’s proof, or with another’s, ends nothing', async (t) => {
  const [person, other] = [createPerson(send), createPerson(send)]
  const refresh = await approve(person, 'gina')
  await approve(other, 'gerd')
  const page = await open(person)
  const form = formWith(page, REVOKE_ALL)
  const foreign = formWith(await open(other), REVOKE_ALL).fields['proof'] ?? ''
  const ofLogout = formWith(page, ['extent', 'everywhere']).fields['proof'] ?? ''
  t.not(ofLogout, form.fields['proof'])
  for (const proof of ['', 'x', foreign, ofLogout]) {
    const response = await person.post(form, { proof, change: 'revoke-all' })
    t.is(response.status, 403)
    t.regex(response.text, /earlier login/)
  }
  for (const change of ['', 'revoke_all', '<script>']) {
    t.is((await person.post(form, { change })).status, 400)
  }
  t.true(await isAlive(refresh))
})

test('an address says nothing on the page but what is known', async (t) => {
  const person = createPerson(send)
  await approve(person, 'hugo')
  for (const query of ['?notice=<b>call+us</b>', '?notice=title', '?notice=__proto__', '?x=y']) {
    const { response } = await open(person, query)
    t.is(response.status, 200)
    t.notRegex(response.text, /role="(?:status|alert)"/)
    t.false(response.text.includes('call us'))
  }
})

test('signing out everywhere is on the page', async (t) => {
  const [here, there] = [createPerson(send), createPerson(send)]
  const refreshes = [await approve(here, 'ida'), await approve(there, 'ida')]
  const form = formWith(await open(here), ['extent', 'everywhere'])
  t.is(form.action, `${issuer}/logout`)
  const response = await here.post(form, { extent: 'everywhere' })
  t.regex(response.text, /You are signed out/)
  for (const refresh of refreshes) t.false(await isAlive(refresh))
  t.is((await open(there)).response.status, 303)
})

test('clients say what they are: gone, nameless, on a computer, an application', async (t) => {
  const person = createPerson(send)
  const LOOPBACK = { redirect_uri: 'http://127.0.0.1:51234/callback' }
  const local = await client.register({
    client_name: '',
    redirect_uris: ['http://127.0.0.1/callback'],
  })
  await approve(person, 'jack', LOOPBACK, local.client_id)
  const native = { redirect_uri: 'cursor://mcp/callback' }
  const app = await client.register({ client_name: 'Cursor', redirect_uris: [native.redirect_uri] })
  await approve(person, 'jack', native, app.client_id)
  const gone = await client.register({ client_name: 'Gone', redirect_uris: [CB] })
  await approve(person, 'jack', {}, gone.client_id)
  await redis.del(`client:${gone.client_id}`)
  const { response } = await open(person)
  t.true(response.text.includes('An application without a name'))
  t.true(response.text.includes('a program on a computer of yours'))
  t.true(response.text.includes('an application that opens cursor: links'))
  t.true(response.text.includes('An application that no longer exists'))
  t.false(response.text.includes('Gone'))
})

test('a hundred are listed, the one used last first', async (t) => {
  const person = createPerson(send)
  await approve(person, 'kira')
  const facts = {
    userId: 'dev:kira',
    userName: 'kira',
    clientId: client_id,
    resource: `${issuer}/no-longer-served/mcp`,
    scopes: ['mcp'],
    authenticatedAt: 1,
  }
  const soon = Math.floor(Date.now() / 1000) + 60
  for (let n = 0; n < 100; n += 1) {
    const grant = await grants.create(facts)
    await grants.keep(grant, { expiresAt: soon, ttlSeconds: 600 })
    await redis.hset(`grant:${grant.id}`, 'used_at', 1_000_000 + ((n * 37) % 100))
  }
  const { response } = await open(person)
  t.is([...response.text.matchAll(/value="revoke"/g)].length, 101)
  t.true(response.text.includes(`<strong>${issuer}/no-longer-served/mcp</strong>`))
  const used = [...response.text.matchAll(/about <time datetime="([^"]+)"/g)].map(([, at]) => at)
  t.is(used.length, 101)
  t.deepEqual(used, [...used].sort().reverse())
})

test('it speaks German to whoever asks for it', async (t) => {
  const person = createPerson(send)
  await approve(person, 'lena')
  const { response } = await open(person, '?notice=revoked', {
    'accept-language': 'de-AT, en;q=0.5',
  })
  t.regex(response.text, /<html lang="de">/)
  t.regex(response.text, /Sie sind angemeldet als <strong>lena<\/strong>/)
  t.regex(response.text, /Der Zugriff ist beendet/)
  t.notRegex(response.text, /\bLast used\b/)
})

test('who changes things like a program has to wait', async (t) => {
  const person = createPerson(send)
  await approve(person, 'mona')
  const form = formWith(await open(person), REVOKE)
  const statuses = new Set<number>()
  for (let n = 0; n < 160 && !statuses.has(429); n += 1) {
    statuses.add((await person.post(form, { change: 'revoke', grant: 'x' })).status)
  }
  t.deepEqual([...statuses], [303, 429])
  t.is((await open(person)).response.status, 200)
})

test.serial(
  'without the store nothing is said to be done, and the same form works later',
  async (t) => {
    const valkey = await startValkey({ persistent: true })
    const own = await startOAuthServer({ valkey })
    t.teardown(async () => {
      await own.stop()
      await valkey.stop()
    })
    const elsewhere = createOAuthClient(own.send, own.issuer)
    const registered = await elsewhere.register()
    const person = createPerson(own.send)
    const { url } = elsewhere.begin(registered.client_id, { resource: `${own.issuer}/echo/mcp` })
    await person.authorize(url, { username: 'nora' })
    const form = formWith(await person.open(ACCOUNT), REVOKE_ALL)
    await valkey.kill()
    const away = await person.post(form, { change: 'revoke-all' })
    for (const response of [away, (await open(person)).response]) {
      t.is(response.status, 503)
      t.truthy(response.headers.get('retry-after'))
      t.is(response.headers.get('location'), null)
    }
    await valkey.restart()
    let status = 503
    for (let n = 0; n < 50 && status === 503; n += 1) {
      await sleep(100)
      ;({ status } = await person.post(form, { change: 'revoke-all' }))
    }
    t.is(status, 303)
    t.regex((await open(person)).response.text, /No application has access/)
  },
)
