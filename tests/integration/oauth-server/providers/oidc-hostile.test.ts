import type { RequestListener } from 'node:http'
import { inspect } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import type { OidcOptions } from '../../../../oauth-server/login/providers/oidc.ts'
import type {
  ProviderError,
  ProviderFault,
} from '../../../../oauth-server/login/providers/provider.ts'
import {
  type HostileOidc,
  type Misbehaviour,
  startHostileOidc,
} from '../../../support/hostile-oidc.ts'
import {
  faultOf,
  GROUPS,
  keepNothing,
  oidcProvider,
  upstreamLogin,
} from '../../../support/oidc-login.ts'

const SECRET = 'a client secret that must stay one'
/** Long enough for a busy machine, and much shorter than the deadline that it stands for. */
const DEADLINE_MS = 1500

/** The login that such a provider ends, and everything that it must not tell. */
async function attempt(
  t: ExecutionContext,
  misbehaviour: Misbehaviour,
  options: OidcOptions = {},
): Promise<ProviderError> {
  const upstream = await startHostileOidc(SECRET)
  t.teardown(() => upstream.stop())
  const { issuer } = upstream
  const provider = oidcProvider(SECRET, { issuer }, options)
  upstream.change(misbehaviour)
  const login = upstreamLogin({ needs: GROUPS })
  const error = await faultOf(
    provider.begin(login).then((url) => provider.finish(login, upstream.authorize(url))),
  )
  tellsNothing(t, upstream, error)
  return error
}

/** As a log would print it, and deeper. */
function tellsNothing(t: ExecutionContext, { secrets }: HostileOidc, error: ProviderError): void {
  const printed = inspect(error, { depth: 12, showHidden: true })
  for (const secret of secrets) t.false(printed.includes(secret), printed)
}

const json =
  (status: number, body: object | string, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text)
  }
const html: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Maintenance</h1>')
}
const silence: RequestListener = () => {}
const drip: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  const timer = setInterval(() => response.write(' '), 50)
  response.on('close', () => clearInterval(timer))
}
const flood: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(`{"a":"${'x'.repeat(2_000_000)}"}`)
}
const away = json(302, '', { location: 'https://elsewhere.example/' })
const hangUp: RequestListener = (request) => request.socket.destroy()
const METADATA = '/.well-known/openid-configuration'
const now = Math.floor(Date.now() / 1000)

