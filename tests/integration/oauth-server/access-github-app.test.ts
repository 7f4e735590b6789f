/** A GitHub App whose tokens expire: whoever is a member stays in, for as long as its tokens can be renewed. */

import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { gitHubEnvironment, startGitHub } from '../../support/github-emulator.ts'
import { createGitHubVisitor } from '../../support/github-visitor.ts'
import { createGuests } from '../../support/guests.ts'
import { startOAuthServer } from '../../support/oauth-server.ts'

const github = await startGitHub({
  callbackUrl: 'http://localhost:8642/callback',
  isExpiring: true,
})
const LIFETIME_SECONDS = 1
const server = await startOAuthServer({
  environment: {
    ...gitHubEnvironment(github),
    ACCESS_FACTS_LIFETIME: String(LIFETIME_SECONDS),
  },
  configuration: 'access: { organizations: ["github:octocats"] }\n',
})
const guests = await createGuests(server)
test.after.always(async () => {
  await server.stop()
  await github.stop()
})

const through = (login: string) => (departure: string) =>
  createGitHubVisitor(github).visit(departure, login)
/** Facts are as old as the rules let them become, in whole seconds. */
const untilOld = () => sleep((LIFETIME_SECONDS + 1) * 1000 + 100)
const renewals = (): number =>
  github.requests.filter(({ path }) => path === '/login/oauth/access_token').length

test.serial('tokens are renewed while the person stays in, again and again', async (t) => {
  const person = github.add('member', { organizations: ['octocats'] })
  const guest = await guests.logIn({ through: through('member') })
  for (let turn = 1; turn <= 2; turn += 1) {
    const before = renewals()
    github.expireTokens()
    await untilOld()
    t.is((await guests.refresh(guest)).status, 200)
    t.is(renewals(), before + 1)
  }
  person.organizations = []
  github.expireTokens()
  await untilOld()
  t.is((await guests.refresh(guest)).json()['error'], 'invalid_grant')
})

test.serial('when they cannot be renewed any more nobody vouches for the person', async (t) => {
  github.add('idle', { organizations: ['octocats'] })
  const guest = await guests.logIn({ through: through('idle') })
  github.expireTokens()
  github.expireRefreshTokens()
  await untilOld()
  t.is((await guests.refresh(guest)).json()['error'], 'invalid_grant')
  t.false(await guests.isSignedIn(guest))
})

test.serial('no token of either kind is in the store or the log in clear', async (t) => {
  github.add('careful', { organizations: ['octocats'] })
  await guests.logIn({ through: through('careful') })
  const redis = await server.valkey.connect()
  const keys = (await redis.keys('*')).map((key) => key.replace(/^mcp-gateway:/, ''))
  const values = await Promise.all(keys.map((key) => redis.dumpBuffer(key)))
  const text = [...values.map((value) => value?.toString('latin1')), ...server.lines].join('\n')
  t.true(text.includes('careful'))
  t.notRegex(text, /gh[our]_/)
})
