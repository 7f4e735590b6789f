/** Who may in by what GitHub tells: a real server, and the emulator, whose people come and go. */

import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { gitHubEnvironment, startGitHub } from '../../support/github-emulator.ts'
import { createGitHubVisitor } from '../../support/github-visitor.ts'
import { createGuests, type Entrance, type Guest } from '../../support/guests.ts'
import { startOAuthServer, untilLine } from '../../support/oauth-server.ts'

const github = await startGitHub({ callbackUrl: 'http://localhost:8642/callback' })
const CONFIGURATION = `access:
  organizations: ["github:octocats"]
  teams: ["github:acme/platform"]
  users: ["github:solo", "github:left", "github:right"]
  services: { memory: { users: ["github:left"], organizations: ["github:octocats"] } }
`
/** As GitHub spells what the rules have in small letters. */
const OCTOCATS = 'Octocats'
const LIFETIME_SECONDS = 1
const environment = {
  ...gitHubEnvironment(github),
  ACCESS_FACTS_LIFETIME: String(LIFETIME_SECONDS),
}
const server = await startOAuthServer({ environment, configuration: CONFIGURATION })
/** Where nobody counts for long whom GitHub does not vouch for. */
const strict = await startOAuthServer({
  environment: { ...environment, ACCESS_FACTS_OUTAGE: '1' },
  configuration: CONFIGURATION,
  valkey: server.valkey,
})
const guests = await createGuests(server)
const atStrict = await createGuests(strict)
test.after.always(async () => {
  await strict.stop()
  await server.stop()
  await github.stop()
})
test.afterEach.always(() => github.failures.clear())

const as = (login: string, more: Entrance = {}): Entrance => ({
  through: (departure) => createGitHubVisitor(github).visit(departure, login),
  ...more,
})

/** Facts are as old as the rules let them become, in whole seconds. */
const untilOld = () => sleep((LIFETIME_SECONDS + 1) * 1000 + 100)

async function hasEnded(t: ExecutionContext, guest: Guest): Promise<void> {
  const refused = await guests.refresh(guest)
  t.is(refused.status, 400)
  t.is(refused.json()['error'], 'invalid_grant')
  t.false(await guests.isActive(guest))
  t.false(await guests.isSignedIn(guest))
}

test.serial('a member is in until GitHub tells otherwise, a stranger never', async (t) => {
  const person = github.add('member', { organizations: [OCTOCATS] })
  github.add('stranger', { organizations: ['others'] })
  const denied = await guests.knock(as('stranger'))
  t.is(denied.searchParams.get('error'), 'access_denied')
  const guest = await guests.logIn(as('member'))
  t.true(github.lastScopes().includes('read:org'))
  await untilOld()
  t.is((await guests.refresh(guest)).status, 200)
  person.organizations = []
  await untilOld()
  await hasEnded(t, guest)
  await untilLine(server, new RegExp(`"user":"github:${person.id}","reason":"no longer allowed"`))
})

test.serial('so it is with a team', async (t) => {
  const person = github.add('engineer', { organizations: ['acme'], teams: ['acme/platform'] })
  github.add('seller', { organizations: ['acme'], teams: ['acme/sales'] })
  t.is((await guests.knock(as('seller'))).searchParams.get('error'), 'access_denied')
  const guest = await guests.logIn(as('engineer'))
  person.teams = ['acme/sales']
  await untilOld()
  await hasEnded(t, guest)
})

test.serial('a service for members: who is one no longer keeps the others', async (t) => {
  const person = github.add('solo', { organizations: [OCTOCATS] })
  const echo = await guests.logIn(as('solo'))
  const memory = await guests.logIn({ service: 'memory', person: echo.person })
  person.organizations = []
  await untilOld()
  t.is((await guests.refresh(memory)).json()['error'], 'invalid_grant')
  t.false(await guests.isActive(memory))
  t.is((await guests.refresh(echo)).status, 200)
  t.true(await guests.isSignedIn(echo))
})

for (const [what, failure] of [
  ['is down', { kind: 'status', status: 502 }],
  ['limits us', { kind: 'status', status: 429, headers: { 'retry-after': '60' } }],
  ['hangs up', { kind: 'drop' }],
  ['sends a page', { kind: 'html' }],
] as const) {
  test.serial(`GitHub ${what}: facts of before count, and nobody loses anything`, async (t) => {
    const login = `patient-${failure.kind}-${what.length}`
    github.add(login, { organizations: [OCTOCATS] })
    const guest = await guests.logIn(as(login))
    await untilOld()
    for (const endpoint of ['user', 'orgs', 'teams'] as const) {
      github.failures.set(endpoint, failure)
    }
    t.is((await guests.refresh(guest)).status, 200)
    await untilLine(server, /facts could not be read again: those of before count/)
  })
}