const LIES: Readonly<Record<string, readonly [Misbehaviour, ProviderFault, RegExp]>> = {
  'an ID token of another issuer': [{ idToken: { iss: 'https://a.example' } }, 'invalid', /"iss"/],
  'an ID token without an issuer': [{ idToken: { iss: undefined } }, 'invalid', /"iss"/],
  'an ID token for another client': [{ idToken: { aud: 'another' } }, 'invalid', /"aud"/],
  'an ID token for several, of another': [
    { idToken: { aud: ['gateway', 'another'], azp: 'another' } },
    'invalid',
    /"azp"/,
  ],
  'an ID token for several, of nobody': [
    { idToken: { aud: ['gateway', 'another'] } },
    'invalid',
    /"aud"/,
  ],
  'an ID token for us, made for another': [
    { idToken: { azp: 'another' } },
    'invalid',
    /another client/,
  ],
  'another nonce': [{ idToken: { nonce: 'of another login' } }, 'invalid', /"nonce"/],
  'no nonce': [{ idToken: { nonce: undefined } }, 'invalid', /"nonce"/],
  'an expired ID token': [{ idToken: { exp: now - 3600 } }, 'invalid', /"exp"/],
  'an ID token without an end': [{ idToken: { exp: undefined } }, 'invalid', /"exp"/],
  'an ID token of the future': [{ idToken: { nbf: now + 3600 } }, 'invalid', /"nbf"/],
  'an ID token without a signature': [{ signature: 'none' }, 'invalid', /"alg"/],
  'an ID token without a signature, as it says it may': [
    { signature: 'none', metadata: { id_token_signing_alg_values_supported: ['none', 'ES256'] } },
    'invalid',
    /unsupported/,
  ],
  'an ID token signed with the client secret': [{ signature: 'HS256' }, 'invalid', /"alg"/],
  'an ID token signed with the client secret, as it says it may': [
    { signature: 'HS256', metadata: { id_token_signing_alg_values_supported: ['HS256'] } },
    'invalid',
    /unsupported/,
  ],
  'an ID token under a foreign key': [{ signature: 'foreign key' }, 'invalid', /signature/],
  'an ID token under an unknown key': [{ header: { kid: 'nobody' } }, 'invalid', /keys/],
  'a critical header that nobody knows': [
    { header: { crit: ['x'], x: 1 } },
    'invalid',
    /unsupported|crit/,
  ],
  'no ID token': [{ tokens: { id_token: undefined } }, 'invalid', /id_token/],
  'an ID token that is none': [{ tokens: { id_token: 'a.b' } }, 'invalid', /JWT/],
  'no access token': [{ tokens: { access_token: undefined } }, 'invalid', /access_token/],
  'no subject': [{ idToken: { sub: undefined } }, 'invalid', /"sub"/],
  'a subject that is a number': [{ idToken: { sub: 7 } }, 'invalid', /"sub"/],
  'an empty subject': [
    { idToken: { sub: '' }, metadata: { userinfo_endpoint: undefined } },
    'unavailable',
    /subject/,
  ],
  'a subject in another script': [
    { idToken: { sub: 'аlice' }, metadata: { userinfo_endpoint: undefined } },
    'unavailable',
    /subject/,
  ],
  'a subject of many characters': [{ idToken: { sub: 'a'.repeat(256) } }, 'unavailable', /subject/],
  'user information of another person': [
    { idToken: { email: undefined }, userInfo: { sub: 'mallory' } },
    'invalid',
    /"sub"/,
  ],
  'user information of nobody': [
    { idToken: { email: undefined }, userInfo: { sub: undefined } },
    'invalid',
    /"sub"/,
  ],
  'the answer of another provider': [{ back: { iss: 'https://a.example' } }, 'invalid', /"iss"/],
  'an answer that does not say whose it is': [{ back: { iss: undefined } }, 'invalid', /"iss"/],
  'an answer of an empty issuer': [{ back: { iss: '' } }, 'invalid', /iss/],
  'an answer of another state': [{ back: { state: 'another' } }, 'invalid', /"state"/],
  'an answer without a state': [{ back: { state: undefined } }, 'invalid', /"state"/],
  'an answer without a code': [{ back: { code: undefined } }, 'invalid', /code/],
  'a refusal of the person': [{ back: { error: 'access_denied' } }, 'cancelled', /access_denied/],
  'a refusal of us': [{ back: { error: 'unauthorized_client' } }, 'misconfigured', /unauthorized/],
  'a refusal of a scope': [{ back: { error: 'invalid_scope' } }, 'misconfigured', /invalid_scope/],
  'a refusal for now': [{ back: { error: 'temporarily_unavailable' } }, 'unavailable', /tempor/],
  'a refusal in words of somebody': [
    { back: { error: 'secret\n<script>' } },
    'unavailable',
    /an unknown error$/,
  ],
  'a refusal in words of the language': [
    { back: { error: 'constructor' } },
    'unavailable',
    /constructor$/,
  ],
  'tokens without end': [
    { tokens: { access_token: 'a'.repeat(70_000) } },
    'unavailable',
    /too long to be kept/,
  ],
  'groups that did not fit': [
    { idToken: { groups: undefined, _claim_names: { groups: 'src1' } } },
    'unavailable',
    /more groups than fit/,
  ],
  'groups that are no texts': [{ idToken: { groups: [1, 2] } }, 'unavailable', /list of texts/],
  'groups without end': [
    { idToken: { groups: Array.from({ length: 2001 }, (_, index) => `g${index}`) } },
    'unavailable',
    /more than 2000/,
  ],
}

for (const [title, [misbehaviour, fault, detail]] of Object.entries(LIES)) {
  test(`is not believed: ${title}`, async (t) => {
    const error = await attempt(t, misbehaviour)
    t.is(error.fault, fault)
    t.regex(error.detail, detail)
  })
}

const OUTAGES: Readonly<Record<string, readonly [RequestListener, ProviderFault, RegExp]>> = {
  'no word': [silence, 'unavailable', /in time/],
  'a word now and then': [drip, 'unavailable', /in time/],
  'too many words': [flood, 'unavailable', /too long/],
  'a page': [html, 'unavailable', /./],
  'half an answer': [json(200, '{"issuer":'), 'unavailable', /./],
  'a broken connection': [hangUp, 'unavailable', /no connection/],
  'an error of its own': [json(500, { error: 'server_error' }), 'unavailable', /500/],
  'too many requests': [json(429, {}), 'unavailable', /429/],
  'the way to somewhere else': [away, 'unavailable', /302/],
}

for (const [title, [answer, fault, detail]] of Object.entries(OUTAGES)) {
  for (const path of [METADATA, '/token', '/keys', '/userinfo']) {
    test(`is an outage: ${title} at ${path}`, async (t) => {
      const asks = path === '/userinfo' ? { idToken: { email: undefined } } : {}
      const isSlow = answer === silence || answer === drip
      const options = isSlow ? { deadlineMs: DEADLINE_MS } : {}
      const error = await attempt(t, { ...asks, answers: { [path]: answer } }, options)
      t.is(error.fault, fault)
      t.regex(error.detail, detail)
    })
  }
}

