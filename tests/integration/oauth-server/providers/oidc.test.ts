import test from 'ava'
import { decodeJwt } from 'jose'
import type { UpstreamAnswer } from '../../../../oauth-server/login/providers/provider.ts'
import { sendOverNetwork } from '../../../support/http.ts'
import {
  CALLBACK,
  faultOf,
  GROUPS,
  keepNothing,
  logInThrough,
  oidcProvider,
  upstreamLogin,
} from '../../../support/oidc-login.ts'
import { startOidcUpstream, UPSTREAM_PEOPLE } from '../../../support/oidc-upstream.ts'
import { createPerson } from '../../../support/person.ts'

const upstream = await startOidcUpstream({ redirectUris: [CALLBACK] })
const { issuer, clientSecret } = upstream
const provider = oidcProvider(clientSecret, { issuer })
const withGroups = oidcProvider(clientSecret, { issuer, scopes: ['groups'] })
test.after.always(() => upstream.stop())

const HOUR_MS = 3_600_000

test('a browser is sent with everything that binds the answer, and nothing else', async (t) => {
  const login = upstreamLogin()
  const url = await provider.begin(login)
  t.is(url.origin + url.pathname, `${issuer}/auth`)
  const { code_challenge: challenge, ...parameters } = Object.fromEntries(url.searchParams)
  t.regex(challenge ?? '', /^[A-Za-z0-9_-]{43}$/)
  t.not(challenge, login.codeVerifier)
  t.deepEqual(parameters, {
    client_id: 'gateway',
    response_type: 'code',
    redirect_uri: CALLBACK,
    scope: 'openid profile email',
    state: login.state,
    nonce: login.nonce,
    code_challenge_method: 'S256',
  })
  t.is(new Set([...url.searchParams.keys()]).size, [...url.searchParams.keys()].length)
})

test('a person logs in, and what is asked for is told', async (t) => {
  const { identity, token } = await logInThrough(provider, upstream, 'alice')
  const emails = ['alice@example.com']
  t.deepEqual(identity, { providerId: 'alice', name: 'alice.l', login: 'alice.l', emails })
  t.is(token, undefined, 'nothing is to be read again')
})

test('an address that nobody verified is none, unless the operator vouches for it', async (t) => {
  t.deepEqual((await logInThrough(provider, upstream, 'bob')).identity.emails, [])
  const trusting = oidcProvider(clientSecret, { issuer, trustsEmail: true })
  t.deepEqual((await logInThrough(trusting, upstream, 'bob')).identity.emails, ['bob@example.net'])
})

for (const authentication of ['client_secret_basic', 'client_secret_post', 'none'] as const) {
  test(`a client authenticates as the provider takes it: ${authentication}`, async (t) => {
    const other = await startOidcUpstream({ redirectUris: [CALLBACK], authentication })
    t.teardown(() => other.stop())
    const secret = authentication === 'none' ? undefined : clientSecret
    const client = oidcProvider(secret, { issuer: other.issuer })
    t.is((await logInThrough(client, other, 'alice')).identity.providerId, 'alice')
  })
}

test('a provider that wants requests pushed gets them pushed', async (t) => {
  const settings = {
    features: { pushedAuthorizationRequests: { requirePushedAuthorizationRequests: true } },
  }
  const other = await startOidcUpstream({ redirectUris: [CALLBACK], settings })
  t.teardown(() => other.stop())
  const client = oidcProvider(clientSecret, { issuer: other.issuer })
  const login = upstreamLogin()
  const url = await client.begin(login)
  t.deepEqual([...url.searchParams.keys()].sort(), ['client_id', 'request_uri'])
  const back = await other.logIn(url.href, 'alice')
  t.is((await client.finish(login, back)).identity.providerId, 'alice')
})

test('a secret that is not theirs is the operator’s to mend', async (t) => {
  const client = oidcProvider('another secret', { issuer })
  const { fault, detail } = await faultOf(logInThrough(client, upstream, 'alice'))
  t.is(fault, 'misconfigured')
  t.regex(detail, /401/)
})

test('who says no there has cancelled', async (t) => {
  const login = upstreamLogin()
  const back = await upstream.cancel((await provider.begin(login)).href)
  t.is((await faultOf(provider.finish(login, back))).fault, 'cancelled')
})

