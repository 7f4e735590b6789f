import { request as overSocket } from 'node:http'
import test from 'ava'
import { form, type HttpResponse } from '../../support/http.ts'
import { createOAuthClient, type Fields } from '../../support/oauth-client.ts'
import { startOAuthServer, untilLine } from '../../support/oauth-server.ts'
import { credentialsOf } from '../../support/obtain-tokens.ts'
import { createPerson } from '../../support/person.ts'

const server = await startOAuthServer({ environment: { RATE_LIMIT_FACTOR: '0' } })
const { send, issuer } = server
const client = createOAuthClient(send, issuer)
const ECHO = `${issuer}/echo/mcp`
const held = await client.register({
  token_endpoint_auth_method: 'client_secret_post',
  grant_types: [
    'authorization_code',
    'refresh_token',
    'urn:ietf:params:oauth:grant-type:device_code',
  ],
})
test.after.always(() => server.stop())

const NASTY = [
  '\0',
  'a\0b',
  '%00',
  '\ud800',
  '\ufffd',
  '\u202e',
  '😀'.repeat(500),
  ' ',
  '\t\r\n',
  'x'.repeat(20_000),
  '__proto__',
  'constructor',
  '*',
  '[]',
  '{}',
  '{"a":1}',
  '-1',
  '1e999',
  '9'.repeat(400),
  '../../etc/passwd',
  'https://[::1',
  'https://a.example:99999/',
  'https://e\u0301.example/',
  'urn:ietf:params:oauth:request_uri:',
  'a.b.c',
  `${'a'.repeat(43)}.999999999.${'b'.repeat(43)}`,
  'eyJhbGciOiJub25lIn0.e30.',
  "' OR 1=1 --",
  '*1\r\n$7\r\nFLUSHDB\r\n',
]

/** Every endpoint that takes parameters, with those it reads. */
const FORMS: Readonly<Record<string, Fields>> = {
  '/token': {
    grant_type: 'authorization_code',
    code: 'x',
    code_verifier: 'v'.repeat(43),
    redirect_uri: 'http://127.0.0.1/callback',
    refresh_token: 'x',
    device_code: 'x',
    scope: 'mcp',
    resource: ECHO,
    client_assertion: '',
    client_assertion_type: '',
  },
  '/revoke': { token: 'x', token_type_hint: 'access_token' },
  '/introspect': { token: 'x', token_type_hint: 'access_token' },
  '/par': Object.fromEntries(new URL(client.begin(held.client_id).url).searchParams),
  '/device_authorization': { scope: 'mcp', resource: ECHO },
  '/userinfo': { access_token: 'x' },
  '/device': { user_code: 'x', confirmation: 'x', decision: 'approve', username: 'a' },
  '/consent': { interaction: 'x', decision: 'approve', username: 'a', service: 'echo' },
  '/logout': { extent: 'everywhere' },
}

/** A few at a time: this is no test of how much can be borne. */
async function inTurn<Value>(
  values: readonly Value[],
  ask: (value: Value) => Promise<HttpResponse>,
): Promise<HttpResponse[]> {
  const answers: HttpResponse[] = []
  for (let start = 0; start < values.length; start += 5) {
    answers.push(...(await Promise.all(values.slice(start, start + 5).map(ask))))
  }
  return answers
}

/** Whatever was sent, it is the sender's fault, and said so. */
function isAnswered(
  t: { true(value: boolean, text: string): void },
  answer: HttpResponse,
  name: string,
) {
  t.true(answer.status >= 200 && answer.status < 500, `${name}: ${answer.status} ${answer.text}`)
}

for (const [path, fields] of Object.entries(FORMS)) {
  test.serial(`nothing in a form at ${path} is more than a bad request`, async (t) => {
    const own = path === '/device' || path === '/consent' || path === '/logout'
    const headers: Fields = own ? { origin: 'null', 'sec-fetch-site': 'same-origin' } : {}
    const all = { ...fields, ...credentialsOf(held) }
    const types =
      path === '/token' ? ['authorization_code', 'refresh_token', 'client_credentials'] : ['']
    for (const grant_type of types) {
      const base = { ...all, ...(grant_type === '' ? {} : { grant_type }) }
      for (const name of Object.keys(base)) {
        const answers = await inTurn(NASTY, (value) => {
          const sent = form({ ...base, [name]: value })
          return send({ ...sent, url: issuer + path, headers: { ...sent.headers, ...headers } })
        })
        for (const [index, answer] of answers.entries()) {
          isAnswered(
            t,
            answer,
            `${grant_type} ${name}=${JSON.stringify(NASTY[index]).slice(0, 40)}`,
          )
        }
      }
    }
    t.is((await send({ url: `${issuer}/healthz` })).status, 200)
  })
}