test.serial(
  'facts that are too old and cannot be read: come again, and nothing is used up',
  async (t) => {
    github.add('waiting', { organizations: [OCTOCATS] })
    const guest = await atStrict.logIn(as('waiting'))
    await untilOld()
    github.failures.set('orgs', { kind: 'status', status: 500 })
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const answer = await atStrict.refresh(guest)
      t.is(answer.status, 503)
      t.is(answer.json()['error'], 'temporarily_unavailable')
      t.is(answer.headers.get('retry-after'), '30')
    }
    t.true(await atStrict.isActive(guest), 'what is bought already is good')
    t.true(await atStrict.isSignedIn(guest))
    github.failures.clear()
    // After a failure GitHub is left alone for some seconds.
    await sleep(6100)
    t.is((await atStrict.refresh(guest)).status, 200)
  },
)

test.serial(
  'who was renamed stays in, and whoever takes the name does not come in by it',
  async (t) => {
    const { id } = github.add('left')
    const first = await guests.logIn(as('left', { service: 'memory' }))
    github.rename('left', 'elsewhere')
    const newcomer = github.add('left')
    t.is((await guests.knock(as('left'))).searchParams.get('error'), 'access_denied')
    await untilLine(server, new RegExp(`"user":"github:${newcomer.id}".*person refused`))
    await untilOld()
    t.is((await guests.refresh(first)).status, 200)
    const again = await guests.logIn(as('elsewhere', { service: 'memory' }))
    t.true(await guests.isActive(again))
    t.true(server.lines.some((line) => line.includes(`"user":"github:${id}"`)))
    github.people.delete('left')
    github.rename('elsewhere', 'left')
  },
)

test.serial('two accounts that swap their logins keep what each was given', async (t) => {
  github.add('right')
  t.is(
    (await guests.knock(as('right', { service: 'memory' }))).searchParams.get('error'),
    'access_denied',
  )
  const [left, right] = [
    await guests.logIn(as('left', { service: 'memory' })),
    await guests.logIn(as('right')),
  ]
  github.rename('left', 'between')
  github.rename('right', 'left')
  github.rename('between', 'right')
  await untilOld()
  t.is((await guests.refresh(left)).status, 200)
  t.is((await guests.refresh(right)).status, 200)
  t.true((await guests.knock(as('right', { service: 'memory' }))).searchParams.has('code'))
  const denied = await guests.knock(as('left', { service: 'memory' }))
  t.is(denied.searchParams.get('error'), 'access_denied')
})

test.serial(
  'who takes the permission back from the app, or whose account is gone or suspended, is out',
  async (t) => {
    const all: Guest[] = []
    for (const login of ['revoking', 'gone', 'suspended']) {
      github.add(login, { organizations: [OCTOCATS] })
      all.push(await guests.logIn(as(login)))
    }
    github.revokeApp('revoking')
    Object.assign(github.people.get('gone') ?? {}, { isGone: true })
    Object.assign(github.people.get('suspended') ?? {}, { isSuspended: true })
    await untilOld()
    for (const guest of all) await hasEnded(t, guest)
    await untilLine(server, /nobody vouches any more/)
  },
)

test.serial('who withholds the permission to see organisations is a member of none', async (t) => {
  github.add('shy', { organizations: [OCTOCATS] })
  github.withheld.add('read:org')
  const called = await guests.knock(as('shy')).catch((error: Error) => error)
  github.withheld.clear()
  t.false(called instanceof URL && called.searchParams.has('code'))
  t.true((await guests.knock(as('shy'))).searchParams.has('code'))
})

test.serial('no token of GitHub’s is in the store or the log in clear', async (t) => {
  github.add('careful', { organizations: [OCTOCATS] })
  await guests.logIn(as('careful'))
  t.is(github.tokensOf('careful'), 1)
  const redis = await server.valkey.connect()
  const keys = (await redis.keys('*')).map((key) => key.replace(/^mcp-gateway:/, ''))
  const values = await Promise.all(keys.map((key) => redis.dumpBuffer(key)))
  const text = [...values.map((value) => value?.toString('latin1')), ...server.lines].join('\n')
  t.true(text.includes('careful'))
  t.notRegex(text, /gho_/)
})