test('an answer is taken once, by the login that it belongs to', async (t) => {
  const [login, other] = [upstreamLogin(), upstreamLogin()]
  const back = await upstream.logIn((await provider.begin(login)).href, 'alice')
  t.is((await faultOf(provider.finish(other, back))).fault, 'invalid', 'of another state')
  const stolen = { ...other, state: login.state }
  t.is((await faultOf(provider.finish(stolen, back))).fault, 'invalid', 'of another verifier')
  const fresh = upstreamLogin()
  const once = await upstream.logIn((await provider.begin(fresh)).href, 'alice')
  t.is((await provider.finish(fresh, once)).identity.providerId, 'alice')
  t.is((await faultOf(provider.finish(fresh, once))).fault, 'invalid', 'of a used code')
})

test('an answer with a parameter twice is none', async (t) => {
  for (const name of ['code', 'state', 'iss']) {
    const login = upstreamLogin()
    const back = await upstream.logIn((await provider.begin(login)).href, 'alice')
    back.searchParams.append(name, back.searchParams.get(name) ?? '')
    t.is((await faultOf(provider.finish(login, back))).fault, 'invalid', name)
  }
})

test('whatever address the answer came in by, the redirect URI is ours', async (t) => {
  const login = upstreamLogin()
  const back = await upstream.logIn((await provider.begin(login)).href, 'alice')
  const inside = new URL(`http://127.0.0.1:1/elsewhere${back.search}`)
  t.is((await provider.finish(login, inside)).identity.providerId, 'alice')
})

test('who is to prove anew who they are is asked, also with a session there', async (t) => {
  const person = createPerson(sendOverNetwork)
  await logInThrough(provider, upstream, 'alice', {}, person)
  const again = await logInThrough(provider, upstream, 'bob', {}, person)
  t.is(again.identity.providerId, 'alice', 'the session there is used')
  const before = Math.floor(Date.now() / 1000)
  const anew = await logInThrough(provider, upstream, 'bob', { anew: true }, person)
  t.is(anew.identity.providerId, 'bob')
  t.true(Number(anew.authenticatedAt) >= before)
})

test('a hint is handed on, within bounds', async (t) => {
  const hint = async (loginHint: string): Promise<string | null> =>
    (await provider.begin(upstreamLogin({ loginHint }))).searchParams.get('login_hint')
  t.is(await hint('alice@example.com'), 'alice@example.com')
  t.is(await hint('a'.repeat(257)), null)
  t.is(await hint(''), null)
})

test('groups are told where they are needed, and read again while the token lives', async (t) => {
  const { identity, token = '' } = await logInThrough(withGroups, upstream, 'alice', {
    needs: GROUPS,
  })
  t.deepEqual(identity.groups, ['engineers', 'everyone'])
  const again = await withGroups.read(token, GROUPS, keepNothing)
  t.deepEqual(again, { identity, token })
  const none = await logInThrough(provider, upstream, 'alice', { needs: GROUPS })
  t.deepEqual(none.identity.groups, [], 'asked for and not told')
})

/** A provider of its own with a clock that tests turn, and somebody who has logged in there. */
async function startReading(settings: Readonly<Record<string, unknown>> = {}) {
  const other = await startOidcUpstream({ redirectUris: [CALLBACK], settings })
  const time = { ms: Date.now() }
  const client = oidcProvider(
    clientSecret,
    { issuer: other.issuer, scopes: ['groups'] },
    { clock: () => time.ms },
  )
  const answer = await logInThrough(client, other, 'alice', { needs: GROUPS })
  const read = (token: string | undefined): Promise<UpstreamAnswer> =>
    client.read(token ?? '', GROUPS, keepNothing)
  return { other, time, answer, read }
}

test('when the access token is over, the refresh token is used and replaced', async (t) => {
  const { other, time, answer, read } = await startReading({ rotateRefreshToken: true })
  t.teardown(() => other.stop())
  other.people.set('alice', { ...UPSTREAM_PEOPLE['alice'], groups: ['everyone'] })
  time.ms += 2 * HOUR_MS
  const first = await read(answer.token)
  t.deepEqual(first.identity.groups, ['everyone'])
  t.not(first.token, answer.token)
  time.ms += 2 * HOUR_MS
  t.deepEqual((await read(first.token)).identity.groups, ['everyone'])
  t.is((await faultOf(read(answer.token))).fault, 'expired', 'a token that was replaced')
})