test.serial('nothing in an authorization request is more than a bad request', async (t) => {
  const { url } = client.begin(held.client_id, { resource: ECHO })
  const good = Object.fromEntries(new URL(url).searchParams)
  const more = {
    prompt: 'login',
    max_age: '1',
    login_hint: 'a',
    nonce: 'n',
    scope: 'mcp',
    request: '',
  }
  for (const name of Object.keys({ ...good, ...more, request_uri: '', response_mode: '' })) {
    const short = NASTY.filter((value) => value.length < 5000)
    const answers = await inTurn(short, (value) =>
      send({
        url: `${issuer}/authorize?${new URLSearchParams({ ...good, [name]: value })}`,
        headers: { accept: 'text/html' },
      }),
    )
    for (const answer of answers) {
      isAnswered(t, answer, name)
      const location = answer.headers.get('location')
      if (location !== null) t.is(new URL(location).searchParams.get('iss'), issuer)
    }
  }
})

test.serial('nothing in a registration is more than bad metadata', async (t) => {
  const values: unknown[] = [...NASTY.filter((value) => value.length < 5000), 1, true, {}, [], [[]]]
  values.push({ a: { b: 1 } }, [null], ['x'], [1], -1, 1e308, null)
  const names = [
    ...['redirect_uris', 'grant_types', 'response_types', 'token_endpoint_auth_method', 'jwks'],
    ...['client_name', 'client_uri', 'logo_uri', 'contacts', 'scope', 'jwks_uri', 'software_id'],
    ...['application_type', 'tos_uri', 'policy_uri', 'software_statement', 'client_id'],
  ]
  for (const name of names) {
    const answers = await inTurn(values, (value) =>
      send({
        url: `${issuer}/register`,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ redirect_uris: ['http://127.0.0.1/callback'], [name]: value }),
      }),
    )
    for (const [index, answer] of answers.entries()) {
      const text = JSON.stringify(values[index]).slice(0, 40)
      t.true([201, 400].includes(answer.status), `${name}=${text}: ${answer.status}`)
      if (answer.status !== 201) continue
      const registered = answer.json()
      const removed = await send({
        url: String(registered['registration_client_uri']),
        method: 'DELETE',
        headers: { authorization: `Bearer ${registered['registration_access_token']}` },
      })
      t.is(removed.status, 204, `${name}=${text}`)
    }
  }
})

test.serial('headers of 8 KB are read or refused, never a fault of ours', async (t) => {
  const long = 'x'.repeat(8000)
  const { url } = client.begin(held.client_id, { resource: ECHO })
  const requests: [string, string, Fields][] = [
    ['GET', url, { cookie: `a=${long}` }],
    ['GET', url, { accept: `text/html,${long}/x` }],
    ['GET', url, { 'accept-language': `${'de-x;q=0.1,'.repeat(700)}en` }],
    ['GET', url, { 'x-forwarded-for': `${'1.1.1.1, '.repeat(800)}2.2.2.2` }],
    ['GET', url, { 'x-forwarded-for': long }],
    ['GET', `${issuer}/userinfo`, { authorization: `Bearer ${long}` }],
    ['GET', `${issuer}/register/${held.client_id}`, { authorization: `Bearer ${long}` }],
    ['POST', `${issuer}/token`, { authorization: `Basic ${long}` }],
    ['POST', `${issuer}/introspect`, { authorization: `Basic ${btoa(`${long.slice(2500)}:x`)}` }],
    ['POST', `${issuer}/register`, { 'content-type': `application/json;x=${long}` }],
  ]
  for (const [method, at, headers] of requests) {
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await send({ url: at, method, headers: { ...type, ...headers } })
    isAnswered(t, answer, `${method} ${at} ${Object.keys(headers)}`)
  }
})

