import test from 'ava'
import { startGateway } from '../support/gateway.ts'
import { form, type HttpResponse, sendOverNetwork as send } from '../support/http.ts'
import { createOAuthClient, type Fields } from '../support/oauth-client.ts'
import { createPerson, type Person } from '../support/person.ts'
import { verifies } from '../support/verifies.ts'

const gateway = await startGateway({
  environment: { RATE_LIMIT_FACTOR: '0' },
  file: `
mcpServers:
  notes: { command: node, args: ['-e', ''], scopes: { write: Write notes } }
`,
})
const { url: issuer } = gateway
const client = createOAuthClient(send, issuer)
const NOTES = `${issuer}/notes/mcp`
const CB = 'https://app.example/cb'
const CB2 = 'https://other.example/cb'
const WEB = { redirect_uri: CB, resource: NOTES }
const web = await client.register({ redirect_uris: [CB, CB2], client_name: 'Web client' })
test.after.always(() => gateway.remove())

const begin = (changes: Fields = {}, clientId = web.client_id) =>
  client.begin(clientId, { ...WEB, ...changes })

const open = async (person: Person, changes: Fields = {}, clientId?: string) =>
  (await person.open(begin(changes, clientId).url)).response

const isPage = ({ status, headers, text }: HttpResponse) =>
  status === 200 && headers.get('location') === null && text.includes('name="decision"')

const noCode = ({ status, headers }: HttpResponse) =>
  (status === 403 || status === 405) && headers.get('location') === null

const approved = async (username: string, changes: Fields = {}) => {
  const person = createPerson(send)
  await person.authorize(begin(changes).url, { username })
  return person
}

verifies('consent-page-says', async (t) => {
  const page = await open(createPerson(send), { scope: 'notes:write offline_access' })
  for (const words of [
    'Web client',
    '<strong>app.example</strong>',
    `<code>${NOTES}</code>`,
    'Use the service notes',
    'Write notes',
    'Keep this access while you are away',
  ]) {
    t.true(page.text.includes(words), words)
  }
  t.false(page.text.includes('class="warning"'))
  for (const redirect_uri of ['http://localhost/cb', 'http://127.0.0.1:9/cb', 'cursor://app/cb']) {
    const { client_id } = await client.register({ redirect_uris: [redirect_uri] })
    const warning = await open(createPerson(send), { redirect_uri }, client_id)
    t.true(warning.text.includes('class="warning"'), redirect_uri)
  }
  const idn = 'https://xn--bcher-kva.example/cb'
  const { client_id } = await client.register({ redirect_uris: [idn] })
  const spelled = await open(createPerson(send), { redirect_uri: idn }, client_id)
  t.true(spelled.text.includes('<strong>xn--bcher-kva.example</strong>'))
})

verifies('consent-page-safe', async (t) => {
  const person = await approved('safe')
  const pages = [
    await open(createPerson(send)),
    await open(person, { prompt: 'consent' }),
    await open(createPerson(send), {}, 'unknown'),
    await open(person),
    (await person.open(`${issuer}/logout`)).response,
    (await person.open(`${issuer}/`)).response,
    (await person.open(`${issuer}/consent`)).response,
    (await person.open(`${issuer}/.well-known/nothing`)).response,
  ]
  for (const { headers, text } of pages) {
    t.is(headers.get('cache-control'), 'no-store')
    t.is(headers.get('x-frame-options'), 'DENY')
    t.is(headers.get('referrer-policy'), 'no-referrer')
    t.is(headers.get('x-content-type-options'), 'nosniff')
    const policy = headers.get('content-security-policy') ?? ''
    t.regex(policy, /default-src 'none'/)
    t.regex(policy, /frame-ancestors 'none'/)
    t.notRegex(policy, /form-action|unsafe/)
    t.notRegex(text, /<script|<img|style=/)
  }
})

verifies('consent-see-other', async (t) => {
  for (const decision of ['approve', 'deny'] as const) {
    const person = createPerson(send)
    const response = await person.submit(await person.open(begin().url), {
      decision,
      username: 'sue',
    })
    t.is(response.status, 303)
    t.true(response.headers.get('location')?.startsWith(`${CB}?`))
  }
})

