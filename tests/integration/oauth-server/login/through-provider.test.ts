/** Logging in through a provider, from the consent page to the code. */

import test from 'ava'
import { DEPARTURES } from '../../../../oauth-server/login/depart.ts'
import { ProviderError } from '../../../../oauth-server/login/providers/provider.ts'
import { from } from '../../../support/device.ts'
import type { HttpResponse } from '../../../support/http.ts'
import {
  createCommandedProvider,
  devProvider,
  startLoginWorld,
} from '../../../support/login-world.ts'
import { createOAuthClient, REDIRECT_URI } from '../../../support/oauth-client.ts'
import { createPerson, type Person } from '../../../support/person.ts'

const github = createCommandedProvider('github', 'GitHub')
const okta = createCommandedProvider('okta', 'Okta')
const one = await startLoginWorld({ providers: [github] })
const several = await startLoginWorld({ providers: [github, okta, devProvider] })
const { issuer } = one
const ECHO = `${issuer}/echo/mcp`
const oauth = createOAuthClient(one.send, issuer)
const { client_id } = await oauth.register()
const begin = (changes = {}) => oauth.begin(client_id, { resource: ECHO, ...changes })
const elsewhere = createOAuthClient(several.send, issuer)
const other = await elsewhere.register()
test.after.always(async () => {
  await one.stop()
  await several.stop()
})

const beginElsewhere = (changes = {}) =>
  elsewhere.begin(other.client_id, { resource: ECHO, ...changes })

const locationOf = ({ headers }: HttpResponse): string => headers.get('location') ?? ''

/** Approves and comes back as somebody; resolves with what the callback answers. */
async function logIn(person: Person, url: string, name: string): Promise<HttpResponse> {
  const left = await person.submit(await person.open(url), {})
  return (await person.open(github.vouch(locationOf(left), name))).response
}

test('one button approves and leads to the only provider; the code comes at the end', async (t) => {
  const person = createPerson(one.send)
  const attempt = begin({ scope: 'openid' })
  const page = await person.open(attempt.url)
  t.true(page.response.text.includes('Approve and continue with GitHub</button>'))
  t.notRegex(page.response.text, /name="username"|name="provider"/)
  const left = await person.submit(page, {})
  t.is(left.status, 303)
  const login = github.asked(locationOf(left))
  t.is(login?.redirectUri, `${issuer}/callback`)
  t.is(login?.anew, false)
  const back = await person.open(github.vouch(locationOf(left), 'octocat'))
  t.is(back.response.status, 303)
  const redirect = new URL(locationOf(back.response))
  t.is(redirect.origin + redirect.pathname, REDIRECT_URI)
  t.is(redirect.searchParams.get('state'), 'a state')
  t.is(redirect.searchParams.get('iss'), issuer)
  const answer = await oauth.token({
    grant_type: 'authorization_code',
    code: redirect.searchParams.get('code') ?? '',
    code_verifier: attempt.verifier,
    redirect_uri: REDIRECT_URI,
    client_id,
  })
  t.is(answer.status, 200)
  const [, claims = ''] = String(answer.json()['access_token']).split('.')
  const { sub, preferred_username } = JSON.parse(Buffer.from(claims, 'base64url').toString())
  t.deepEqual(
    { sub, preferred_username },
    { sub: 'github:id-of-octocat', preferred_username: 'octocat' },
  )
})

test('nobody is sent to a provider before they have approved', async (t) => {
  const person = createPerson(one.send)
  const page = await person.open(begin().url)
  t.is(page.response.status, 200)
  t.is(page.response.headers.get('location'), null)
  for (const decision of ['maybe', 'deny']) {
    const answer = await person.post(page, { decision, provider: 'github' })
    t.false(locationOf(answer).includes('github.example'))
  }
})

test('the next login is one click: the page names who is signed in, and offers another account', async (t) => {
  const person = createPerson(one.send)
  await logIn(person, begin().url, 'mona')
  const page = await person.open(begin().url)
  t.regex(
    page.response.text,
    /value="" checked> <span><strong>mona \(GitHub\)<\/strong>, signed in/,
  )
  t.regex(page.response.text, /value="github" required> Another account at GitHub/)
  t.true(page.response.text.includes('value="approve">Approve</button>'))
  t.true(locationOf(await person.submit(page, {})).startsWith(`${REDIRECT_URI}?code=`))
})

test('another account is asked for by name, and takes the place of the first', async (t) => {
  const person = createPerson(one.send)
  await logIn(person, begin().url, 'first')
  const cookie = [...person.cookies].find(([name]) => name.startsWith('mcp-login-'))?.[1] ?? ''
  const left = await person.submit(await person.open(begin().url), { provider: 'github' })
  t.true(github.asked(locationOf(left))?.anew)
  await person.open(github.vouch(locationOf(left), 'second'))
  const page = await person.open(begin().url)
  t.true(page.response.text.includes('<strong>second (GitHub)</strong>, signed in'))
  t.is(await one.ports.families.logins.find(cookie), undefined)
})

