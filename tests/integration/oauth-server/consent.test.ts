import test from 'ava'
import { form } from '../../support/http.ts'
import { createOAuthClient } from '../../support/oauth-client.ts'
import { startOAuthServer } from '../../support/oauth-server.ts'
import { createPerson } from '../../support/person.ts'

const server = await startOAuthServer()
const { send, issuer } = server
const client = createOAuthClient(send, issuer)
const ECHO = `${issuer}/echo/mcp`
const WEB = 'https://app.example/cb'
const web = await client.register({ redirect_uris: [WEB], client_name: 'Web <b>client</b> & "co"' })
test.after.always(() => server.stop())
const begin = () => client.begin(web.client_id, { redirect_uri: WEB, resource: ECHO })

test('the page says who asks, where the answer goes and what for, and escapes it', async (t) => {
  const { response } = await createPerson(send).open(begin().url)
  t.is(response.status, 200)
  t.true(response.text.includes('Web &lt;b&gt;client&lt;/b&gt; &amp; &quot;co&quot;'))
  t.true(response.text.includes('<strong>app.example</strong>'))
  t.true(response.text.includes(`<code>${ECHO}</code>`))
  t.true(response.text.includes('Use the service echo'))
  t.true(response.text.includes('exists only on this machine'))
  t.regex(response.text, /<input id="username" name="username"/)
  t.regex(response.text, /name="decision" value="approve"/)
  t.regex(response.text, /name="decision" value="deny"/)
  t.notRegex(response.text, /<script|style=|class="warning"/)
})

for (const uri of ['http://localhost/cb', 'http://127.0.0.1:9/cb', 'cursor://app/cb']) {
  test(`the page warns of ${uri}, which proves nothing`, async (t) => {
    const { client_id } = await client.register({ redirect_uris: [uri] })
    const { url } = client.begin(client_id, { redirect_uri: uri, resource: ECHO })
    const { response } = await createPerson(send).open(url)
    t.regex(response.text, /class="warning"/)
  })
}

test('the page can be neither framed, kept nor scripted', async (t) => {
  const { headers } = (await createPerson(send).open(begin().url)).response
  t.is(headers.get('cache-control'), 'no-store')
  t.is(headers.get('x-frame-options'), 'DENY')
  t.is(headers.get('referrer-policy'), 'no-referrer')
  t.is(headers.get('x-content-type-options'), 'nosniff')
  const policy = headers.get('content-security-policy') ?? ''
  t.regex(policy, /default-src 'none'/)
  t.regex(policy, /frame-ancestors 'none'/)
  // Chrome would hold it against the redirect to the client.
  t.notRegex(policy, /form-action|unsafe-inline/)
  t.is(headers.get('access-control-allow-origin'), null)
})

test('the binding cookie is ours alone, and made once', async (t) => {
  const first = await send({ url: begin().url })
  const [cookie = '', ...others] = first.headers.getSetCookie()
  t.deepEqual(others, [])
  t.regex(
    cookie,
    /^mcp-browser-[0-9a-f]{8}-[0-9a-f]{6}=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/,
  )
  const held = cookie.split(';')[0] ?? ''
  const second = await send({ url: begin().url, headers: { cookie: `other=1; ${held}` } })
  t.deepEqual(second.headers.getSetCookie(), [])
  const foreign = held.replace(/=.*/, '=not one of ours')
  const third = await send({ url: begin().url, headers: { cookie: foreign } })
  t.is(third.headers.getSetCookie().length, 1)
})

test('tabs opened at once, before there is a cookie, all stay usable', async (t) => {
  const person = createPerson(send)
  // An application opens one for each of its servers.
  const pages = await Promise.all(Array.from({ length: 12 }, () => person.open(begin().url)))
  for (const page of pages.toReversed()) {
    const response = await person.submit(page, { username: 'alice' })
    t.is(response.status, 303)
  }
})

test('denying tells the client, with iss and state, and gives no code', async (t) => {
  const person = createPerson(send)
  const response = await person.submit(await person.open(begin().url), { decision: 'deny' })
  t.is(response.status, 303)
  const { searchParams } = new URL(response.headers.get('location') ?? '')
  t.is(searchParams.get('error'), 'access_denied')
  t.is(searchParams.get('iss'), issuer)
  t.is(searchParams.get('state'), 'a state')
  t.false(searchParams.has('code'))
})

