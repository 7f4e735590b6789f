/** Two tabs with the same question: one is answered, and what the other said leaves nothing but its login. */

import test from 'ava'
import { signOut } from '../../../../oauth-server/login/sign-out.ts'
import type { HttpResponse } from '../../../support/http.ts'
import {
  createCommandedProvider,
  devProvider,
  startLoginWorld,
} from '../../../support/login-world.ts'
import { createOAuthClient } from '../../../support/oauth-client.ts'
import { startOperator } from '../../../support/operator.ts'
import { createPerson, type Person } from '../../../support/person.ts'

const CB = 'https://app.example/cb'
const github = createCommandedProvider('github', 'GitHub')
const world = await startLoginWorld({ providers: [github, devProvider] })
const { send, issuer, ports } = world
const oauth = createOAuthClient(send, issuer)
const { client_id } = await oauth.register({ redirect_uris: [CB] })
const operator = await startOperator(world)
test.after.always(async () => {
  await operator.stop()
  await world.stop()
})

const begin = (changes = {}) =>
  oauth.begin(client_id, { redirect_uri: CB, resource: `${issuer}/echo/mcp`, ...changes }).url
const locationOf = ({ headers }: HttpResponse): string => headers.get('location') ?? ''
const nameIn = async (person: Person): Promise<string | undefined> =>
  /signed in as <strong>([^<]*)</.exec((await person.open(`${issuer}/`)).response.text)?.[1]
const silently = async (person: Person): Promise<string> =>
  locationOf((await person.open(begin({ prompt: 'none' }))).response)

/** Another tab is faster, at the last moment. */
function overtake(): void {
  const { interactions } = ports.families
  const { take } = interactions
  Object.assign(interactions, {
    async take(...input: Parameters<typeof take>) {
      Object.assign(interactions, { take })
      await take(...input)
      return await take(...input)
    },
  })
}

test.serial('who was overtaken is told so, is signed in, and has approved nothing', async (t) => {
  const person = createPerson(send)
  const page = await person.open(begin())
  overtake()
  const late = await person.submit(page, { username: 'late' })
  t.is(late.status, 403)
  t.is(locationOf(late), '')
  t.regex(late.text, /was used already/)
  t.is(await nameIn(person), 'late (dev)')
  t.regex(await silently(person), /error=consent_required/, 'nothing is remembered')
  t.is((await person.submit(page, { username: 'late' })).status, 403)
})

test.serial('so it is for who comes back from a provider', async (t) => {
  const person = createPerson(send)
  const left = await person.submit(await person.open(begin()), { provider: 'github' })
  overtake()
  const { response } = await person.open(github.vouch(locationOf(left), 'slow'))
  t.is(response.status, 403)
  t.is(locationOf(response), '')
  t.is(await nameIn(person), 'slow (GitHub)')
  t.regex(await silently(person), /error=consent_required/)
})

test.serial('two names at once: one is answered, and what was approved is theirs', async (t) => {
  const people = ['alice', 'bob']
  const browser = createPerson(send)
  const page = await browser.open(begin())
  const both = await Promise.all(people.map((username) => browser.submit(page, { username })))
  t.deepEqual(both.map(({ status }) => status).sort(), [303, 403])
  const winner = people[both.findIndex(({ status }) => status === 303)] ?? ''
  const [loser = ''] = people.filter((name) => name !== winner)
  const remembered = async (name: string): Promise<boolean> => {
    const { cookie } = await ports.families.logins.open({
      userId: `dev:${name}`,
      userName: name,
      authenticatedAt: 1,
    })
    const [cookieName = ''] = [...browser.cookies.keys()].filter((one) => one.includes('-login-'))
    browser.cookies.set(cookieName, cookie)
    return (await silently(browser)).startsWith(`${CB}?code=`)
  }
  t.deepEqual([await remembered(winner), await remembered(loser)], [true, false])
})

for (const how of ['signs out everywhere', 'is revoked'] as const) {
  test.serial(`whoever ${how} while they approve is asked again`, async (t) => {
    const person = createPerson(send)
    const username = how.replaceAll(' ', '-')
    const page = await person.open(begin())
    const { interactions, logins } = ports.families
    const { take } = interactions
    Object.assign(interactions, {
      async take(...input: Parameters<typeof take>) {
        Object.assign(interactions, { take })
        const user = `dev:${username}`
        if (how === 'is revoked') await operator.told('users/revoke', { user })
        else {
          const facts = { userId: user, userName: username, authenticatedAt: 1 }
          await signOut(ports, { ...(await logins.open(facts)), extent: 'everywhere' })
        }
        return await take(...input)
      },
    })
    await person.submit(page, { username })
    await person.post(await person.open(`${issuer}/login`), { username })
    t.is(await nameIn(person), `${username} (dev)`)
    t.regex(await silently(person), /error=consent_required/)
  })
}

test.serial(
  'what cannot be remembered is asked again, and the answer comes all the same',
  async (t) => {
    const person = createPerson(send)
    const { consents } = ports.families
    const { remember } = consents
    Object.assign(consents, { remember: () => Promise.reject(new Error('no room')) })
    const answer = await person.submit(await person.open(begin()), { username: 'forgotten' })
    Object.assign(consents, { remember })
    t.true(locationOf(answer).startsWith(`${CB}?code=`))
    t.regex(await silently(person), /error=consent_required/)
  },
)
