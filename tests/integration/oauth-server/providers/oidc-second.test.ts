/** Another server than the one everything else is tried with, by other authors, as it comes. */

import test, { type ExecutionContext } from 'ava'
import { Events, OAuth2Server } from 'oauth2-mock-server'
import { sendOverNetwork } from '../../../support/http.ts'
import {
  faultOf,
  GROUPS,
  keepNothing,
  logInThrough,
  oidcProvider,
} from '../../../support/oidc-login.ts'

/** It asks nobody: whoever comes is sent back at once. */
const atOnce = {
  async logIn(url: string): Promise<URL> {
    const { headers, text } = await sendOverNetwork({ url })
    const location = headers.get('location')
    if (location === null) throw new Error(text)
    return new URL(location)
  },
}

async function start(t: ExecutionContext, algorithm: string, endsInSlash = false) {
  const server = new OAuth2Server(undefined, undefined, {
    shouldIssuerUrlBeSuffixedWithATralingSlash: endsInSlash,
  })
  await server.issuer.keys.generate(algorithm, { kid: 'first' })
  await server.start(0, 'localhost')
  t.teardown(() => server.stop())
  const issuer = server.issuer.url ?? ''
  return { server, issuer, service: server.service }
}

for (const algorithm of ['RS256', 'ES256', 'EdDSA']) {
  test(`its people log in, with tokens signed by ${algorithm}`, async (t) => {
    const { issuer, service } = await start(t, algorithm)
    service.on(Events.BeforeWellKnownOpenIdConfiguration, ({ body }) => {
      Object.assign(body, { id_token_signing_alg_values_supported: [algorithm] })
    })
    service.on(Events.BeforeUserinfo, ({ body }) => {
      Object.assign(body, { email: 'John@Example.org', email_verified: 'true', groups: 'staff' })
    })
    const provider = oidcProvider('a secret', { issuer })
    const { identity, token = '' } = await logInThrough(provider, atOnce, '', { needs: GROUPS })
    t.deepEqual(identity, {
      providerId: 'johndoe',
      name: 'john@example.org',
      login: 'john@example.org',
      emails: ['john@example.org'],
      groups: ['staff'],
    })
    t.deepEqual((await provider.read(token, GROUPS, keepNothing)).identity, identity)
  })
}

test('an issuer that ends in a slash is written with it, and without it is another', async (t) => {
  const { issuer } = await start(t, 'RS256', true)
  t.regex(issuer, /\/$/)
  const provider = oidcProvider('a secret', { issuer })
  t.is((await logInThrough(provider, atOnce, '')).identity.providerId, 'johndoe')
  const wrong = oidcProvider('a secret', { issuer: issuer.slice(0, -1) })
  const { fault, detail } = await faultOf(logInThrough(wrong, atOnce, ''))
  t.is(fault, 'misconfigured')
  t.true(detail.includes(`${issuer}:`), detail)
})

test('what it signs for others is not for us', async (t) => {
  const { issuer, service } = await start(t, 'RS256')
  const provider = oidcProvider('a secret', { issuer })
  for (const claims of [{ aud: 'another' }, { iss: 'https://a.example' }, { nonce: 'another' }]) {
    service.once(Events.BeforeTokenSigning, () => {
      service.once(Events.BeforeTokenSigning, ({ payload }) => Object.assign(payload, claims))
    })
    t.is((await faultOf(logInThrough(provider, atOnce, ''))).fault, 'invalid')
  }
  t.is((await logInThrough(provider, atOnce, '')).identity.providerId, 'johndoe')
})

test('its refusals and its outages are told apart', async (t) => {
  const { issuer, service } = await start(t, 'RS256')
  const provider = oidcProvider('a secret', { issuer })
  const faultFor = async (statusCode: number, body: Record<string, unknown>): Promise<string> => {
    service.once(Events.BeforeResponse, (response) => Object.assign(response, { statusCode, body }))
    return (await faultOf(logInThrough(provider, atOnce, ''))).fault
  }
  t.is(await faultFor(400, { error: 'invalid_grant' }), 'invalid')
  t.is(await faultFor(401, { error: 'invalid_client' }), 'misconfigured')
  t.is(await faultFor(503, {}), 'unavailable')
})