const noCode = (response: { status: number; headers: Headers }) => ({
  status: response.status,
  location: response.headers.get('location'),
})

test('a page of another browser, or without its cookie, is refused and stays usable', async (t) => {
  const owner = createPerson(send)
  const page = await owner.open(begin().url)
  const thief = createPerson(send)
  t.deepEqual(noCode(await thief.submit(page, { username: 'm' })), { status: 403, location: null })
  await thief.open(begin().url)
  t.deepEqual(noCode(await thief.submit(page, { username: 'm' })), { status: 403, location: null })
  t.is((await owner.submit(page, { username: 'alice' })).status, 303)
})

for (const headers of [
  { origin: 'https://evil.example' },
  { origin: 'http://localhost:8643' },
  { origin: 'null', 'sec-fetch-site': 'cross-site' },
  { origin: 'null', 'sec-fetch-site': '' },
  { origin: 'http://localhost:8642', 'sec-fetch-site': 'cross-site' },
]) {
  test(`a form sent from ${JSON.stringify(headers)} is refused`, async (t) => {
    const person = createPerson(send)
    const page = await person.open(begin().url)
    const response = await person.submit(page, { username: 'alice' }, headers)
    t.deepEqual(noCode(response), { status: 403, location: null })
  })
}

test('a form sent from the issuer, or by a browser that names no origin, is taken', async (t) => {
  for (const headers of [
    { origin: issuer, 'sec-fetch-site': 'same-origin' },
    { origin: '', 'sec-fetch-site': '' },
  ]) {
    const person = createPerson(send)
    const page = await person.open(begin().url)
    t.is((await person.submit(page, { username: 'alice' }, headers)).status, 303)
  }
})

test('a double submit yields one code and one page', async (t) => {
  const person = createPerson(send)
  const page = await person.open(begin().url)
  const both = await Promise.all([1, 2].map(() => person.submit(page, { username: 'alice' })))
  t.deepEqual(both.map(({ status }) => status).sort(), [303, 403])
})

test('nothing of the request can be changed in the form', async (t) => {
  const person = createPerson(send)
  const page = await person.open(begin().url)
  const fields = {
    ...page.fields,
    client_id: 'evil',
    redirect_uri: 'https://evil.example/cb',
    scope: 'mcp offline_access',
    service: 'memory',
  }
  const response = await person.submit({ ...page, fields }, { username: 'alice' })
  t.true(response.headers.get('location')?.startsWith(`${WEB}?code=`))
})

for (const username of ['', ' ', 'a b', 'ä', '<b>', 'a'.repeat(65), '../x', 'a:b']) {
  test(`the name ${JSON.stringify(username.slice(0, 9))} is asked for again`, async (t) => {
    const person = createPerson(send)
    const page = await person.open(begin().url)
    const response = await person.submit(page, { username })
    t.deepEqual(noCode(response), { status: 400, location: null })
    t.regex(response.text, /role="alert"/)
    t.is((await person.submit(page, { username: 'A.b_c-9' })).status, 303)
  })
}

test('other methods, other decisions and other bodies give no code', async (t) => {
  const person = createPerson(send)
  const page = await person.open(begin().url)
  const get = await send({ url: `${page.action}?${new URLSearchParams(page.fields)}` })
  t.is(get.status, 405)
  t.is(get.headers.get('allow'), 'POST')
  const cookie = [...person.cookies].map((pair) => pair.join('=')).join('; ')
  const post = (fields: Record<string, string>, type?: string) => {
    const sent = form(fields)
    const headers = { ...sent.headers, cookie, ...(type ? { 'content-type': type } : {}) }
    return send({ ...sent, url: page.action, headers })
  }
  const good = { ...page.fields, username: 'alice' }
  t.is((await post(good)).status, 400)
  t.is((await post({ ...good, decision: 'maybe' })).status, 400)
  t.is((await post({ ...good, decision: 'approve' }, 'text/plain')).status, 415)
})