test('groups that stand in ID tokens alone are told by a refresh', async (t) => {
  const { other, answer, read } = await startReading({ conformIdTokenClaims: false })
  t.teardown(() => other.stop())
  t.deepEqual(answer.identity.groups, ['engineers', 'everyone'])
  t.true(JSON.parse(answer.token ?? '').isInIdToken)
  other.people.set('alice', { ...UPSTREAM_PEOPLE['alice'], groups: ['others'] })
  t.deepEqual((await read(answer.token)).identity.groups, ['others'])
  t.is(other.asked.filter((one) => one === 'POST /token').length, 2)
})

test('a dead token is no outage: whoever is gone is gone', async (t) => {
  const { other, time, answer, read } = await startReading()
  t.teardown(() => other.stop())
  other.people.delete('alice')
  t.is((await faultOf(read(answer.token))).fault, 'expired')
  time.ms += 2 * HOUR_MS
  t.is((await faultOf(read(answer.token))).fault, 'expired')
  other.people.set('alice', {})
  other.forgetTokens()
  t.is((await faultOf(read(answer.token))).fault, 'expired')
  t.is((await faultOf(read('no token of ours'))).fault, 'expired')
})

test('an outage is no dead token: when it is over, the same token reads', async (t) => {
  const { other, time, answer, read } = await startReading()
  t.teardown(() => other.stop())
  for (const hours of [0, 2]) {
    time.ms += hours * HOUR_MS
    await other.goDown()
    t.is((await faultOf(read(answer.token))).fault, 'unavailable')
    await other.comeBack()
    t.is((await read(answer.token)).identity.providerId, 'alice')
  }
})

test('a provider that is down is found when it is back', async (t) => {
  const other = await startOidcUpstream({ redirectUris: [CALLBACK] })
  t.teardown(() => other.stop())
  await other.goDown()
  const client = oidcProvider(clientSecret, { issuer: other.issuer })
  const { fault, detail } = await faultOf(client.begin(upstreamLogin()))
  t.is(fault, 'unavailable')
  t.regex(detail, /ECONNREFUSED/)
  await other.comeBack()
  t.is((await logInThrough(client, other, 'alice')).identity.providerId, 'alice')
})

test('what it says about itself is read once for all, and again after ten minutes', async (t) => {
  const other = await startOidcUpstream({ redirectUris: [CALLBACK] })
  t.teardown(() => other.stop())
  const time = { ms: Date.now() }
  const client = oidcProvider(clientSecret, { issuer: other.issuer }, { clock: () => time.ms })
  const readings = (): number => other.asked.filter((one) => one.includes('well-known')).length
  await Promise.all(Array.from({ length: 5 }, () => client.begin(upstreamLogin())))
  await logInThrough(client, other, 'alice')
  await logInThrough(client, other, 'bob')
  t.is(readings(), 1)
  t.is(other.asked.filter((one) => one === 'GET /jwks').length, 1, 'nor are keys')
  time.ms += 600_000
  await client.begin(upstreamLogin())
  t.is(readings(), 2)
  time.ms -= 86_400_000
  await client.begin(upstreamLogin())
  await client.begin(upstreamLogin())
  t.is(readings(), 3, 'nobody knows how long ago that was: the clock was ahead')
})

test('the kept token is made of what its provider gave, for this person', async (t) => {
  const { token = '' } = await logInThrough(withGroups, upstream, 'alice', { needs: GROUPS })
  const kept = JSON.parse(token) as Record<string, unknown>
  t.is(kept['subject'], 'alice')
  t.deepEqual(Object.keys(kept).sort(), [
    'accessToken',
    'expiresAt',
    'isInIdToken',
    'refreshToken',
    'subject',
  ])
  t.throws(() => decodeJwt(String(kept['accessToken'])), undefined, 'no ID token is kept')
  const foreign = JSON.stringify({ ...kept, subject: 'bob' })
  t.is((await faultOf(withGroups.read(foreign, GROUPS, keepNothing))).fault, 'invalid')
})