verifies('consent-forms-of-others', async (t) => {
  const [owner, thief] = [createPerson(send), createPerson(send)]
  const page = await owner.open(begin().url)
  const typed = { username: 'owen' }
  const without = { ...page, fields: {} }
  t.true(noCode(await owner.submit(without, typed)), 'no value at all')
  t.true(noCode(await thief.submit(page, typed)), 'no cookie at all')
  const own = await thief.open(begin().url)
  t.true(noCode(await thief.submit(page, typed)), 'another browser')
  t.true(noCode(await owner.submit({ ...page, fields: own.fields }, typed)), 'another transaction')
  for (const headers of [
    { origin: 'https://evil.example' },
    { origin: issuer.replace(/\d+$/, '1') },
    { origin: 'null', 'sec-fetch-site': 'cross-site' },
    { origin: issuer, 'sec-fetch-site': 'cross-site' },
  ]) {
    t.true(noCode(await owner.submit(page, typed, headers)), JSON.stringify(headers))
  }
  const query = new URLSearchParams({ ...page.fields, ...typed, decision: 'approve' })
  t.true(noCode(await send({ url: `${issuer}/consent?${query}` })), 'GET')
  t.is((await owner.submit(page, typed)).status, 303, 'and all that took nothing away')
})

verifies('consent-cookies', async (t) => {
  const person = createPerson(send)
  const page = await person.open(begin().url)
  const response = await person.submit(page, { username: 'cleo' })
  const lines = [page.response, response].flatMap(({ headers }) => headers.getSetCookie())
  t.is(lines.length, 2)
  for (const line of lines) t.regex(line, /; Path=\/; HttpOnly; SameSite=Lax/)
  for (const [name, value] of person.cookies) {
    const tampered = createPerson(send)
    for (const pair of person.cookies) tampered.cookies.set(...pair)
    tampered.cookies.set(name, value.startsWith('A') ? `B${value.slice(1)}` : `A${value.slice(1)}`)
    const again = await tampered.open(begin().url)
    if (name.includes('login')) t.true(isPage(again.response), 'nobody is signed in')
    else t.true(noCode(await tampered.submit(page, { username: 'cleo' })))
  }
  t.is((await open(person)).status, 303, 'untouched they count')
  const other = createPerson(send)
  for (const [name, value] of person.cookies) {
    if (!name.includes('login')) other.cookies.set(name, value)
  }
  t.true(isPage((await other.open(begin().url)).response), 'what she approved is not his')
  t.true(noCode(await other.submit(page, { username: 'otto' })), 'nor is her page')
})

verifies('consent-form-not-believed', async (t) => {
  const person = createPerson(send)
  const attempt = begin()
  const page = await person.open(attempt.url)
  const response = await person.post(page, {
    decision: 'approve',
    username: 'tom',
    client_id: 'evil',
    redirect_uri: 'https://evil.example/cb',
    scope: 'notes:write',
    service: 'memory',
    state: 'evil',
  })
  const location = new URL(response.headers.get('location') ?? '')
  t.is(location.origin + location.pathname, CB)
  t.is(location.searchParams.get('state'), 'a state')
  const tokens = await client.token({
    grant_type: 'authorization_code',
    code: location.searchParams.get('code') ?? '',
    code_verifier: attempt.verifier,
    client_id: web.client_id,
    resource: NOTES,
  })
  t.is(tokens.json()['scope'], 'mcp')
})

verifies('consent-once', async (t) => {
  const person = createPerson(send)
  const page = await person.open(begin().url)
  const typed = { username: 'dan' }
  const all = await Promise.all(Array.from({ length: 20 }, () => person.submit(page, typed)))
  t.is(all.filter(({ status }) => status === 303).length, 1)
  t.is(all.filter(noCode).length, 19)
})

verifies('consent-account-named', async (t) => {
  const signIn = async (person: Person, username: string) =>
    person.post(await person.open(`${issuer}/login`), { username })
  for (const now of ['private', undefined]) {
    const person = createPerson(send)
    await signIn(person, 'work')
    const page = await person.open(begin({ prompt: 'consent' }).url)
    t.true(page.response.text.includes('signed in as <strong>work</strong>'))
    // In another tab.
    if (now === undefined) await person.post(await person.open(`${issuer}/logout`), {})
    else await signIn(person, now)
    const again = await person.submit(page, { username: '' })
    t.is(again.status, 400)
    t.is(again.headers.get('location'), null)
    t.is(/signed in as <strong>([^<]*)</.exec(again.text)?.[1], now)
    t.is((await person.submit(page, { username: 'work' })).status, 303, 'who is written is meant')
  }
})

verifies('consent-per-client', async (t) => {
  const person = await approved('pam')
  t.is((await open(person)).status, 303, 'what was approved is remembered')
  for (const redirect of [CB, 'https://evil.example/cb']) {
    const other = await client.register({ redirect_uris: [redirect], client_name: 'Web client' })
    const page = await open(person, { redirect_uri: redirect }, other.client_id)
    t.true(isPage(page))
    t.true(page.text.includes(`<strong>${new URL(redirect).host}</strong>`))
  }
  t.true(isPage(await open(await approved('phil', { resource: `${issuer}/echo/mcp` }))))
})

verifies('consent-per-scope', async (t) => {
  const person = await approved('wes')
  for (const changes of [
    { scope: 'notes:write' },
    { resource: `${issuer}/echo/mcp` },
    { redirect_uri: CB2 },
  ] as Fields[]) {
    t.true(isPage(await open(person, changes)), JSON.stringify(changes))
  }
  t.is((await open(person, { scope: 'mcp unknown' })).status, 303)
})

