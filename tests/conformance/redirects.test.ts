import test, { type ExecutionContext } from 'ava'
import { startGateway } from '../support/gateway.ts'
import { type HttpResponse, sendOverNetwork as send } from '../support/http.ts'
import { createOAuthClient, type Fields } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'
import { verifies } from '../support/verifies.ts'

// All requests of this file come from one address.
const gateway = await startGateway({ environment: { RATE_LIMIT_FACTOR: '10' } })
const issuer = gateway.url
const client = createOAuthClient(send, issuer)
const WEB = 'https://app.example/cb'
const web = await client.register({ redirect_uris: [WEB] })
const NATIVE = ['http://127.0.0.1/callback', 'http://localhost/callback', 'http://[::1]/callback']
const native = await client.register({ redirect_uris: NATIVE })
test.after.always(() => gateway.remove())

const authorize = (clientId: string, changes: Fields, accept = 'text/html') => {
  const { url } = client.begin(clientId, { resource: `${issuer}/echo/mcp`, ...changes })
  return send({ url, headers: { accept } })
}

/** Told to the person, and nobody is redirected. */
function isErrorPage(t: ExecutionContext, answer: HttpResponse, name: string): void {
  t.is(answer.status, 400, name)
  t.is(answer.headers.get('location'), null, name)
  t.is(answer.headers.get('refresh'), null, name)
  t.regex(answer.headers.get('content-type') ?? '', /^text\/html/, name)
  t.notRegex(answer.text, /name="decision"|http-equiv|(?:href|src|action)="(?!\/(?:[a-z]|"))/, name)
}

async function isRefused(t: ExecutionContext, clientId: string, uri: string): Promise<void> {
  const name = JSON.stringify(uri.slice(0, 80))
  isErrorPage(t, await authorize(clientId, { redirect_uri: uri }), name)
  // A bad request beside it is no way around.
  const changes = { redirect_uri: uri, response_type: 'token', prompt: 'none' }
  isErrorPage(t, await authorize(clientId, changes), name)
}

async function isAccepted(t: ExecutionContext, clientId: string, uri: string): Promise<void> {
  const { url } = client.begin(clientId, { resource: `${issuer}/echo/mcp`, redirect_uri: uri })
  const person = createPerson(send)
  const answer = await person.submit(await person.open(url), { username: 'alice' })
  t.true(answer.headers.get('location')?.startsWith(`${uri}?code=`), uri)
}

verifies('redirect-compared-by-text', async (t) => {
  for (const uri of [
    ...[
      `${WEB}/../evil`,
      `${WEB}/x`,
      `${WEB}%2f..%2fx`,
      `${WEB}x`,
      `${WEB}/`,
      `${WEB}?`,
      `${WEB}?x=1`,
    ],
    ...['https://app.example.evil.com/cb', 'https://evilapp.example/cb', 'https://evil.com/cb'],
    ...['https://evil.com/https://app.example/cb', 'https://app.example@evil.com/cb'],
    ...[
      'https://evil.com#@app.example/cb',
      'https://evil.com\\@app.example/cb',
      'https://evil.com?app.example/cb',
    ],
    ...[
      'https://app.example%2eevil.com/cb',
      'https://app.example%00.evil.com/cb',
      'https://app.example\0/cb',
    ],
    ...[
      `${WEB}%0d%0aLocation:%20https://evil.com`,
      `${WEB}\r\nLocation: https://evil.com`,
      `${WEB}\n`,
    ],
    ...[`${WEB}#x`, `${WEB}#`, `${WEB}%23x`, `${WEB};x`, ` ${WEB}`, `${WEB} `, `${WEB}\t`],
    ...['https://APP.example/cb', 'https://app.example/CB', 'HTTPS://app.example/cb'],
    ...['https://app.example:443/cb', 'https://app.example./cb', 'https://app.example//cb'],
    ...['https://app.example/./cb', 'https://app.example/%63b', 'https://user@app.example/cb'],
    ...['http://app.example/cb', 'http://app.example:443/cb', '//app.example/cb', '/cb', 'cb'],
    ...[
      'javascript:alert(1)',
      'data:text/html,x',
      'javascript://app.example/cb',
      'null',
      'undefined',
    ],
    ...['https://аpp.example/cb', 'https://app.example/cb\u200b', 'https://app。example/cb'],
    ...['https://xn--pp-6kc.example/cb', `${WEB}${'x'.repeat(10_000)}`, 'x'.repeat(10_000)],
    ...[
      `["${WEB}"]`,
      `${WEB} https://evil.com`,
      `${WEB},https://evil.com`,
      issuer,
      `${issuer}/consent`,
    ],
  ]) {
    await isRefused(t, web.client_id, uri)
  }
  // A port is ignored on loopback alone.
  await isRefused(t, web.client_id, 'https://app.example:8443/cb')
  const fragments = await send({
    url: `${client.begin(web.client_id, { redirect_uri: WEB }).url}#x`,
  })
  t.is(fragments.status, 200, 'a fragment of the request itself is nobody’s')
  await isAccepted(t, web.client_id, WEB)
})

