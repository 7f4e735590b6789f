import { connect } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { startGateway } from '../support/gateway.ts'
import { form, type HttpResponse, sendOverNetwork as send } from '../support/http.ts'
import { createOAuthClient, REDIRECT_URI } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'
import { type RawRequest, rawRequest } from '../support/raw-request.ts'
import { verifies } from '../support/verifies.ts'

// All requests of this file come from one address.
const gateway = await startGateway({ environment: { RATE_LIMIT_FACTOR: '10' } })
const issuer = gateway.url
const client = createOAuthClient(send, issuer)
const { client_id: ID } = await client.register()
test.after.always(() => gateway.remove())

const ECHO = { resource: `${issuer}/echo/mcp` }
const HTML = { accept: 'text/html' }
const EVIL = 'https://evil.example'
const MARKUP = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '</title></style></main><svg/onload=alert(1)>',
  '<%= 7*7 %><%~ it %>{{7*7}}${7*7}',
  'javascript:alert(1)',
]

/** No element or attribute but the page's own. */
function isClean(t: ExecutionContext, { text, headers }: HttpResponse, name: string): void {
  t.regex(headers.get('content-type') ?? '', /^text\/html; charset=utf-8$/, name)
  t.notRegex(text, /<(?:script|img|svg|iframe|object|embed|base|meta http)/i, name)
  t.notRegex(text, /<[^>]*\s(?:on\w+|style|srcdoc|formaction)\s*=/i, name)
  t.notRegex(text, /(?:href|src|action)="(?!\/(?:[a-z]|")|cursor:\/\/anysphere\.)/i, name)
  t.notRegex(text, /\b49\b|\[object/, `${name}: no template was run`)
}

verifies('client-name-escaped', async (t) => {
  for (const client_name of MARKUP) {
    const { client_id } = await client.register({ client_name })
    const { response } = await createPerson(send).open(client.begin(client_id, ECHO).url)
    t.is(response.status, 200)
    isClean(t, response, client_name)
    const shown = client_name.slice(0, 6).replace('<', '&lt;').replace('"', '&quot;')
    t.true(response.text.includes(shown.replace('>', '&gt;').replace("'", '&#39;')), client_name)
  }
  const sly = 'Good\r\nSet-Cookie: a=b\0\u202eevil\u2066\u200b\u{e0041} \u0085\u2028\u2029App'
  const { client_id, client_name } = await client.register({ client_name: sly })
  t.is(client_name, 'GoodSet-Cookie: a=bevil App')
  const unseen = await client.register({ client_name: '\u3164\u115f\u034f\ufe0f' })
  t.is(unseen.client_name, undefined, 'a name that nobody sees is none')
  // Vietnamese and Hebrew need several marks on a letter; a tower of them covers the warnings of the page.
  const marked = await client.register({
    client_name: 'Vie\u0323\u0302t \u05e9\u05bc\u05c1\u05b8\u0591',
  })
  t.is(marked.client_name, 'Vie\u0323\u0302t \u05e9\u05bc\u05c1\u05b8\u0591')
  const tower = await client.register({ client_name: `Cla${'\u0323\u0331'.repeat(80)}ude` })
  t.is(tower.client_name, 'Cla\u0323\u0331\u0323\u0331\u0323ude')
  const { response } = await createPerson(send).open(client.begin(client_id, ECHO).url)
  t.true(response.text.includes('GoodSet-Cookie: a=bevil App'))
  t.notRegex(response.text, /[\u202a-\u202e\u2066-\u2069\u200b\0]/)
})

verifies('client-links-harmless', async (t) => {
  const names = ['client_uri', 'logo_uri', 'policy_uri', 'tos_uri']
  for (const name of names) {
    for (const link of [
      'javascript:alert(1)',
      'data:text/html,x',
      'file:///etc/passwd',
      'x',
      ' ',
    ]) {
      await t.throwsAsync(client.register({ [name]: link }), { message: /invalid_client_metadata/ })
    }
  }
  const links = Object.fromEntries(names.map((name) => [name, `${EVIL}/${name}`]))
  const { client_id } = await client.register(links)
  const { response } = await createPerson(send).open(client.begin(client_id, ECHO).url)
  isClean(t, response, 'links')
  t.notRegex(response.text, /<[^>]*evil\.example/, 'no element names it')
})

