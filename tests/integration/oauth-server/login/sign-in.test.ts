/** /login: signing in without a client. */

import test from 'ava'
import { ProviderError } from '../../../../oauth-server/login/providers/provider.ts'
import type { HttpResponse } from '../../../support/http.ts'
import {
  createCommandedProvider,
  devProvider,
  startLoginWorld,
} from '../../../support/login-world.ts'
import { createPerson, type Person } from '../../../support/person.ts'

const github = createCommandedProvider('github', 'GitHub')
const world = await startLoginWorld({ providers: [github, devProvider] })
const dev = await startLoginWorld({ providers: [devProvider] })
test.after.always(async () => {
  await world.stop()
  await dev.stop()
})

const { send, issuer } = world
const locationOf = ({ headers }: HttpResponse): string => headers.get('location') ?? ''
const isSignedIn = ({ cookies }: Person): boolean =>
  [...cookies.keys()].some((name) => name.startsWith('mcp-login-'))

test('by a provider, and on to the page that was wanted', async (t) => {
  const person = createPerson(send)
  const page = await person.open(`${issuer}/login?return=/account`)
  t.is(page.response.status, 200)
  const left = await person.post(page, { provider: 'github' })
  t.is(left.status, 303)
  const { response } = await person.open(github.vouch(locationOf(left), 'mona'))
  t.is(response.status, 303)
  t.is(locationOf(response), `${issuer}/account`)
  t.true(isSignedIn(person))
})

test('by a name, on one page', async (t) => {
  const person = createPerson(dev.send)
  const page = await person.open(`${issuer}/login`)
  const response = await person.post(page, { username: 'alice' })
  t.is(response.status, 303)
  t.is(locationOf(response), `${issuer}/`)
  t.true((await person.open(`${issuer}/`)).response.text.includes('<strong>alice'))
})

for (const text of [
  'https://evil.example',
  '//evil.example',
  '/\\evil.example',
  '/account?x=1',
  '/account/../login',
  'account',
  '/%61ccount',
  '/logout',
]) {
  test(`nobody is sent to ${text}`, async (t) => {
    const person = createPerson(dev.send)
    const query = new URLSearchParams({ return: text })
    const page = await person.open(`${issuer}/login?${query}`)
    t.is(page.fields['return'], '/')
    const response = await person.post(page, { username: 'alice', return: text })
    t.is(locationOf(response), `${issuer}/`)
  })
}

test('whoever is signed in is named, goes on with a click, or is somebody else', async (t) => {
  const person = createPerson(send)
  await person.post(await person.open(`${issuer}/login`), { username: 'alice' })
  const page = await person.open(`${issuer}/login?return=/account`)
  t.true(page.response.text.includes('<strong>alice (dev)</strong>, signed in'))
  t.true(page.response.text.includes('Go on</button>'))
  const before = [...person.cookies.values()].join()
  t.is(locationOf(await person.post(page, {})), `${issuer}/account`)
  t.is([...person.cookies.values()].join(), before)
  const left = await person.post(page, { provider: 'github' })
  t.true(github.asked(locationOf(left))?.anew)
  await person.open(github.vouch(locationOf(left), 'other'))
  const again = await person.open(`${issuer}/login`)
  t.true(again.response.text.includes('<strong>other (GitHub)</strong>'))
})

test('the page can be opened again and again, and signs nobody in by itself', async (t) => {
  const person = createPerson(send)
  const first = await person.open(`${issuer}/login`)
  const second = await person.open(`${issuer}/login?username=alice&provider=dev`)
  t.deepEqual(first.fields, second.fields)
  t.false(isSignedIn(person))
})

test('without a choice, or with a name that is none, the page asks again', async (t) => {
  const person = createPerson(send)
  const page = await person.open(`${issuer}/login`)
  for (const fields of [{}, { username: 'a b' }, { provider: 'nobody' }, { provider: 'dev' }]) {
    const response = await person.post(page, fields)
    t.is(response.status, 400)
    t.regex(response.text, /role="alert"/)
  }
})

test('a form of another browser, of another site, or without a proof signs nobody in', async (t) => {
  const [attacker, victim] = [createPerson(send), createPerson(send)]
  const page = await attacker.open(`${issuer}/login`)
  await victim.open(`${issuer}/login`)
  const own = await victim.open(`${issuer}/login`)
  const username = 'attacker'
  t.is((await victim.post(page, { username })).status, 403)
  t.is((await createPerson(send).post(page, { username })).status, 403)
  t.is((await victim.post({ ...own, fields: {} }, { username })).status, 403)
  const foreign = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
  t.is((await victim.post(own, { username }, foreign)).status, 403)
  t.false(isSignedIn(victim))
  t.is((await victim.post(own, { username: 'me' })).status, 303)
})

test('what fails at the provider ends on the page, and can be tried again', async (t) => {
  const person = createPerson(send)
  const page = await person.open(`${issuer}/login?return=/account`)
  const left = await person.post(page, { provider: 'github' })
  const error = new ProviderError('github', 'cancelled', 'the person said no')
  const again = await person.open(github.answer(locationOf(left), error))
  t.is(again.response.status, 400)
  t.regex(again.response.text, /did not finish the login at GitHub/)
  t.is(again.fields['return'], '/account')
  const second = await person.post(again, { provider: 'github' })
  const { response } = await person.open(github.vouch(locationOf(second), 'mona'))
  t.is(locationOf(response), `${issuer}/account`)
})

test('other methods are refused, and one browser tries so often', async (t) => {
  t.is((await send({ url: `${issuer}/login`, method: 'PUT' })).status, 405)
  const person = createPerson(dev.send)
  const page = await person.open(`${issuer}/login`)
  const statuses = []
  for (let index = 0; index < 61; index += 1) {
    statuses.push((await person.post(page, { username: '' })).status)
  }
  t.is(statuses.at(0), 400)
  t.is(statuses.at(-1), 429)
})
