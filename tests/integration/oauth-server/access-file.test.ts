/** Who may in by the configuration file, while real processes run on one store and the file changes. */

import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { SETTLE_MS } from '../../../lib/platform/watch-file.ts'
import { createGuests, untilSo } from '../../support/guests.ts'
import { type OAuthServer, startOAuthServer, untilLine } from '../../support/oauth-server.ts'

const people = (...names: string[]): string =>
  `access: { users: [${names.map((name) => `"dev:${name}"`).join(', ')}] }\n`

/** Longer than it takes until a change has been seen. */
const NOTICED_MS = 2000

test('whoever is not named is refused, and nothing of them is kept', async (t) => {
  const server = await startOAuthServer({ configuration: people('alice') })
  t.teardown(server.stop)
  const guests = await createGuests(server)
  const called = await guests.knock({ username: 'bob' })
  t.is(called.searchParams.get('error'), 'access_denied')
  t.is(called.searchParams.get('code'), null)
  t.is((await guests.knock({ username: 'Alice' })).searchParams.get('error'), 'access_denied')
  const redis = await server.valkey.connect()
  const keys = await redis.keys('*')
  t.deepEqual(
    keys.filter((key) =>
      /^mcp-gateway:(?:user|users|login|logins|grant|grants|code|consent)(?::|$)/.test(key),
    ),
    [],
  )
  await untilLine(server, /"user":"dev:bob".*"person refused"/)
  const alice = await guests.logIn({ username: 'alice' })
  t.true(await guests.isActive(alice))
  await untilLine(server, /"user":"dev:alice".*"person admitted"/)
})

test('who is taken out of the file loses everything in seconds, and nobody else anything', async (t) => {
  const server = await startOAuthServer({ configuration: people('alice', 'bob') })
  t.teardown(server.stop)
  const guests = await createGuests(server)
  const alice = await guests.logIn({ username: 'alice' })
  const bob = await guests.logIn({ username: 'bob' })
  t.true(await guests.isActive(alice))
  t.true(await guests.isSignedIn(alice))
  server.configure(people('bob'))
  t.log(`${Math.round(await untilSo(async () => !(await guests.isActive(alice))))} ms`)
  const refused = await guests.refresh(alice)
  t.is(refused.status, 400)
  t.is(refused.json()['error'], 'invalid_grant')
  t.false(await guests.isSignedIn(alice))
  const again = await guests.knock({ username: 'alice', person: alice.person })
  t.is(again.searchParams.get('error'), 'access_denied')
  t.true(await guests.isActive(bob))
  t.true(await guests.isSignedIn(bob))
  t.is((await guests.refresh(bob)).status, 200)
  await untilLine(server, /"user":"dev:alice","reason":"the access rules changed"/)
  server.configure(people('alice', 'bob'))
  await untilSo(async () => (await guests.knock({ username: 'alice' })).searchParams.has('code'))
  t.is((await guests.refresh(alice)).status, 400, 'what has ended does not come back')
})

test('a rule of a service narrows that one alone', async (t) => {
  const server = await startOAuthServer({ configuration: people('alice', 'bob') })
  t.teardown(server.stop)
  const guests = await createGuests(server)
  const echo = await guests.logIn({ username: 'bob' })
  const memory = await guests.logIn({ username: 'bob', service: 'memory', person: echo.person })
  const alice = await guests.logIn({ username: 'alice', service: 'memory' })
  server.configure(
    `access: { users: ["dev:alice", "dev:bob"], services: { memory: { users: ["dev:alice"] } } }\n`,
  )
  await untilSo(async () => !(await guests.isActive(memory)))
  t.is((await guests.refresh(memory)).json()['error'], 'invalid_grant')
  t.is((await guests.refresh(echo)).status, 200)
  t.is((await guests.refresh(alice)).status, 200)
  t.true(await guests.isSignedIn(echo))
  const called = await guests.knock({ username: 'bob', service: 'memory' })
  t.is(called.searchParams.get('error'), 'access_denied')
})

/** What must leave the rules as they were, and what the log says about it. */
const BAD: readonly (readonly [string, string | undefined, RegExp])[] = [
  ['is no YAML', 'access: { users: [', /gateway\.yaml: /],
  [
    'names a provider that is not there',
    'access: { users: ["corp:x"] }\n',
    /no provider \\"corp\\"/,
  ],
  ['ends in the middle', 'access:\n', /gateway\.yaml: access/],
  ['is empty', '', /is empty/],
  ['holds only remarks', '# nothing\n---\n\n', /is empty/],
  ['is gone', undefined, /cannot be read any more/],
]