const REFUSALS: Readonly<Record<string, readonly [RequestListener, ProviderFault, RegExp]>> = {
  'the client secret': [json(401, { error: 'invalid_client' }), 'misconfigured', /401 invalid_cl/],
  'the client secret, with a challenge': [
    json(401, { error: 'invalid_client' }, { 'www-authenticate': 'Basic realm="x"' }),
    'misconfigured',
    /401/,
  ],
  'the client, in words of Microsoft': [
    json(401, {
      error: 'invalid_client',
      error_description: 'AADSTS7000215: Invalid client secret provided: hunter2.',
    }),
    'misconfigured',
    /^its token endpoint answered 401 invalid_client AADSTS7000215$/,
  ],
  'the redirect URI': [json(400, { error: 'redirect_uri_mismatch' }), 'misconfigured', /redirect/],
  'the code': [json(400, { error: 'invalid_grant' }), 'invalid', /invalid_grant/],
  'us, for the moment': [json(400, { error: 'slow_down' }), 'unavailable', /slow_down/],
}

for (const [title, [answer, fault, detail]] of Object.entries(REFUSALS)) {
  test(`its token endpoint refuses ${title}`, async (t) => {
    const error = await attempt(t, { answers: { '/token': answer } })
    t.is(error.fault, fault)
    t.regex(error.detail, detail)
  })
}

const DESCRIPTIONS: Readonly<Record<string, readonly [object, RegExp]>> = {
  'is of another issuer': [{ issuer: 'https://a.example' }, /https:\/\/a\.example/],
  'has no token endpoint': [{ token_endpoint: undefined }, /token_endpoint/],
  'has no authorization endpoint': [
    { authorization_endpoint: undefined },
    /authorization_endpoint/,
  ],
  'sends people over plain HTTP': [{ authorization_endpoint: 'http://a.example/' }, /not https/],
  'wants secrets over plain HTTP': [{ token_endpoint: 'http://a.example/' }, /not https/],
}

for (const [title, [metadata, detail]] of Object.entries(DESCRIPTIONS)) {
  test(`its description ${title}`, async (t) => {
    const error = await attempt(t, { metadata: metadata as Record<string, unknown> })
    t.is(error.fault, 'misconfigured')
    t.regex(error.detail, detail)
  })
}

test('a key that is new since its keys were read is found, and the code is sent once', async (t) => {
  const upstream = await startHostileOidc(SECRET)
  t.teardown(() => upstream.stop())
  const provider = oidcProvider(SECRET, { issuer: upstream.issuer })
  const logIn = async (): Promise<string> => {
    const login = upstreamLogin()
    const back = upstream.authorize(await provider.begin(login))
    return (await provider.finish(login, back)).identity.providerId
  }
  t.is(await logIn(), 'alice')
  const replacements = { 'of another name': 'two', 'of the same name': 'two' }
  for (const [title, kid] of Object.entries(replacements)) {
    await upstream.rotateKey(kid)
    const asked = upstream.asked.length
    t.is(await logIn(), 'alice', title)
    const tokenRequests = upstream.asked.slice(asked).filter((path) => path === '/token')
    t.is(tokenRequests.length, 1)
  }
})

test('a secret goes into the form where it may, encoded for Basic where it must', async (t) => {
  const secret = 'a:b c%2F+é'
  const upstream = await startHostileOidc(secret)
  t.teardown(() => upstream.stop())
  const requestFor = async (methods: string[] | undefined) => {
    upstream.change({ metadata: { token_endpoint_auth_methods_supported: methods } })
    const provider = oidcProvider(secret, { issuer: upstream.issuer })
    const login = upstreamLogin()
    await provider.finish(login, upstream.authorize(await provider.begin(login)))
    return upstream.tokenRequest
  }
  const posted = await requestFor(['client_secret_basic', 'client_secret_post'])
  t.is(posted.form.get('client_secret'), secret)
  t.is(posted.headers.authorization, undefined)
  for (const methods of [undefined, ['client_secret_basic'], ['none']]) {
    const { form, headers } = await requestFor(methods)
    t.false(form.has('client_secret'))
    const basic = Buffer.from(headers.authorization?.slice('Basic '.length) ?? '', 'base64')
    const [id, encoded = ''] = basic.toString().split(':')
    t.is(id, 'gateway')
    t.is(new URLSearchParams(`secret=${encoded}`).get('secret'), secret)
  }
})

