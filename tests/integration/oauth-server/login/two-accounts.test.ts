/** Two tabs and two accounts: a page counts for the account that it names, whoever is signed in since. */

import test from 'ava'
import { createDevice, DEVICE_CODE } from '../../../support/device.ts'
import type { HttpResponse } from '../../../support/http.ts'
import { createCommandedProvider, startLoginWorld } from '../../../support/login-world.ts'
import { createOAuthClient } from '../../../support/oauth-client.ts'
import { createPerson, type Person } from '../../../support/person.ts'

const CB = 'https://app.example/cb'
const github = createCommandedProvider('github', 'GitHub')
const world = await startLoginWorld({ providers: [github] })
const { send, issuer, ports } = world
const oauth = createOAuthClient(send, issuer)
const { client_id } = await oauth.register({
  redirect_uris: [CB],
  grant_types: ['authorization_code', DEVICE_CODE],
})
const device = createDevice(send, issuer)
const resource = `${issuer}/echo/mcp`
test.after.always(() => world.stop())

const locationOf = ({ headers }: HttpResponse): string => headers.get('location') ?? ''
const namedIn = ({ text }: HttpResponse): string | undefined =>
  /checked> <span><strong>([^<]*)</.exec(text)?.[1]
const begin = () => oauth.begin(client_id, { redirect_uri: CB, resource, prompt: 'consent' }).url
const grantsOf = (name: string) => ports.families.grants.ofUser(`github:id-of-${name}`)

async function signIn(person: Person, name: string): Promise<void> {
  const left = await person.submit(await person.open(`${issuer}/login`), { provider: 'github' })
  await person.open(github.vouch(locationOf(left), name))
}

async function signOut(person: Person): Promise<void> {
  await person.post(await person.open(`${issuer}/logout`), {})
}

const openConsent = (person: Person) => person.open(begin())
const openDevice = async (person: Person) =>
  person.open((await device.begin({ client_id, resource })).verification_uri_complete)
const openLogin = (person: Person) => person.open(`${issuer}/login?return=/account`)

for (const [what, open, isDone] of [
  ['consent', openConsent, (answer) => locationOf(answer).startsWith(`${CB}?code=`)],
  ['device', openDevice, (answer) => answer.text.includes('Your device is connected')],
  ['login', openLogin, (answer) => locationOf(answer) === `${issuer}/account`],
] as const satisfies readonly [
  string,
  (person: Person) => ReturnType<Person['open']>,
  (answer: HttpResponse) => boolean,
][]) {
  test(`${what}: another account has signed in, and the person is asked again`, async (t) => {
    const [work, home] = [`work-${what}`, `home-${what}`]
    const person = createPerson(send)
    await signIn(person, work)
    const page = await open(person)
    t.is(namedIn(page.response), `${work} (GitHub)`)
    await signIn(person, home)
    const again = await person.submit(page, {})
    t.is(again.status, 400)
    t.regex(again.text, /role="alert">You have signed in or out since/)
    t.is(namedIn(again), `${home} (GitHub)`)
    t.deepEqual([await grantsOf(work), await grantsOf(home)], [[], []])
    const { named = '' } = (await open(person)).fields
    t.true(isDone(await person.submit({ ...page, fields: { ...page.fields, named } }, {})))
    t.deepEqual(await grantsOf(work), [])
  })

  test(`${what}: nobody is signed in any more, and nobody is sent anywhere`, async (t) => {
    const person = createPerson(send)
    await signIn(person, `gone-${what}`)
    const page = await open(person)
    await signOut(person)
    const again = await person.submit(page, {})
    t.is(again.status, 400)
    t.regex(again.text, /role="alert">You have signed in or out since/)
    t.is(namedIn(again), undefined)
  })

  test(`${what}: the same account has logged in anew, and is meant`, async (t) => {
    const person = createPerson(send)
    await signIn(person, `same-${what}`)
    const page = await open(person)
    await signOut(person)
    await signIn(person, `same-${what}`)
    t.true(isDone(await person.submit(page, {})))
  })

  test(`${what}: a page that named nobody leads to the provider, as its button says`, async (t) => {
    const person = createPerson(send)
    const page = await open(person)
    await signIn(person, `late-${what}`)
    const left = await person.submit(page, {})
    t.false(github.asked(locationOf(left))?.anew)
    t.true(isDone((await person.open(github.vouch(locationOf(left), `late-${what}`))).response))
  })
}