test('a file that is bad, empty or gone changes nothing, and is told of once', async (t) => {
  const server = await startOAuthServer({ configuration: people('alice') })
  t.teardown(server.stop)
  const guests = await createGuests(server)
  const alice = await guests.logIn({ username: 'alice' })
  const complaints = (): string[] =>
    server.lines.filter((line) => line.includes('what was read before stays in force'))
  for (const [index, [what, content, expected]] of BAD.entries()) {
    server.configure(content)
    await untilSo(async () => complaints().length > index)
    t.regex(complaints().at(-1) ?? '', expected, what)
    t.is((await guests.refresh(alice)).status, 200, what)
    const called = await guests.knock({ username: 'bob' })
    t.is(called.searchParams.get('error'), 'access_denied', what)
  }
  await sleep(NOTICED_MS)
  t.is(complaints().length, BAD.length, 'each of them once')
  server.configure(people('bob'))
  await untilSo(async () => !(await guests.isActive(alice)))
})

test('a file that is written slowly is read when it is whole', async (t) => {
  const server = await startOAuthServer({ configuration: people('alice', 'bob') })
  t.teardown(server.stop)
  const guests = await createGuests(server)
  const alice = await guests.logIn({ username: 'alice' })
  const text = people('bob', 'alice', 'eve')
  let pauseMs = 0
  let last = performance.now()
  for (let end = 20; end < text.length; end += 4) {
    server.configure(text.slice(0, end))
    pauseMs = Math.max(pauseMs, performance.now() - last)
    last = performance.now()
    await sleep(60)
  }
  server.configure(text)
  await untilLine(server, /the access rules have changed/)
  t.true(await guests.isActive(alice))
  // On a machine that paused for longer than a writer may, half a file was there for long enough to be read.
  if (pauseMs < SETTLE_MS) {
    t.false(server.lines.some((line) => line.includes('stays in force')))
  }
  t.true((await guests.knock({ username: 'eve' })).searchParams.has('code'))
})

async function startTwo(configuration: string): Promise<[OAuthServer, OAuthServer]> {
  const first = await startOAuthServer({ configuration })
  return [first, await startOAuthServer({ configuration, valkey: first.valkey })]
}

test('two processes on one store: what one has read ends everywhere', async (t) => {
  const [one, two] = await startTwo(people('alice', 'bob'))
  t.teardown(async () => {
    await two.stop()
    await one.stop()
  })
  const guests = await createGuests(one)
  const alice = await guests.logIn({ username: 'alice' })
  two.configure(people('bob'))
  await untilSo(async () => !(await guests.isActive(alice)))
  t.is((await guests.refresh(alice)).json()['error'], 'invalid_grant')
  t.false(await guests.isSignedIn(alice))
  one.configure(people('bob'))
  await untilLine(one, /the access rules have changed/)
  const called = await guests.knock({ username: 'alice' })
  t.is(called.searchParams.get('error'), 'access_denied')
})

test('what changed while nothing ran ends at the start', async (t) => {
  const [one, two] = await startTwo(people('alice', 'bob'))
  t.teardown(one.stop)
  const guests = await createGuests(one)
  const alice = await guests.logIn({ username: 'alice' })
  const bob = await guests.logIn({ username: 'bob' })
  await two.stop()
  const later = await startOAuthServer({ configuration: people('bob'), valkey: one.valkey })
  t.teardown(later.stop)
  await untilSo(async () => !(await guests.isActive(alice)))
  t.true(await guests.isActive(bob))
  await untilLine(later, /"people":2.*everybody has been looked at/)
})

const CORP = (issuer: string): string => `providers:
  corp: { type: oidc, issuer: "${issuer}", client_id: gateway }
  dev: {}
`

test('providers that change with the rules: nobody new may in before a restart', async (t) => {
  const server = await startOAuthServer({
    configuration: `${CORP('http://127.0.0.1:1')}${people('alice')}`,
  })
  t.teardown(server.stop)
  const guests = await createGuests(server)
  const alice = await guests.logIn({ username: 'alice' })
  server.configure('branding: { name: Acme }\n')
  await untilLine(server, /"changed":\["providers","branding"\].*restart to use all of it/)
  await untilLine(server, /until a restart nobody new may in/)
  t.true(await guests.isActive(alice))
  const called = await guests.knock({ username: 'bob', provider: 'dev' })
  t.is(called.searchParams.get('error'), 'access_denied')
  server.configure(people('bob'))
  await untilSo(async () => !(await guests.isActive(alice)))
  const still = await guests.knock({ username: 'bob', provider: 'dev' })
  t.is(still.searchParams.get('error'), 'access_denied')
})

test('a provider that was taken away vouches for nobody any more', async (t) => {
  const first = await startOAuthServer({
    configuration: `${CORP('http://127.0.0.1:1')}access: { users: ["*"] }\n`,
  })
  t.teardown(first.stop)
  const guests = await createGuests(first)
  const alice = await guests.logIn({ username: 'alice', provider: 'dev' })
  const later = await startOAuthServer({
    configuration: `${CORP('http://127.0.0.1:1').replace('  dev: {}\n', '')}access: { users: ["*"] }\n`,
    valkey: first.valkey,
  })
  t.teardown(later.stop)
  await untilSo(async () => !(await guests.isActive(alice)))
  t.is((await guests.refresh(alice)).json()['error'], 'invalid_grant')
})