test.serial(
  'who accepts anything, nothing or nonsense gets an error that can be read',
  async (t) => {
    const ask = async (path: string, accept: string | undefined) => {
      const answer = await send({
        url: issuer + path,
        headers: accept === undefined ? {} : { accept },
      })
      t.true(answer.status >= 400 && answer.status < 500)
      t.regex(answer.headers.get('vary') ?? '', /accept/i, `${path} ${accept} ${answer.status}`)
      return (answer.headers.get('content-type') ?? '').split(';')[0]
    }
    for (const [accept, page, machine] of [
      [undefined, 'text/html', 'application/json'],
      ['', 'text/html', 'application/json'],
      ['*/*', 'text/html', 'application/json'],
      ['text/html', 'text/html', 'text/html'],
      ['text/*', 'text/html', 'text/html'],
      ['application/json', 'application/json', 'application/json'],
      ['application/json, text/html;q=0.5', 'application/json', 'application/json'],
      ['application/json;q=0.1, text/html', 'text/html', 'text/html'],
      ['text/html;q=0, */*', 'application/json', 'application/json'],
      ['application/json;q=0, */*', 'text/html', 'text/html'],
      ['text/html, */*;q=0.2', 'text/html', 'application/json'],
      ['text/html, application/xhtml+xml, */*;q=0.2', 'text/html', 'text/html'],
      ['application/jwt', 'text/html', 'application/json'],
      ['image/png', 'text/html', 'application/json'],
      ['nonsense', 'text/html', 'application/json'],
      [';;,,q=', 'text/html', 'application/json'],
    ] as const) {
      t.is(await ask('/authorize?client_id=nobody', accept), page, `page ${accept}`)
      t.is(await ask('/register/nobody', accept), machine, `machine ${accept}`)
    }
  },
)

test.serial(
  'names in every script stand on the page as they are, and none breaks out of it',
  async (t) => {
    for (const client_name of [
      'Привет мир',
      '日本語クライアント',
      'עברית Latin',
      'مرحبا',
      'e\u0301 is é',
      '😀👩‍💻'.replace('\u200d', ''),
      'Z\u0300\u0301\u0302\u0303\u0304',
      'x'.repeat(200),
      '𝒜'.repeat(200),
      '<b>&amp;"\'</b>',
      '${1+1} <%= 1 %>',
    ]) {
      const { client_id, client_name: echoed } = await client.register({ client_name })
      t.is(echoed, client_name.trim())
      const page = await createPerson(send).open(client.begin(client_id, { resource: ECHO }).url)
      t.is(page.response.status, 200)
      const shown = client_name
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;')
      const escaped = shown.replaceAll('"', '&quot;').replaceAll("'", '&#39;')
      t.true(page.response.text.includes(escaped), client_name)
    }
  },
)

test.serial('a name that is nothing but what is removed is no name', async (t) => {
  for (const client_name of ['\u200b\u200b', '\u202e \u2066', ' \t ', '\0']) {
    const registered = await client.register({ client_name })
    t.false('client_name' in registered)
    const page = await createPerson(send).open(
      client.begin(registered.client_id, { resource: ECHO }).url,
    )
    t.is(page.response.status, 200)
  }
})

test.serial('documents answer HEAD as they answer GET, without the body', async (t) => {
  for (const path of [
    '/.well-known/oauth-authorization-server',
    '/.well-known/openid-configuration',
    '/.well-known/oauth-protected-resource/echo/mcp',
    '/jwks',
    '/',
    '/assets/style.css',
    '/healthz',
  ]) {
    const [get, head] = await Promise.all(
      ['GET', 'HEAD'].map((method) => send({ url: issuer + path, method })),
    )
    t.is(head?.status, get?.status, path)
    t.is(head?.text, '', path)
    for (const name of [
      ...['content-type', 'content-length', 'cache-control', 'access-control-allow-origin'],
      'x-content-type-options',
    ]) {
      t.is(head?.headers.get(name), get?.headers.get(name), `${path} ${name}`)
    }
  }
})

test.serial(
  'a body that its client cuts off is the client’s fault, and no error of ours',
  async (t) => {
    const request = overSocket({
      ...{ socketPath: server.socket, method: 'POST', path: '/token', agent: false },
      headers: {
        ...{ host: new URL(issuer).host, 'x-request-id': 'cut-off' },
        ...{ 'content-type': 'application/x-www-form-urlencoded', 'content-length': 100 },
      },
    })
    request.on('error', () => {
      // Ours: it is cut off.
    })
    request.write('grant_type=', () => setTimeout(() => request.destroy(), 100))
    const line = await untilLine(server, /"cut-off".*"msg":"request"/)
    t.is(JSON.parse(line).status, 400)
    const lines = server.lines.filter((told) => told.includes('"cut-off"'))
    t.false(
      lines.some((told) => told.includes('"level":"error"')),
      lines.join('\n'),
    )
    t.true(lines.some((told) => told.includes('"error":"invalid_request"')))
  },
)