test('an old session there does not pass for a proof made anew', async (t) => {
  const upstream = await startHostileOidc(SECRET)
  t.teardown(() => upstream.stop())
  const provider = oidcProvider(SECRET, { issuer: upstream.issuer })
  const finish = async (auth_time: number | undefined, anew: boolean) => {
    upstream.change({ idToken: { auth_time } })
    const login = upstreamLogin({ anew })
    return await provider.finish(login, upstream.authorize(await provider.begin(login)))
  }
  t.is((await faultOf(finish(now - 3600, true))).fault, 'invalid')
  t.is((await finish(now - 3600, false)).authenticatedAt, now - 3600)
  t.is((await finish(undefined, true)).authenticatedAt, undefined)
  t.true(Number((await finish(now + 3600, true)).authenticatedAt) < now + 60, 'nobody is ahead')
})

test('a refresh that tells of somebody else is not believed', async (t) => {
  const upstream = await startHostileOidc(SECRET)
  t.teardown(() => upstream.stop())
  const provider = oidcProvider(SECRET, { issuer: upstream.issuer })
  const login = upstreamLogin({ needs: GROUPS })
  const back = upstream.authorize(await provider.begin(login))
  const { token = '' } = await provider.finish(login, back)
  const faultFor = async (misbehaviour: Misbehaviour): Promise<string> => {
    upstream.change(misbehaviour)
    const error = await faultOf(provider.read(token, GROUPS, keepNothing))
    tellsNothing(t, upstream, error)
    return error.fault
  }
  t.is(await faultFor({ idToken: { sub: 'mallory' } }), 'invalid')
  t.is(await faultFor({ idToken: { aud: 'another' } }), 'invalid')
  t.is(await faultFor({ signature: 'foreign key' }), 'invalid')
  t.is(await faultFor({ tokens: { id_token: undefined } }), 'expired', 'groups cannot be told')
  const answers = { '/token': json(400, { error: 'interaction_required' }) }
  t.is(await faultFor({ answers }), 'expired')
  t.is(await faultFor({ answers: { '/token': html } }), 'unavailable')
  t.is(await faultFor({ answers: { '/token': json(401, {}) } }), 'unavailable')
})

test('a token that a refresh gave is told at once, whatever fails after it', async (t) => {
  const upstream = await startHostileOidc(SECRET)
  t.teardown(() => upstream.stop())
  const time = { ms: Date.now() }
  const options = { clock: () => time.ms }
  const provider = oidcProvider(SECRET, { issuer: upstream.issuer }, options)
  const login = upstreamLogin({ needs: GROUPS })
  const elsewhere = { idToken: { groups: undefined }, userInfo: { groups: ['engineers'] } }
  upstream.change(elsewhere)
  const back = upstream.authorize(await provider.begin(login))
  const { token = '' } = await provider.finish(login, back)
  time.ms += 2 * 3_600_000
  upstream.change({ ...elsewhere, answers: { '/userinfo': html } })
  const kept: string[] = []
  const keep = async (next: string) => void kept.push(next)
  t.is((await faultOf(provider.read(token, GROUPS, keep))).fault, 'unavailable')
  t.is(kept.length, 1)
  upstream.change(elsewhere)
  const again = await provider.read(kept[0] ?? '', GROUPS, keep)
  t.deepEqual(again.identity.groups, ['engineers'])
  t.is(again.token, kept[0], 'it lives: nothing has to be renewed')
})

test('user information that is signed is believed under its own keys', async (t) => {
  const upstream = await startHostileOidc(SECRET)
  t.teardown(() => upstream.stop())
  const provider = oidcProvider(SECRET, { issuer: upstream.issuer })
  const metadata = { userinfo_signing_alg_values_supported: ['ES256'] }
  const idToken = { email: undefined }
  const logIn = async (misbehaviour: Misbehaviour) => {
    upstream.change(misbehaviour)
    const { issuer } = upstream
    const claims = { sub: 'alice', email: 'a@example.com', email_verified: true, iss: issuer }
    const signed = await upstream.sign({ ...claims, aud: 'gateway' })
    const told: RequestListener = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/jwt' }).end(signed)
    }
    upstream.change({ metadata, idToken, answers: { '/userinfo': told } })
    const login = upstreamLogin()
    return await provider.finish(login, upstream.authorize(await provider.begin(login)))
  }
  t.deepEqual((await logIn({})).identity.emails, ['a@example.com'])
  for (const signature of ['none', 'HS256', 'foreign key'] as const) {
    t.is((await faultOf(logIn({ signature }))).fault, 'invalid', signature)
  }
})