verifies('redirect-loopback-any-port', async (t) => {
  for (const uri of NATIVE) {
    await isAccepted(t, native.client_id, uri)
    for (const port of ['1', '80', '8080', '51234', '65535']) {
      const asked = uri.replace('/callback', `:${port}/callback`)
      const { status } = await authorize(native.client_id, { redirect_uri: asked })
      t.is(status, 200, asked)
    }
    await isAccepted(t, native.client_id, uri.replace('/callback', ':51234/callback'))
  }
  const fixed = await client.register({ redirect_uris: ['http://localhost:6274/oauth/callback'] })
  await isAccepted(t, fixed.client_id, 'http://localhost:6275/oauth/callback')
  await isAccepted(t, fixed.client_id, 'http://localhost/oauth/callback')
  // One name for this machine does not stand for another.
  await isRefused(t, fixed.client_id, 'http://127.0.0.1:6274/oauth/callback')
  await isRefused(t, fixed.client_id, 'http://localhost:6274/callback')
})

verifies('redirect-loopback-look-alikes', async (t) => {
  for (const uri of [
    ...['http://127.0.0.1.evil.com/callback', 'http://127.0.0.1@evil.com/callback'],
    ...['http://localhost.evil.com/callback', 'http://localhost@evil.com/callback'],
    ...[
      'http://evil.com/callback',
      'http://evil.com#@localhost/callback',
      'http://localhost\\@evil.com/callback',
    ],
    ...['http://0177.0.0.1/callback', 'http://127.1/callback', 'http://2130706433/callback'],
    ...['http://0x7f.0.0.1/callback', 'http://0.0.0.0/callback', 'http://127.0.0.2/callback'],
    ...[
      'http://[::ffff:127.0.0.1]/callback',
      'http://[0:0:0:0:0:0:0:1]/callback',
      'http://[::]/callback',
    ],
    ...['http://LOCALHOST/callback', 'HTTP://localhost/callback', 'http://localhost./callback'],
    ...[
      'http://a.localhost/callback',
      'http://ip6-localhost/callback',
      'http://１２７.0.0.1/callback',
    ],
    ...[
      'https://localhost/callback',
      'https://127.0.0.1:51234/callback',
      'ws://localhost/callback',
    ],
    ...[
      ':0',
      ':00',
      ':080',
      ':08080',
      ':65536',
      ':80:443',
      ':abc',
      ': 80',
      ':-1',
      ':+80',
      ':1e3',
      ':080:',
      ':',
      ':８０',
      ':80@evil.com',
    ].map((port) => `http://127.0.0.1${port}/callback`),
    ...[
      'http://localhost:80%2f@evil.com/callback',
      'http://localhost:80\n/callback',
      'http://localhost:999999/callback',
    ],
    ...[
      'http://127.0.0.1:80/callback/',
      'http://127.0.0.1:80/callback?x',
      'http://127.0.0.1:80/callback#',
    ],
    ...[
      'http://127.0.0.1:80/CALLBACK',
      'http://127.0.0.1:80//callback',
      'http://127.0.0.1:80/x/../callback',
    ],
    ...['http://127.0.0.1:80', 'http://127.0.0.1callback', 'http://127.0.0.1:80callback'],
  ]) {
    await isRefused(t, native.client_id, uri)
  }
})

verifies('redirect-custom-scheme-exact', async (t) => {
  const uris = ['cursor://anysphere.cursor-mcp/oauth/callback', 'com.example.app:/cb']
  const { client_id } = await client.register({ redirect_uris: uris })
  for (const uri of uris) await isAccepted(t, client_id, uri)
  for (const uri of [
    ...[
      'cursor://anysphere.cursor-mcp/oauth/callback/',
      'cursor://evil/oauth/callback',
      'cursor://',
    ],
    ...[
      'cursor://anysphere.cursor-mcp:80/oauth/callback',
      'CURSOR://anysphere.cursor-mcp/oauth/callback',
    ],
    ...['com.example.app:/cb/x', 'com.example.app://cb', 'com.example.app2:/cb', 'com.example:/cb'],
  ]) {
    await isRefused(t, client_id, uri)
  }
})

verifies('redirect-uri-omitted', async (t) => {
  const { url } = client.begin(web.client_id, { redirect_uri: '' })
  const response = await createPerson(send).authorize(`${url}&resource=${issuer}/echo/mcp`, {
    username: 'alice',
  })
  t.is(response.origin + response.pathname, WEB)
  isErrorPage(t, await authorize(native.client_id, { redirect_uri: '' }), 'several registered')
})