test('several ways are a choice without a preference, and a name alone still means dev', async (t) => {
  const person = createPerson(several.send)
  const page = await person.open(beginElsewhere().url)
  for (const words of ['Log in with GitHub', 'Log in with Okta', 'A name for development']) {
    t.true(page.response.text.includes(words))
  }
  t.true(page.response.text.includes('Approve and log in</button>'))
  t.notRegex(page.response.text, /type="radio"[^>]* checked/)
  const unsaid = await person.submit(page, { username: '' })
  t.is(unsaid.status, 400)
  t.true(unsaid.text.includes('Choose how to log in.'))
  const left = await person.submit(page, { provider: 'okta' })
  t.is(okta.asked(locationOf(left))?.redirectUri, `${issuer}/callback/okta`)
  t.true(locationOf(left).startsWith('https://okta.example/'))
  const byName = await person.submit(page, { username: 'alice' })
  t.true(locationOf(byName).startsWith(`${REDIRECT_URI}?code=`))
})

test('a hint of the client goes along, but not to another account', async (t) => {
  const person = createPerson(one.send)
  const url = begin({ login_hint: 'hinted@example.com' }).url
  const left = await person.submit(await person.open(url), {})
  t.is(github.asked(locationOf(left))?.loginHint, 'hinted@example.com')
  await person.open(github.vouch(locationOf(left), 'hinted'))
  const again = await person.submit(await person.open(url), { provider: 'github' })
  t.is(github.asked(locationOf(again))?.loginHint, undefined)
})

test('a service that was chosen is the one that is granted, whatever another tab chose since', async (t) => {
  const person = createPerson(one.send)
  const page = await person.open(begin({ resource: '' }).url)
  const unsaid = await person.submit(page, {})
  t.is(unsaid.status, 400)
  const first = await person.submit(page, { service: 'echo' })
  const second = await person.submit(page, { service: 'memory' })
  const back = await person.open(github.vouch(locationOf(first), 'chooser'))
  t.true(locationOf(back.response).startsWith(`${REDIRECT_URI}?code=`))
  const [grant] = await one.ports.families.grants.ofUser('github:id-of-chooser')
  t.is((await one.ports.families.grants.find(grant ?? ''))?.resource, ECHO)
  const late = await person.open(github.vouch(locationOf(second), 'chooser'))
  t.is(late.response.status, 403)
  t.is((await one.ports.families.grants.ofUser('github:id-of-chooser')).length, 1)
})

test('a double submit departs twice, and one of them arrives', async (t) => {
  const person = createPerson(one.send)
  const page = await person.open(begin().url)
  const both = await Promise.all([1, 2].map(() => person.submit(page, {})))
  t.deepEqual(
    both.map(({ status }) => status),
    [303, 303],
  )
  const answers = []
  for (const left of both) {
    answers.push((await person.open(github.vouch(locationOf(left), 'hasty'))).response.status)
  }
  t.deepEqual(answers, [303, 403])
})

test('who goes back and denies has denied: the login that still arrives gives nothing', async (t) => {
  const person = createPerson(one.send)
  const page = await person.open(begin().url)
  const left = await person.submit(page, {})
  const denied = await person.submit(page, { decision: 'deny' })
  t.is(new URL(locationOf(denied)).searchParams.get('error'), 'access_denied')
  const back = await person.open(github.vouch(locationOf(left), 'denier'))
  t.is(back.response.status, 403)
  t.is(back.response.headers.get('location'), null)
  t.deepEqual(await one.ports.families.grants.ofUser('github:id-of-denier'), [])
})

const FAULTS = [
  ['blocked', 403, /GitHub itself refuses your account/],
  ['cancelled', 400, /did not finish the login at GitHub/],
  ['unavailable', 503, /GitHub does not answer as it should/],
  ['misconfigured', 502, /GitHub does not accept this gateway/],
  ['invalid', 502, /answer of GitHub could not be trusted/],
] as const

for (const [fault, status, words] of FAULTS) {
  test(`${fault} at the callback: back on the page, with a sentence, and nothing is lost`, async (t) => {
    const person = createPerson(one.send)
    const left = await person.submit(await person.open(begin().url), {})
    const error = new ProviderError('github', fault, `a detail of ${fault}`)
    const again = await person.open(github.answer(locationOf(left), error))
    t.is(again.response.status, status)
    t.is(again.response.headers.get('retry-after'), status >= 500 ? '60' : null)
    t.regex(again.response.text, words)
    t.regex(again.response.text, /role="alert"/)
    t.is(again.response.headers.get('location'), null)
    t.false([...person.cookies.keys()].some((name) => name.startsWith('mcp-login-')))
    t.true(one.lines.some((line) => line.includes(`"fault":"${fault}","detail":"a detail of`)))
    const secondLeave = await person.submit(again, {})
    const back = await person.open(github.vouch(locationOf(secondLeave), 'patient'))
    t.true(locationOf(back.response).startsWith(`${REDIRECT_URI}?code=`))
  })
}