verifies('reflected-values-escaped', async (t) => {
  for (const text of MARKUP) {
    const begin = (changes: Record<string, string>) => client.begin(ID, { ...ECHO, ...changes }).url
    for (const url of [
      begin({ client_id: text }),
      begin({ redirect_uri: text }),
      begin({ state: text.repeat(99) }),
      begin({ state: text, login_hint: text, ui_locales: text, scope: `mcp ${text}`, nonce: text }),
      `${begin({})}&${encodeURIComponent(text)}=1`,
    ]) {
      isClean(t, await send({ url, headers: HTML }), text)
    }
    const person = createPerson(send)
    const page = await person.open(begin({ state: text }))
    const again = await person.submit(page, { username: text, service: text })
    t.is(again.status, 400)
    isClean(t, again, text)
    const fields = { ...page.fields, interaction: text }
    const gone = await person.submit({ ...page, fields }, { username: text }, HTML)
    t.is(gone.status, 403)
    isClean(t, gone, text)
    const answer = await person.submit(page, { username: 'alice' })
    t.is(new URL(answer.headers.get('location') ?? '').searchParams.get('state'), text)
    t.notRegex(answer.headers.get('location') ?? '', /[<>"' ]/)
    const lost = await send({ url: `${issuer}/assets/${encodeURIComponent(text)}`, headers: HTML })
    if (lost.status !== 400) isClean(t, lost, 'not found')
  }
})

verifies('error-description-printable', async (t) => {
  const isPrintable = (description: unknown, name: string): void => {
    t.is(typeof description, 'string', name)
    t.regex(String(description), /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/, name)
  }
  for (const text of [...MARKUP, 'ä"\\\r\n\0\u2028😀']) {
    const fields = { grant_type: text, client_id: ID, code: text }
    isPrintable((await client.token(fields)).json()['error_description'], text)
    isPrintable((await client.token({ client_id: text })).json()['error_description'], text)
    const registered = await send({
      url: `${issuer}/register`,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ redirect_uris: [`https://app.example/${text}`], grant_types: text }),
    })
    t.is(registered.status, 400)
    isPrintable(registered.json()['error_description'], text)
    for (const name of ['response_type', 'resource', 'prompt', 'max_age', 'response_mode']) {
      const { headers } = await send(client.begin(ID, { [name]: `${text} none login` }))
      const location = headers.get('location')
      // An unknown prompt is nobody's error.
      t.true(location !== null || name === 'prompt', `${name} ${text}`)
      if (location === null) continue
      isPrintable(new URL(location).searchParams.get('error_description'), `${name} ${text}`)
    }
  }
})

