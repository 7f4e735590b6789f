/** When somebody proved who they are: max_age, prompt, auth_time, and the cookie of the session. */

import test from 'ava'
import type { HttpResponse } from '../../../support/http.ts'
import { createCommandedProvider, startLoginWorld } from '../../../support/login-world.ts'
import { createOAuthClient, type Fields, REDIRECT_URI } from '../../../support/oauth-client.ts'
import { createPerson, type Person } from '../../../support/person.ts'

const okta = createCommandedProvider('okta', 'Okta')
const world = await startLoginWorld({ providers: [okta] })
const secure = await startLoginWorld({
  providers: [okta],
  publicUrl: 'https://auth.example.com',
})
const { send, issuer } = world
const oauth = createOAuthClient(send, issuer)
const WEB = 'https://app.example/cb'
const { client_id } = await oauth.register({ redirect_uris: [REDIRECT_URI, WEB] })
const onSecure = createOAuthClient(secure.send, secure.issuer)
const secureClient = await onSecure.register({ redirect_uris: ['https://app.example/cb'] })
test.after.always(async () => {
  await world.stop()
  await secure.stop()
})

const begin = (changes = {}) =>
  oauth.begin(client_id, { resource: `${issuer}/echo/mcp`, scope: 'openid', ...changes })
const locationOf = ({ headers }: HttpResponse): string => headers.get('location') ?? ''
const now = () => Math.floor(Date.now() / 1000)

/** Approves at a provider that tells when, and exchanges the code. */
async function authTimeOf(person: Person, changes: object, toldAt?: number): Promise<unknown> {
  const attempt = begin(changes)
  const left = await person.submit(await person.open(attempt.url), { provider: 'okta' })
  const back = await person.open(
    okta.vouch(locationOf(left), 'mona', toldAt === undefined ? {} : { authenticatedAt: toldAt }),
  )
  const code = new URL(locationOf(back.response)).searchParams.get('code') ?? ''
  const answer = await oauth.token({
    grant_type: 'authorization_code',
    code,
    code_verifier: attempt.verifier,
    redirect_uri: REDIRECT_URI,
    client_id,
  })
  const [, claims = ''] = String(answer.json()['id_token']).split('.')
  return JSON.parse(Buffer.from(claims, 'base64url').toString())['auth_time']
}

test('auth_time is what the provider tells', async (t) => {
  const toldAt = now() - 5000
  t.is(await authTimeOf(createPerson(send), {}, toldAt), toldAt)
})

test('a provider that tells nothing, or a time to come, vouches for now', async (t) => {
  for (const toldAt of [undefined, now() + 5000]) {
    const authTime = Number(await authTimeOf(createPerson(send), {}, toldAt))
    t.true(Math.abs(authTime - now()) <= 2)
  }
})

for (const changes of [{ prompt: 'login' }, { prompt: 'select_account' }, { max_age: '600' }]) {
  test(`${JSON.stringify(changes)}: the provider is asked for a login anew`, async (t) => {
    const person = createPerson(send)
    const left = await person.submit(await person.open(begin(changes).url), {})
    t.true(okta.asked(locationOf(left))?.anew)
    const usual = await person.submit(await person.open(begin().url), {})
    t.false(okta.asked(locationOf(usual))?.anew)
  })
}

test('a provider that names an older login than was asked for is not believed to have made one', async (t) => {
  for (const [changes, ago, status] of [
    [{ prompt: 'login' }, 120, 400],
    [{ prompt: 'login' }, 5, 303],
    [{ max_age: '600' }, 900, 400],
    [{ max_age: '600' }, 500, 303],
  ] as const) {
    const person = createPerson(send)
    const left = await person.submit(await person.open(begin(changes).url), {})
    const told = { authenticatedAt: now() - ago }
    const back = await person.open(okta.vouch(locationOf(left), 'stale', told))
    t.is(back.response.status, status)
    if (status === 400) t.regex(back.response.text, /Okta tells of an earlier login/)
  }
})

test('a session of a login that was old at the provider does not count for a younger max_age', async (t) => {
  const person = createPerson(send)
  await authTimeOf(person, {}, now() - 1000)
  const page = await person.open(begin({ max_age: '500' }).url)
  t.notRegex(page.response.text, /signed in/)
  const enough = await person.open(begin({ max_age: '5000' }).url)
  t.regex(enough.response.text, /<strong>mona \(Okta\)<\/strong>, signed in/)
})