test('a program is told the same in JSON', async (t) => {
  for (const [fault, status, words] of FAULTS) {
    const person = createPerson(one.send)
    const left = await person.submit(await person.open(begin().url), {})
    const error = new ProviderError('github', fault, 'a detail')
    const { response } = await person.open(github.answer(locationOf(left), error), {
      accept: 'application/json',
    })
    t.is(response.status, status)
    const code = status >= 500 ? 'temporarily_unavailable' : 'access_denied'
    t.is(response.json()['error'], code)
    t.regex(String(response.json()['error_description']), words)
    t.is(response.headers.get('retry-after'), status >= 500 ? '60' : null)
  }
})

test('whose account is shut out there is asked for another one at the next login', async (t) => {
  const person = createPerson(one.send)
  const left = await person.submit(await person.open(begin().url), {})
  t.false(github.asked(locationOf(left))?.anew)
  const error = new ProviderError('github', 'blocked', 'suspended')
  const again = await person.open(github.answer(locationOf(left), error))
  t.true(github.asked(locationOf(await person.submit(again, {})))?.anew)
})

test('what nobody foresaw is our fault: the page says so, and the log keeps the message to itself', async (t) => {
  const person = createPerson(one.send)
  const left = await person.submit(await person.open(begin().url), {})
  const error = new Error('a body with a secret in it')
  const again = await person.open(github.answer(locationOf(left), error))
  t.is(again.response.status, 503)
  t.is(again.response.headers.get('retry-after'), '60')
  t.regex(again.response.text, /Something went wrong in this gateway/)
  t.true(one.lines.some((line) => line.includes('unforeseen reason')))
  t.false(one.lines.some((line) => line.includes('with a secret in it')))
  const second = await person.submit(again, {})
  const back = await person.open(github.vouch(locationOf(second), 'lucky'))
  t.true(locationOf(back.response).startsWith(`${REDIRECT_URI}?code=`))
})

test.serial('a provider that cannot even be begun with: the page says so, and stays', async (t) => {
  const person = createPerson(one.send)
  const page = await person.open(begin().url)
  github.fail(new ProviderError('github', 'unavailable', 'no answer'))
  const again = await person.submit(page, {})
  github.fail(undefined)
  t.is(again.status, 503)
  t.is(again.headers.get('retry-after'), '60')
  t.regex(again.text, /GitHub does not answer as it should/)
  t.is((await person.submit(page, {})).status, 303)
})

test.serial(
  'so many departures from one address, and the page stays for whoever has to wait',
  async (t) => {
    const address = '198.51.100.7'
    const person = createPerson(from(address, one.send))
    const page = await person.open(begin().url)
    const { limits } = one.ports.families
    const take = (count: number) =>
      Promise.all(Array.from({ length: count }, () => limits.take(DEPARTURES, address)))
    await take(DEPARTURES.burst)
    // Some are given back each second: others depart meanwhile.
    let isAnswered = false
    const others = (async () => {
      while (!isAnswered) await take(20)
    })()
    const again = await person.submit(page, {})
    isAnswered = true
    await others
    t.is(again.status, 429)
    t.true(Number(again.headers.get('retry-after')) >= 1)
    t.regex(again.text, /Too many people are logging in from where you are/)
    const elsewhereOnEarth = createPerson(from('198.51.100.8', one.send))
    t.is((await elsewhereOnEarth.submit(await elsewhereOnEarth.open(begin().url), {})).status, 303)
  },
)

test('the page and its sentences speak German to whoever reads German', async (t) => {
  const person = createPerson(one.send)
  const page = await person.open(begin().url, { 'accept-language': 'de-AT,de;q=0.9' })
  t.true(page.response.text.includes('<html lang="de">'))
  t.true(page.response.text.includes('Zulassen und weiter mit GitHub'))
})

test('no code, state or verifier of a login is ever in the log', async (t) => {
  const person = createPerson(one.send)
  const left = await person.submit(await person.open(begin().url), {})
  const callback = github.vouch(locationOf(left), 'secretive')
  await person.open(callback)
  const login = github.asked(locationOf(left))
  const { searchParams } = new URL(callback)
  const log = one.lines.join('')
  t.true(log.includes('"user":"github:id-of-secretive"'))
  for (const secret of [
    login?.state,
    login?.codeVerifier,
    login?.nonce,
    searchParams.get('code'),
  ]) {
    t.true(secret !== undefined && secret !== null && !log.includes(secret))
  }
})
