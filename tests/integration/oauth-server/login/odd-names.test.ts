/** People whom a provider calls what no store, page or terminal should see: they log in like everybody else. */

import test from 'ava'
import { formWith } from '../../../support/forms.ts'
import { startHostileOidc } from '../../../support/hostile-oidc.ts'
import type { HttpResponse } from '../../../support/http.ts'
import { devProvider, startLoginWorld } from '../../../support/login-world.ts'
import { createOAuthClient, REDIRECT_URI } from '../../../support/oauth-client.ts'
import { oidcProvider } from '../../../support/oidc-login.ts'
import { createPerson, type Person } from '../../../support/person.ts'

const SECRET = 'the-secret-of-a-gateway-of-the-tests'
const upstream = await startHostileOidc(SECRET)
const corp = oidcProvider(SECRET, { issuer: upstream.issuer })
const world = await startLoginWorld({ providers: [corp, devProvider] })
const { send, issuer, ports } = world
const oauth = createOAuthClient(send, issuer)
const { client_id } = await oauth.register()
test.after.always(async () => {
  await world.stop()
  await upstream.stop()
})

const locationOf = ({ headers }: HttpResponse): string => headers.get('location') ?? ''

/** From the consent page through the provider to tokens; they are renewed once. */
async function logIn(person: Person): Promise<HttpResponse> {
  const attempt = oauth.begin(client_id, {
    resource: `${issuer}/echo/mcp`,
    scope: 'openid profile',
  })
  const left = await person.submit(await person.open(attempt.url), { provider: 'corp' })
  const back = await person.open(upstream.authorize(new URL(locationOf(left))).href)
  const code = new URL(locationOf(back.response)).searchParams.get('code') ?? ''
  const first = await oauth.token({
    grant_type: 'authorization_code',
    code,
    code_verifier: attempt.verifier,
    redirect_uri: REDIRECT_URI,
    client_id,
  })
  const refresh_token = String(first.json()['refresh_token'])
  return await oauth.token({ grant_type: 'refresh_token', refresh_token, client_id })
}

const nameIn = (answer: HttpResponse): unknown => {
  const [, claims = ''] = String(answer.json()['access_token']).split('.')
  return JSON.parse(Buffer.from(claims, 'base64url').toString())['preferred_username']
}

for (const [title, preferred_username, expected] of [
  ['a lone surrogate', 'al\ud800ice', 'alice'],
  ['surrogates alone', '\udc00\ud800', 'ice@example.com'],
  ['control characters', 'al\u0000\u001b[31mice\r\n', 'al[31mice'],
  ['10,000 characters', 'a'.repeat(10_000), 'a'.repeat(128)],
  ['10,000 emoji', '\u{1f600}'.repeat(10_000), '\u{1f600}'.repeat(128)],
  ['a direction of writing', '\u202eecila', 'ecila'],
  ['blanks', ' \n ', 'ice@example.com'],
  ['what a script would take for its own', '} "\\u0000" ]] %s {', '} "\\u0000" ]] %s {'],
] as const) {
  test.serial(`somebody is called ${title}`, async (t) => {
    upstream.change({
      idToken: {
        preferred_username,
        email: 'ice@example.com',
        groups: ['\ud800', 'engineers', 'a\u0000b'],
      },
    })
    const person = createPerson(send)
    const answer = await logIn(person)
    t.is(answer.status, 200)
    t.is(nameIn(answer), expected)
    const account = await person.open(`${issuer}/account`)
    t.is(account.response.status, 200)
    t.true(account.response.text.isWellFormed())
    const known = await ports.families.users.find('corp:alice')
    t.is(known?.name, expected)
    const form = formWith(account, ['change', 'revoke-all'])
    const ended = await person.post(form, { change: 'revoke-all' })
    t.is(ended.status, 303)
    t.deepEqual(await ports.families.grants.ofUser('corp:alice'), [])
  })
}

test.serial('an id that is no text of its kind is nobody', async (t) => {
  for (const sub of ['\ud800', 'a\u0000', 'a'.repeat(256), '', ' a', 7, null]) {
    upstream.change({ idToken: { sub }, userInfo: { sub } })
    const person = createPerson(send)
    const attempt = oauth.begin(client_id, { resource: `${issuer}/echo/mcp` })
    const left = await person.submit(await person.open(attempt.url), { provider: 'corp' })
    const back = await person.open(upstream.authorize(new URL(locationOf(left))).href)
    t.true([502, 503].includes(back.response.status), JSON.stringify(sub))
  }
})
