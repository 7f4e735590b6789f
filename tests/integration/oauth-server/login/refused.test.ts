/** Whom the rules do not let in: what their client is told, and what they see. */

import test from 'ava'
import { OAuthError } from '../../../../lib/oauth/error.ts'
import { createDevice, DEVICE_CODE, openQuestion } from '../../../support/device.ts'
import type { HttpResponse } from '../../../support/http.ts'
import {
  createCommandedProvider,
  devProvider,
  startLoginWorld,
} from '../../../support/login-world.ts'
import { createOAuthClient, REDIRECT_URI } from '../../../support/oauth-client.ts'
import { createPerson, type Person } from '../../../support/person.ts'

const OUT_OF_BAND = 'urn:ietf:wg:oauth:2.0:oob'
const WEB = 'https://app.example/cb'

const github = createCommandedProvider('github', 'GitHub')
/** Nobody called stranger may in; nobody called guest may use anything but echo. */
const world = await startLoginWorld({
  providers: [github, devProvider],
  access: {
    admit: async ({ name }) => name !== 'stranger',
    allows: async (userId, service) => {
      if (userId.endsWith('unlucky')) {
        throw new OAuthError('temporarily_unavailable', 'the facts cannot be read')
      }
      if (userId.endsWith('changed')) return false
      return !userId.endsWith('stranger') && (!userId.endsWith('guest') || service !== 'memory')
    },
    servicesOf: async (userId) => (userId?.endsWith('guest') ? ['echo'] : ['echo', 'memory']),
  },
})
const { send, issuer } = world
const oauth = createOAuthClient(send, issuer)
const { client_id } = await oauth.register({ redirect_uris: [REDIRECT_URI, OUT_OF_BAND, WEB] })
const machine = await oauth.register({ grant_types: ['authorization_code', DEVICE_CODE] })
test.after.always(() => world.stop())

const ECHO = `${issuer}/echo/mcp`
const MEMORY = `${issuer}/memory/mcp`
const begin = (changes = {}) => oauth.begin(client_id, { resource: ECHO, ...changes }).url

const locationOf = ({ headers }: HttpResponse): string => headers.get('location') ?? ''
const isSignedIn = ({ cookies }: Person): boolean =>
  [...cookies.keys()].some((name) => name.startsWith('mcp-login-'))

async function arrive(person: Person, url: string, name: string) {
  const left = await person.submit(await person.open(url), { provider: 'github' })
  return await person.open(github.vouch(locationOf(left), name))
}

test('the client is told that a stranger may not in, and no session is opened', async (t) => {
  const person = createPerson(send)
  const { response } = await arrive(person, begin(), 'stranger')
  t.is(response.status, 303)
  const { origin, pathname, searchParams } = new URL(locationOf(response))
  t.is(origin + pathname, REDIRECT_URI)
  t.deepEqual(Object.fromEntries(searchParams), {
    error: 'access_denied',
    error_description: 'stranger (GitHub) may not use this gateway: ask whoever runs it',
    iss: issuer,
    state: 'a state',
  })
  t.false(isSignedIn(person))
  t.true(world.lines.some((line) => line.includes('"user":"github:id-of-stranger"')))
})

test('so it is with a name, and with a service that is not for them', async (t) => {
  const person = createPerson(send)
  const denied = await person.authorize(begin(), { username: 'stranger' })
  t.is(denied.searchParams.get('error'), 'access_denied')
  t.false(isSignedIn(person))
  const guest = await arrive(person, begin({ resource: MEMORY }), 'quiet-guest')
  t.is(
    new URL(locationOf(guest.response)).searchParams.get('error_description'),
    'quiet-guest (GitHub) may not use the service memory of this gateway: ask whoever runs it',
  )
  t.deepEqual(await world.ports.families.grants.ofUser('github:id-of-quiet-guest'), [])
})

test('after a refusal the provider is asked for another account', async (t) => {
  const person = createPerson(send)
  await arrive(person, begin(), 'stranger')
  const left = await person.submit(await person.open(begin()), { provider: 'github' })
  t.true(github.asked(locationOf(left))?.anew)
  const stranger = await createPerson(send).open(begin())
  t.is(stranger.response.status, 200)
})

test('where nobody can be redirected a page says who they are, and leads to another account', async (t) => {
  const person = createPerson(send)
  const refused = await arrive(person, begin({ redirect_uri: OUT_OF_BAND }), 'stranger')
  t.is(refused.response.status, 403)
  t.regex(refused.response.text, /logged in as <strong>stranger \(GitHub\)<\/strong>/)
  t.false(isSignedIn(person))
  const again = await person.post(refused, {})
  t.is(again.status, 200)
  t.true(again.text.includes('as a code to be copied'))
  const back = await person.open(
    github.vouch(locationOf(await person.submit(refused, { provider: 'github' })), 'mona'),
  )
  t.is(back.response.status, 200)
  t.true(back.response.text.includes('Your code'))
})

