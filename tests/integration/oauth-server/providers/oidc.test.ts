import test from 'ava'
import {
  CALLBACK,
  faultOf,
  GROUPS,
  oidcProvider,
  upstreamLogin,
} from '../../../support/oidc-login.ts'
import { startOidcUpstream } from '../../../support/oidc-upstream.ts'

const upstream = await startOidcUpstream({ redirectUris: [CALLBACK] })
const { issuer, clientSecret } = upstream
const provider = oidcProvider(clientSecret, { issuer })
test.after.always(() => upstream.stop())

test('a person logs in, and what is asked for is told', async (t) => {
  const login = upstreamLogin()
  const url = await provider.begin(login)
  t.is(url.origin, issuer)
  const { identity, token } = await provider.finish(login, await upstream.logIn(url.href, 'alice'))
  t.deepEqual(identity, {
    providerId: 'alice',
    name: 'alice.l',
    emails: ['alice@example.com'],
  })
  t.is(token, undefined, 'nothing is to be read again')
})

test('an address that nobody has verified is none, unless the operator vouches for it', async (t) => {
  const login = upstreamLogin()
  const back = await upstream.logIn((await provider.begin(login)).href, 'bob')
  t.deepEqual((await provider.finish(login, back)).identity.emails, [])
  const trusting = oidcProvider(clientSecret, { issuer, trustsEmail: true })
  const again = upstreamLogin()
  const trusted = await upstream.logIn((await trusting.begin(again)).href, 'bob')
  t.deepEqual((await trusting.finish(again, trusted)).identity.emails, ['bob@example.net'])
})

test('groups are told where they are needed, and can be read again', async (t) => {
  const groups = oidcProvider(clientSecret, { issuer, scopes: ['groups'] })
  const login = upstreamLogin({ needs: GROUPS })
  const back = await upstream.logIn((await groups.begin(login)).href, 'alice')
  const { identity, token = '' } = await groups.finish(login, back)
  t.deepEqual(identity.groups, ['engineers', 'everyone'])
  t.deepEqual((await groups.read(token, GROUPS)).identity, identity)
})

test('who says no there has cancelled', async (t) => {
  const login = upstreamLogin()
  const back = await upstream.cancel((await provider.begin(login)).href)
  t.is((await faultOf(provider.finish(login, back))).fault, 'cancelled')
})