verifies('header-injection', async (t) => {
  const isWhole = ({ headers, text }: HttpResponse, name: string): void => {
    t.is(headers.get('x-injected'), null, name)
    t.notRegex(headers.getSetCookie().join('\n'), /injected/, name)
    t.notRegex(headers.get('location') ?? '', /[\r\n]/, name)
    t.notRegex(text, /^x-injected/im, name)
  }
  for (const line of ['\r\n', '\n', '\r', '%0d%0a', '\u010d\u010a', '\u2028', '\0\r\n']) {
    const text = `x${line}X-Injected: 1${line}Set-Cookie: injected=1${line}${line}<script>`
    for (const name of [
      'state',
      'redirect_uri',
      'client_id',
      'scope',
      'resource',
      'response_type',
    ]) {
      const { url } = client.begin(ID, { ...ECHO, [name]: text })
      isWhole(await send({ url, headers: HTML }), `${name} ${JSON.stringify(line)}`)
    }
    const person = createPerson(send)
    const page = await person.open(client.begin(ID, { ...ECHO, state: text }).url)
    const answer = await person.submit(page, { username: 'alice' })
    isWhole(answer, 'answer')
    const { searchParams, origin, pathname } = new URL(answer.headers.get('location') ?? '')
    t.is(searchParams.get('state'), text)
    t.is(origin + pathname, REDIRECT_URI)
    isWhole(await send({ url: `${issuer}/assets/${encodeURIComponent(text)}` }), 'path')
  }
  const request = { port: gateway.port, method: 'GET', path: '/jwks' }
  const headers = [
    'X-Request-Id',
    'injected',
    'Origin',
    `${EVIL}"`,
    'X-Forwarded-Host',
    'evil.example',
  ]
  const answer = await rawRequest({ ...request, headers })
  t.is(answer.status, 200)
  t.notRegex(JSON.stringify(answer.headers), /injected|evil/)
  const discovered = await rawRequest({
    ...request,
    path: '/.well-known/openid-configuration',
    headers: [...headers, 'X-Forwarded-Proto', 'https', 'Forwarded', 'host=evil.example'],
  })
  t.notRegex(discovered.body, /evil|https:/)
})

/** What the server answers to these bytes, and whether it hangs up. */
function askRaw(text: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const socket = connect(gateway.port, '127.0.0.1', () => socket.write(text))
  let answer = ''
  socket.setTimeout(3000, () => socket.destroy(new Error(`still open after: ${answer}`)))
  socket.on('data', (chunk) => {
    answer += chunk.toString('latin1')
  })
  socket.once('error', reject)
  socket.once('close', () => resolve(answer))
  return promise
}

verifies('requests-not-smuggled', async (t) => {
  const start = ['POST /token HTTP/1.1', `Host: localhost:${gateway.port}`]
  const type = 'Content-Type: application/x-www-form-urlencoded'
  const hidden = `GET /jwks HTTP/1.1\r\nHost: localhost:${gateway.port}\r\n\r\n`
  const rows: Record<string, string[]> = {
    'a length and chunks': ['Content-Length: 5', 'Transfer-Encoding: chunked'],
    'chunks and a length': ['Transfer-Encoding: chunked', 'Content-Length: 5'],
    'two lengths': ['Content-Length: 5', 'Content-Length: 6'],
    'two lengths in one': ['Content-Length: 5, 6'],
    'a length with a sign': ['Content-Length: +5'],
    'a length in hexadecimal': ['Content-Length: 0x5'],
    'chunks and identity': ['Transfer-Encoding: chunked, identity'],
    'identity, then chunks': ['Transfer-Encoding: identity', 'Transfer-Encoding: chunked'],
    'chunks misspelt': ['Transfer-Encoding: xchunked'],
    'chunks behind a vertical tab': ['Transfer-Encoding: \vchunked'],
    'a space before the colon': ['Content-Length : 5'],
    NUL: ['X: y\0z', 'Content-Length: 5'],
  }
  const isRefused = async ([name, headers]: [string, string[]]): Promise<void> => {
    const answer = await askRaw([...start, type, ...headers, '', `0\r\n\r\n${hidden}`].join('\r\n'))
    t.regex(answer, /^HTTP\/1\.1 (?:400|501) /, name)
    t.notRegex(answer, /"keys"/, `${name}: the hidden request was not answered`)
    t.is(answer.match(/HTTP\/1\.1 /g)?.length, 1, name)
  }
  await Promise.all(Object.entries(rows).map(isRefused))
})

interface PageRow {
  readonly status: number
  readonly ask: () => Promise<HttpResponse>
}