test('prompt none without a session needs a login', async (t) => {
  const { response } = await createPerson(send).open(begin({ prompt: 'none' }).url)
  t.is(new URL(locationOf(response)).searchParams.get('error'), 'login_required')
})

test('a login of when the clock was ahead is not taken for a new one', async (t) => {
  const ahead = await startLoginWorld({ providers: [okta] })
  t.teardown(ahead.stop)
  const client = createOAuthClient(ahead.send, ahead.issuer)
  const { client_id } = await client.register()
  const resource = `${ahead.issuer}/echo/mcp`
  const person = createPerson(ahead.send)
  const open = (changes: Fields = {}) =>
    person.open(client.begin(client_id, { resource, ...changes }).url)
  ahead.pass(3600)
  const left = await person.submit(await open(), { provider: 'okta' })
  await person.open(okta.vouch(locationOf(left), 'mona'))
  ahead.pass(-3600)
  t.regex((await open()).response.text, /mona/)
  t.regex((await open({ max_age: '7200' })).response.text, /mona/)
  for (const changes of [{ prompt: 'login' }, { max_age: '0' }, { max_age: '60' }]) {
    t.notRegex((await open(changes)).response.text, /mona/, JSON.stringify(changes))
  }
})

test('an address that is known of the person is a hint at them, another is not', async (t) => {
  const person = createPerson(send)
  const identity = { providerId: '1', name: 'ann', emails: ['ann@example.com'] }
  const arrive = async (changes: Fields) => {
    const page = await person.open(begin(changes).url)
    const left = await person.submit(page, { provider: 'okta' })
    return await person.open(okta.answer(locationOf(left), { identity }))
  }
  await arrive({})
  const outcomeOf = async (login_hint: string, changes: Fields = {}) => {
    const { response } = await person.open(begin({ ...changes, login_hint, prompt: 'none' }).url)
    const { searchParams } = new URL(locationOf(response))
    return searchParams.get('error') ?? [...searchParams.keys()][0]
  }
  const hints = ['ann', 'Ann@Example.com', 'bob@example.com']
  for (const hint of hints) {
    t.is(await outcomeOf(hint), 'consent_required', 'who is not approved learns nothing by guesses')
    const chosen = { resource: '' }
    t.is(await outcomeOf(hint, chosen), 'interaction_required')
  }
  const redirect_uri = WEB
  await arrive({ redirect_uri, prompt: 'consent' })
  const outcomes = []
  for (const hint of hints) outcomes.push(await outcomeOf(hint, { redirect_uri }))
  t.deepEqual(outcomes, ['code', 'code', 'login_required'])
})

test('a session of a provider that is configured no longer is none', async (t) => {
  const person = createPerson(send)
  await authTimeOf(person, {})
  const [name = ''] = [...person.cookies.keys()].filter((one) => one.startsWith('mcp-login-'))
  const nameShown = async () =>
    (await person.open(`${issuer}/login`)).response.text.includes('mona')
  t.true(await nameShown())
  const facts = { userId: 'dev:mona', userName: 'mona', authenticatedAt: now() }
  const { cookie } = await world.ports.families.logins.open(facts)
  person.cookies.set(name, cookie)
  t.false(await nameShown())
})

test('on https the session’s cookie is __Host-, Secure, and new at each login', async (t) => {
  const person = createPerson(secure.send)
  const url = onSecure.begin(secureClient.client_id, {
    redirect_uri: 'https://app.example/cb',
    resource: `${secure.issuer}/echo/mcp`,
    // Otherwise the second login needs no page.
    prompt: 'consent',
  }).url
  const seen: string[] = []
  for (const name of ['first', 'first', 'second']) {
    const left = await person.submit(await person.open(url), { provider: 'okta' })
    const { response } = await person.open(okta.vouch(locationOf(left), name))
    const [line = ''] = response.headers.getSetCookie().filter((one) => one.includes('mcp-login-'))
    t.regex(
      line,
      /^__Host-mcp-login-[0-9a-f]{8}=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure; Max-Age=\d+$/,
    )
    seen.push(line.split(';')[0] ?? '')
  }
  t.is(new Set(seen).size, 3)
})