verifies('redirect-query-kept', async (t) => {
  const uri = 'https://app.example/cb?tenant=1&Code=fixed&my_state=mine&x=%2F'
  const { client_id } = await client.register({ redirect_uris: [uri] })
  await isRefused(t, client_id, 'https://app.example/cb')
  await isRefused(t, client_id, 'https://app.example/cb?tenant=2&Code=fixed&my_state=mine&x=%2F')
  await isRefused(t, client_id, 'https://app.example/cb?tenant=1&Code=fixed&my_state=mine&x=/')
  const { url } = client.begin(client_id, { redirect_uri: uri, resource: `${issuer}/echo/mcp` })
  const person = createPerson(send)
  const answer = await person.submit(await person.open(url), { username: 'alice' })
  const location = answer.headers.get('location') ?? ''
  t.true(location.startsWith(`${uri}&code=`))
  t.deepEqual(new URL(location).searchParams.getAll('iss'), [issuer])
})

verifies('unknown-client-never-redirected', async (t) => {
  for (const id of [
    ...['unknown', 'A'.repeat(22), '', ' ', '__proto__', `${web.client_id} `, `${web.client_id}\0`],
    ...[web.client_id.slice(1), web.client_id.toLowerCase(), '*', 'x'.repeat(8000), 'client:*'],
  ]) {
    for (const redirect_uri of [WEB, 'https://evil.example/cb', 'javascript:alert(1)']) {
      const answer = await authorize(web.client_id, { client_id: id, redirect_uri })
      isErrorPage(t, answer, JSON.stringify(id.slice(0, 30)))
      t.false(answer.text.includes('evil.example'))
    }
  }
  const machine = await authorize('unknown', { redirect_uri: WEB }, 'application/json')
  t.is(machine.status, 400)
  t.is(machine.json()['error'], 'invalid_client')
  t.is(machine.headers.get('location'), null)
})

verifies('iss-exactly-once', async (t) => {
  const metadata = await send({ url: `${issuer}/.well-known/oauth-authorization-server` })
  t.is(metadata.json()['authorization_response_iss_parameter_supported'], true)
  t.is(metadata.json()['issuer'], issuer)
  const state = 'a&state=b&iss=https://evil.example#%00 é "<>'
  const check = (location: string | null, name: string, error: string | null): void => {
    const { searchParams, hash } = new URL(location ?? '')
    t.is(searchParams.get('error'), error, name)
    t.deepEqual(searchParams.getAll('iss'), [issuer], name)
    t.deepEqual(searchParams.getAll('state'), [state], name)
    t.is(searchParams.getAll('code').length, error === null ? 1 : 0, name)
    t.is(hash, '', name)
  }
  const base = {
    redirect_uri: WEB,
    state,
    resource: `${issuer}/echo/mcp`,
    iss: 'https://evil.example',
  }
  const rows: [string, Fields][] = [
    ['invalid_request', { response_type: '' }],
    ['unsupported_response_type', { response_type: 'token' }],
    ['invalid_request', { response_mode: 'fragment' }],
    ['invalid_request', { code_challenge: '' }],
    ['invalid_request', { code_challenge_method: 'plain' }],
    ['invalid_target', { resource: 'https://evil.example/mcp' }],
    ['login_required', { prompt: 'none' }],
    ['invalid_request', { prompt: 'none login' }],
    ['invalid_request', { max_age: '-1' }],
  ]
  for (const [error, changes] of rows) {
    const answer = await authorize(web.client_id, { ...base, ...changes })
    check(answer.headers.get('location'), JSON.stringify(changes).slice(0, 60), error)
  }
  for (const decision of ['approve', 'deny'] as const) {
    const person = createPerson(send)
    const page = await person.open(client.begin(web.client_id, base).url)
    const answer = await person.submit(page, { decision, username: 'alice' })
    check(answer.headers.get('location'), decision, decision === 'deny' ? 'access_denied' : null)
  }
  for (const start of [WEB, 'http://localhost/cb', 'http://[::1]:1/cb', 'app.example:/cb']) {
    const uri = `${start}?tenant=1&iss=https://evil.example&code=x&state=y`
    await t.throwsAsync(client.register({ redirect_uris: [uri] }), {
      message: /invalid_redirect_uri.* has code in its query/,
    })
  }
})

verifies('redirect-never-repeats-the-form', async (t) => {
  for (const decision of ['approve', 'deny'] as const) {
    const person = createPerson(send)
    const { url } = client.begin(web.client_id, {
      redirect_uri: WEB,
      resource: `${issuer}/echo/mcp`,
    })
    const answer = await person.submit(await person.open(url), { decision, username: 'alice' })
    t.is(answer.status, 303)
    t.is(answer.headers.get('referrer-policy'), 'no-referrer')
    t.is(answer.headers.get('cache-control'), 'no-store')
    const names = [...new URL(answer.headers.get('location') ?? '').searchParams.keys()].sort()
    t.deepEqual(
      names,
      decision === 'approve'
        ? ['code', 'iss', 'state']
        : ['error', 'error_description', 'iss', 'state'],
    )
  }
})
