/** Who may in by what an OpenID Connect provider tells: a real server, a real provider, whose groups change. */

import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { createGuests, type Entrance } from '../../support/guests.ts'
import { startOAuthServer, untilLine } from '../../support/oauth-server.ts'
import { startOidcUpstream, UPSTREAM_PEOPLE } from '../../support/oidc-upstream.ts'

const upstream = await startOidcUpstream({
  redirectUris: ['http://localhost:8642/callback/okta'],
})
const provider = (issuer: string): string => `
providers:
  okta:
    type: oidc
    label: Okta
    issuer: ${issuer}
    client_id: ${upstream.clientId}
    client_secret: \${secret.OKTA_SECRET}
    scopes: [groups, offline_access]
`
const CONFIGURATION = `${provider(upstream.issuer)}
access:
  groups: ["okta:engineers"]
  users: ["*@example.org", "okta:carol.l"]
`
const environment = { OKTA_SECRET: upstream.clientSecret, ACCESS_FACTS_LIFETIME: '1' }
const server = await startOAuthServer({ environment, configuration: CONFIGURATION })
const guests = await createGuests(server)
test.after.always(async () => {
  await server.stop()
  await upstream.stop()
})

const as = (login: string, more: Entrance = {}): Entrance => ({
  through: async (departure) => (await upstream.logIn(departure, login)).href,
  ...more,
})
const untilOld = () => sleep(2100)

const engineer = (name: string): void => {
  upstream.people.set(name, { preferred_username: name, groups: ['engineers'] })
}

async function isDenied(t: ExecutionContext, login: string): Promise<void> {
  t.is((await guests.knock(as(login))).searchParams.get('error'), 'access_denied', login)
}

test.serial('whoever is in the group is in, until the provider tells otherwise', async (t) => {
  t.deepEqual(UPSTREAM_PEOPLE['bob']?.['groups'], ['everyone'])
  await isDenied(t, 'bob')
  const alice = await guests.logIn(as('alice'))
  await untilOld()
  t.is((await guests.refresh(alice)).status, 200)
  await untilOld()
  t.is((await guests.refresh(alice)).status, 200, 'and so on, with the token that came anew')
  upstream.people.set('alice', { ...UPSTREAM_PEOPLE['alice'], groups: ['everyone'] })
  await untilOld()
  const refused = await guests.refresh(alice)
  t.is(refused.status, 400)
  t.is(refused.json()['error'], 'invalid_grant')
  t.false(await guests.isActive(alice))
  t.false(await guests.isSignedIn(alice))
  await isDenied(t, 'alice')
})

test.serial('while the provider is down nobody loses anything', async (t) => {
  engineer('dora')
  const dora = await guests.logIn(as('dora'))
  await untilOld()
  await upstream.goDown()
  try {
    t.is((await guests.refresh(dora)).status, 200)
    await untilLine(server, /facts could not be read again: those of before count/)
  } finally {
    await upstream.comeBack()
  }
})

test.serial('a provider that has forgotten the person’s tokens vouches for nothing', async (t) => {
  engineer('fred')
  const fred = await guests.logIn(as('fred'))
  upstream.forgetTokens()
  await untilOld()
  t.is((await guests.refresh(fred)).json()['error'], 'invalid_grant')
  t.false(await guests.isActive(fred))
  t.true(await guests.isActive(await guests.logIn(as('fred'))))
})

test.serial('whose account is gone there is out', async (t) => {
  engineer('greta')
  const greta = await guests.logIn(as('greta'))
  upstream.people.delete('greta')
  await untilOld()
  t.is((await guests.refresh(greta)).json()['error'], 'invalid_grant')
})

test.serial('an address lets in when it is verified, and of this domain exactly', async (t) => {
  const mail = (name: string, email: string, email_verified: unknown): void => {
    upstream.people.set(name, { preferred_username: name, email, email_verified })
  }
  mail('verified', 'One@Example.Org', true)
  mail('unverified', 'two@example.org', false)
  mail('below', 'three@sub.example.org', true)
  mail('beside', 'four@badexample.org', true)
  t.true((await guests.knock(as('verified'))).searchParams.has('code'))
  for (const login of ['unverified', 'below', 'beside']) await isDenied(t, login)
})

test.serial(
  'a login in a rule is bound to the first that has it, and not lost by another name',
  async (t) => {
    upstream.people.set('c1', { preferred_username: 'carol.l' })
    const carol = await guests.logIn(as('c1'))
    upstream.people.set('c1', { preferred_username: 'carol.married' })
    upstream.people.set('c2', { preferred_username: 'carol.l' })
    await isDenied(t, 'c2')
    t.true(await guests.isActive(await guests.logIn(as('c1'))))
    t.is((await guests.refresh(carol)).status, 200)
  },
)

test.serial(
  'another issuer under the same name: the server does not start, and says what to do',
  async (t) => {
    const configuration = `${provider('http://127.0.0.1:1')}access: { users: ["*"] }\n`
    const start = () => startOAuthServer({ environment, configuration, valkey: server.valkey })
    const error = await t.throwsAsync(start)
    const expected = `providers.okta: people have logged in under this name through ${upstream.issuer}`
    t.true(error?.message.includes(expected), error?.message)
    const [, command = ''] =
      /HDEL (mcp-gateway:providers:issuers okta) in its store/.exec(error?.message ?? '') ?? []
    const [key = '', field = ''] = command.split(' ')
    const redis = await server.valkey.connect()
    t.is(await redis.hdel(key.replace(/^mcp-gateway:/, ''), field), 1)
    const later = await start()
    await later.stop()
  },
)