verifies('page-headers-everywhere', async (t) => {
  const get = (path: string) => send({ url: issuer + path, headers: HTML })
  const post = (path: string, headers: Record<string, string>, body: string) =>
    send({ url: issuer + path, method: 'POST', headers: { ...HTML, ...headers }, body })
  const person = createPerson(send)
  const page = await person.open(client.begin(ID, ECHO).url)
  const { headers: formType } = form({})
  const rows: Record<string, PageRow> = {
    home: { status: 200, ask: () => get('/') },
    question: { status: 200, ask: async () => page.response },
    'question again': { status: 400, ask: () => person.submit(page, { username: '<' }, HTML) },
    'unknown client': { status: 400, ask: () => get('/authorize?client_id=x') },
    'bad request': { status: 400, ask: () => get('/authorize') },
    'another browser': { status: 403, ask: () => createPerson(send).submit(page, {}, HTML) },
    'another site': { status: 403, ask: () => person.submit(page, {}, { ...HTML, origin: EVIL }) },
    'nothing there': { status: 404, ask: () => get('/assets/nothing') },
    nowhere: { status: 404, ask: () => get('/no-such-thing/at/all') },
    'another method': { status: 405, ask: () => get('/consent') },
    'another method, machine': { status: 405, ask: () => get('/token') },
    'too large': { status: 413, ask: () => post('/consent', formType, 'x'.repeat(40_000)) },
    'another type': { status: 415, ask: () => post('/consent', {}, '{}') },
    'another type, machine': { status: 415, ask: () => post('/token', {}, '{}') },
    'no client, machine': { status: 401, ask: () => post('/token', formType, 'x=1') },
  }
  for (const [name, { status, ask }] of Object.entries(rows)) {
    const answer = await ask()
    const { headers } = answer
    t.is(answer.status, status, name)
    isClean(t, answer, name)
    const policy = (headers.get('content-security-policy') ?? '').split(/; */)
    t.true(policy.includes("default-src 'none'"), name)
    t.true(policy.includes("frame-ancestors 'none'"), name)
    t.true(policy.includes("base-uri 'none'"), name)
    t.notRegex(policy.join(), /unsafe|\*|https?:|form-action|script-src/, name)
    t.is(headers.get('x-frame-options'), 'DENY', name)
    t.is(headers.get('x-content-type-options'), 'nosniff', name)
    t.is(headers.get('referrer-policy'), 'no-referrer', name)
    t.is(headers.get('cache-control'), 'no-store', name)
    t.is(
      headers.get('access-control-allow-origin'),
      name.endsWith('machine') && status !== 405 ? '*' : null,
      name,
    )
  }
})

const AS = '/.well-known/oauth-authorization-server'
const READ = ['GET', 'HEAD']
/** What web clients read; a preflight is answered. */
const OPEN: Readonly<Record<string, readonly string[]>> = {
  [AS]: READ,
  '/.well-known/openid-configuration': READ,
  '/.well-known/oauth-protected-resource/echo/mcp': READ,
  '/jwks': READ,
  '/register': ['POST'],
  '/token': ['POST'],
}
const CLOSED: Readonly<Record<string, readonly string[]>> = {
  '/': READ,
  '/authorize': READ,
  '/consent': ['POST'],
  '/assets/style.css': READ,
  '/healthz': READ,
}
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']

const ask = (method: string, path: string, more: Partial<RawRequest> = {}) =>
  rawRequest({ port: gateway.port, method, path, ...more })

verifies('methods-on-every-path', async (t) => {
  const isServed = async (path: string, method: string, served: readonly string[]) => {
    const name = `${method} ${path}`
    const headers = ['X-Http-Method-Override', served[0] ?? '', 'X-Canary', 'canary']
    const { status, headers: answered, body } = await ask(method, path, { headers })
    t.notRegex(body, /canary/, name)
    t.not(status, 500, name)
    t.is(status === 405, !served.includes(method), `${name}: ${status}`)
    if (status !== 405) return
    const allowed = String(answered['allow']).split(', ')
    t.deepEqual(allowed.toSorted(), served.toSorted(), name)
  }
  const rows = [
    ...Object.entries(OPEN).map(([path, served]) => [path, [...served, 'OPTIONS']] as const),
    ...Object.entries(CLOSED),
  ]
  for (const [path, served] of rows) {
    for (const method of METHODS) await isServed(path, method, served)
    t.is((await ask('HEAD', path)).body, '', path)
  }
})