verifies('consent-not-for-programs', async (t) => {
  for (const redirect_uri of [
    'http://127.0.0.1:7/cb',
    'http://localhost/cb',
    'https://localhost/cb',
    'cursor://app/cb',
    'com.example.app:/cb',
    'urn:ietf:wg:oauth:2.0:oob',
  ]) {
    const { client_id } = await client.register({ redirect_uris: [redirect_uri] })
    const person = createPerson(send)
    const page = await person.open(begin({ redirect_uri }, client_id).url)
    const answer = await person.submit(page, { username: 'nat' })
    t.true(answer.status === 303 || answer.text.includes('class="copy"'))
    t.true(isPage(await open(person, { redirect_uri }, client_id)), redirect_uri)
  }
})

verifies('pages-escape', async (t) => {
  const evil = '"><img src=x onerror=alert(1)><script>alert(1)</script>'
  const { client_id } = await client.register({
    redirect_uris: [CB],
    client_name: evil,
    client_uri: 'https://linked.example/',
    logo_uri: 'https://linked.example/logo.png',
    policy_uri: 'https://linked.example/policy',
    tos_uri: 'https://linked.example/tos',
  })
  const person = createPerson(send)
  const changes = { state: evil, login_hint: evil, scope: evil, nonce: evil }
  const page = await person.open(begin(changes, client_id).url)
  const again = await person.submit(page, { username: evil })
  t.is(again.status, 400)
  const unknown = await open(person, { client_id: evil, state: evil }, evil)
  const faulty = await person.open(`${issuer}/authorize?${new URLSearchParams({ error: evil })}`)
  for (const { text } of [page.response, again, unknown, faulty.response]) {
    t.notRegex(text, /<script|<img|onerror=alert\(1\)>|linked\.example/)
  }
  t.true(page.response.text.includes('&lt;script&gt;'))
  for (const name of ['client_uri', 'logo_uri', 'policy_uri', 'tos_uri']) {
    for (const uri of ['javascript:alert(1)', 'data:text/html,x']) {
      await t.throwsAsync(client.register({ redirect_uris: [CB], [name]: uri }))
    }
  }
})

verifies('out-of-band', async (t) => {
  const redirect_uri = 'urn:ietf:wg:oauth:2.0:oob'
  const { client_id } = await client.register({ redirect_uris: [redirect_uri] })
  const attempt = begin({ redirect_uri }, client_id)
  const person = createPerson(send)
  const page = await person.open(attempt.url)
  t.true(page.response.text.includes('class="warning"'))
  const answer = await person.submit(page, { username: 'olga' })
  t.is(answer.status, 200)
  t.is(answer.headers.get('location'), null)
  t.is(answer.headers.get('cache-control'), 'no-store')
  const code = /class="copy">([\w-]+)</.exec(answer.text)?.[1] ?? 'none'
  const tokens = await client.token({
    grant_type: 'authorization_code',
    code,
    code_verifier: attempt.verifier,
    client_id,
  })
  t.is(tokens.status, 200)
  t.false(gateway.output().includes(code))
  const denied = await person.submit(await person.open(begin({ redirect_uri }, client_id).url), {
    decision: 'deny',
  })
  t.is(denied.headers.get('location'), null)
  t.true(denied.text.includes('access_denied'))
})

verifies('errors-by-accept', async (t) => {
  const rows: [string, string, string, RegExp][] = [
    ['GET', '/authorize', 'text/html,*/*;q=0.8', /^text\/html/],
    ['GET', '/authorize', '*/*', /^text\/html/],
    ['GET', '/authorize', 'application/json', /^application\/json/],
    ['POST', '/consent', 'text/html', /^text\/html/],
    ['POST', '/consent', 'application/json', /^application\/json/],
    ['POST', '/token', '*/*', /^application\/json/],
    ['POST', '/token', 'text/html', /^text\/html/],
    ['POST', '/par', '*/*', /^application\/json/],
    ['GET', '/.well-known/nothing', 'text/html', /^text\/html/],
    ['GET', '/.well-known/nothing', '*/*', /^application\/json/],
  ]
  for (const [method, path, accept, type] of rows) {
    const body = method === 'POST' ? form({ x: 'y' }) : { headers: {} }
    const headers = { ...body.headers, accept }
    const answer = await send({ ...body, method, url: issuer + path, headers })
    t.true(answer.status >= 400)
    t.regex(answer.headers.get('content-type') ?? '', type, `${method} ${path} ${accept}`)
    t.is(answer.headers.get('cache-control'), 'no-store')
    t.notRegex(answer.text, /node:|\.ts:|at async/)
  }
})