test('a device goes on waiting when its person may not in, and another account connects it', async (t) => {
  const device = createDevice(send, issuer)
  const codes = await device.begin({ client_id: machine.client_id, resource: ECHO })
  const person = createPerson(send)
  const question = await openQuestion(person, codes.verification_uri_complete)
  const left = await person.submit(question, { provider: 'github' })
  const refused = await person.open(github.vouch(locationOf(left), 'stranger'))
  t.is(refused.response.status, 403)
  t.false(isSignedIn(person))
  t.is(
    (await device.poll(codes.device_code, { client_id: machine.client_id })).json()['error'],
    'authorization_pending',
  )
  const again = await person.post(refused, {})
  t.is(again.status, 200)
  t.true(again.text.includes(codes.user_code))
})

test('whoever may use a part is offered that part, and whoever is not known all of it', async (t) => {
  const person = createPerson(send)
  const url = begin({ resource: '' })
  const before = await person.open(url)
  t.regex(before.response.text, /name="service" value="memory"/)
  await arrive(person, begin(), 'guest')
  const after = await person.open(url)
  t.regex(after.response.text, /name="service" value="echo"/)
  t.notRegex(after.response.text, /name="service" value="memory"/)
  const forged = await person.submit(after, { service: 'memory' })
  t.is(new URL(locationOf(forged)).searchParams.get('error'), 'access_denied')
})

test('a choice that turns out not to be for them is denied after the login', async (t) => {
  const person = createPerson(send)
  const page = await person.open(begin({ resource: '' }))
  const left = await person.submit(page, { service: 'memory', provider: 'github' })
  const { response } = await person.open(github.vouch(locationOf(left), 'guest'))
  t.is(new URL(locationOf(response)).searchParams.get('error'), 'access_denied')
})

test('prompt none tells at once that this person may not', async (t) => {
  const person = createPerson(send)
  await arrive(person, begin(), 'guest')
  const url = begin({ resource: MEMORY, prompt: 'none', redirect_uri: WEB })
  const { response } = await person.open(url)
  const { searchParams } = new URL(locationOf(response))
  t.is(searchParams.get('error'), 'access_denied')
  t.is(searchParams.get('state'), 'a state')
})

test('whoever is signed in hears beforehand that a service is not for them', async (t) => {
  const person = createPerson(send)
  await arrive(person, begin(), 'guest')
  const page = await person.open(begin({ resource: MEMORY }))
  t.is(page.response.status, 200)
  t.true(page.response.text.includes('guest (GitHub) may not use the service memory.'))
  const fine = await person.open(begin())
  t.notRegex(fine.response.text, /role="alert"/)
})

test('signing in without a client: the page, and a link to try again', async (t) => {
  const person = createPerson(send)
  const left = await person.post(await person.open(`${issuer}/login?return=/account`), {
    provider: 'github',
  })
  const refused = await person.open(github.vouch(locationOf(left), 'stranger'))
  t.is(refused.response.status, 403)
  t.regex(refused.response.text, /<form method="get" action="\/login">/)
  t.is(refused.fields['return'], '/account')
  t.false(isSignedIn(person))
})

test('the page speaks German to whoever reads German', async (t) => {
  const person = createPerson(send)
  const url = begin({ redirect_uri: OUT_OF_BAND })
  const left = await person.submit(await person.open(url), { provider: 'github' })
  const callback = github.vouch(locationOf(left), 'stranger')
  const { response } = await person.open(callback, { 'accept-language': 'de' })
  t.true(response.text.includes('dieses Gateway lässt dieses Konto nicht ein'))
})

test('whether they may cannot be told just now: back on the page, and nothing is decided', async (t) => {
  const person = createPerson(send)
  const again = await arrive(person, begin(), 'unlucky')
  t.is(again.response.status, 503)
  t.is(again.response.headers.get('location'), null)
  t.regex(again.response.text, /Something went wrong in this gateway/)
  t.deepEqual(await world.ports.families.grants.ofUser('github:id-of-unlucky'), [])
  const left = await person.submit(again, { provider: 'github' })
  const back = await person.open(github.vouch(locationOf(left), 'mona'))
  t.true(locationOf(back.response).startsWith(`${REDIRECT_URI}?code=`))
})

test('rules that change while somebody logs in: what was opened meanwhile is worth nothing', async (t) => {
  const person = createPerson(send)
  const { response } = await arrive(person, begin(), 'changed')
  t.is(new URL(locationOf(response)).searchParams.get('error'), 'access_denied')
  t.true(isSignedIn(person), 'a cookie was given')
  const account = await person.open(`${issuer}/account`)
  t.is(account.response.status, 303)
  t.deepEqual(await world.ports.families.grants.ofUser('github:id-of-changed'), [])
})