const PREFLIGHT = [
  ...['Origin', EVIL, 'Access-Control-Request-Method', 'POST'],
  ...['Access-Control-Request-Headers', 'authorization,content-type,mcp-protocol-version'],
]

verifies('cors-where-web-clients-need-it', async (t) => {
  for (const [path, served] of Object.entries(OPEN)) {
    const { status, headers } = await ask('OPTIONS', path, { headers: PREFLIGHT })
    t.is(status, 204, path)
    t.is(headers['access-control-allow-origin'], '*', path)
    t.is(headers['access-control-allow-credentials'], undefined, path)
    const methods = String(headers['access-control-allow-methods'])
    t.true(methods.split(', ').includes(served[0] ?? ''), path)
    const allowed = String(headers['access-control-allow-headers']).split(', ')
    for (const name of ['authorization', 'content-type', 'mcp-protocol-version']) {
      t.true(allowed.includes(name), `${path} ${name}`)
    }
    const answer = await ask(served[0] ?? '', path, { headers: ['Origin', EVIL] })
    t.is(answer.headers['access-control-allow-origin'], '*', `${path}: ${answer.status}`)
    t.is(answer.headers['access-control-allow-credentials'], undefined, path)
  }
  const { body } = form({ grant_type: 'refresh_token' })
  const type = ['Content-Type', 'application/x-www-form-urlencoded']
  const authorization = ['Authorization', 'Basic eDp5']
  const headers = ['Origin', EVIL, ...type, ...authorization]
  const failed = await ask('POST', '/token', { headers, body })
  t.is(failed.status, 401)
  t.is(failed.headers['access-control-allow-origin'], '*')
  const exposed = String(failed.headers['access-control-expose-headers'])
  t.regex(exposed, /WWW-Authenticate/)
})

verifies('cors-nowhere-else', async (t) => {
  const all = [
    ...Object.keys(CLOSED),
    ...['/callback', '/callback/github', '/introspect', '/device', '/device_authorization'],
    ...['/userinfo', '/par', '/login', '/logout', '/account', '/nothing', '/assets/nothing'],
  ]
  for (const path of all) {
    for (const method of ['OPTIONS', 'GET', 'POST']) {
      for (const origin of [EVIL, 'null', issuer]) {
        const headers = PREFLIGHT.with(1, origin)
        const answer = await ask(method, path, { headers })
        const found = Object.keys(answer.headers).filter((name) =>
          name.startsWith('access-control'),
        )
        t.deepEqual(found, [], `${method} ${path} from ${origin}`)
        if (method === 'OPTIONS') t.true(answer.status >= 400, path)
      }
    }
  }
})

verifies('caching-as-the-answer-allows', async (t) => {
  const kept = [AS, '/.well-known/openid-configuration', '/jwks', '/assets/style.css']
  for (const path of [...kept, '/.well-known/oauth-protected-resource/echo/mcp']) {
    const { headers, status } = await ask('GET', path)
    t.is(status, 200, path)
    const [, seconds] = /^public, max-age=(\d+)$/.exec(String(headers['cache-control'])) ?? []
    t.true(Number(seconds) <= 300, path)
    t.is(headers['set-cookie'], undefined, path)
  }
  const others: [string, string][] = [
    ...[['GET', '/'] as const, ['GET', '/authorize'] as const, ['POST', '/consent'] as const],
    ...[['POST', '/register'] as const, ['POST', '/token'] as const, ['GET', '/healthz'] as const],
    ...[['GET', '/nothing'] as const, ['GET', '/assets/nothing'] as const, ['PUT', AS] as const],
    ['GET', '/.well-known/oauth-protected-resource/nothing/mcp'],
  ].map(([method, path]) => [method ?? '', path ?? ''])
  for (const [method, path] of others) {
    const { headers } = await ask(method, path)
    t.is(headers['cache-control'], 'no-store', `${method} ${path}`)
    t.is(headers['x-content-type-options'], 'nosniff', `${method} ${path}`)
  }
})
