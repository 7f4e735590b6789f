import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { freePort } from '../support/free-port.ts'
import { startGateway } from '../support/gateway.ts'
import { knock } from '../support/gateway-logins.ts'
import { gitHubEnvironment, startGitHub } from '../support/github-emulator.ts'
import { createGitHubVisitor } from '../support/github-visitor.ts'
import { createGuests, type Entrance, type Guest, untilSo } from '../support/guests.ts'
import { sendOverNetwork as send } from '../support/http.ts'
import { startValkey } from '../support/valkey.ts'
import { verifies, verifiesAlone } from '../support/verifies.ts'

const port = await freePort()
const issuer = `http://localhost:${port}`
const github = await startGitHub({ callbackUrl: `${issuer}/callback` })
const valkey = await startValkey()
const rules = (...people: string[]): string => `
providers: { dev: {} }
access:
  users: [${['github:left', 'github:right', ...people].map((one) => `"${one}"`).join(', ')}]
  organizations: ["github:octocats"]
  services: { memory: { users: ["github:left", "dev:alice"] } }
`
const shared = {
  REDIS_URL: valkey.url,
  GATEWAY_SECRET: 'one secret for both gateways of the tests',
}
const gateway = await startGateway({
  port,
  environment: {
    ...shared,
    RATE_LIMIT_FACTOR: '0',
    ...gitHubEnvironment(github),
    ACCESS_FACTS_LIFETIME: '1',
  },
  file: rules('dev:alice', 'dev:bob'),
})
const guests = await createGuests({ send, issuer })
test.after.always(async () => {
  await gateway.remove()
  await github.stop()
  await valkey.stop()
})

const as = (login: string, more: Entrance = {}): Entrance => ({
  provider: 'github',
  through: (departure) => createGitHubVisitor(github).visit(departure, login),
  ...more,
})
const dev = (username: string, more: Entrance = {}): Entrance => ({
  provider: 'dev',
  username,
  ...more,
})
const ECHO = `${issuer}/echo/mcp`
const MEMORY = `${issuer}/memory/mcp`
const atEdge = async ({ tokens }: Guest, endpoint = ECHO): Promise<number> =>
  (await knock(endpoint, tokens.access_token)).status
const untilOld = () => sleep(2100)

async function isOut(t: ExecutionContext, guest: Guest): Promise<void> {
  t.is(await atEdge(guest), 401)
  const refused = await guests.refresh(guest)
  t.is(refused.status, 400)
  t.is(refused.json()['error'], 'invalid_grant')
  t.false(await guests.isSignedIn(guest))
}

verifies('people-refused', async (t) => {
  github.add('stranger')
  for (const entrance of [as('stranger'), dev('eve'), dev('Alice')]) {
    const called = await guests.knock(entrance)
    t.is(called.searchParams.get('error'), 'access_denied')
    t.false(called.searchParams.has('code'))
    await t.throwsAsync(guests.logIn(entrance), { message: /^no code/ })
  }
})

verifiesAlone('people-removed', async (t) => {
  const alice = await guests.logIn(dev('alice'))
  const memory = await guests.logIn(dev('alice', { service: 'memory', person: alice.person }))
  const bob = await guests.logIn(dev('bob'))
  t.is(await atEdge(alice), 200)
  t.is(await atEdge(memory, MEMORY), 200)
  t.is(await atEdge(bob), 200)
  writeFileSync(join(gateway.folder, 'gateway.yaml'), rules('dev:bob'))
  await untilSo(async () => !(await guests.isActive(alice)))
  t.is(await atEdge(memory, MEMORY), 401)
  await isOut(t, alice)
  t.is(await atEdge(bob), 200)
  t.is((await guests.refresh(bob)).status, 200)
})

verifiesAlone('people-membership', async (t) => {
  const person = github.add('member', { organizations: ['octocats'] })
  const guest = await guests.logIn(as('member'))
  t.is(await atEdge(guest), 200)
  const before = { ...guest.tokens }
  person.organizations = []
  await untilOld()
  t.is((await guests.refresh(guest)).json()['error'], 'invalid_grant')
  t.deepEqual(guest.tokens, before)
  await isOut(t, guest)
})

verifiesAlone('people-outage', async (t) => {
  github.add('patient', { organizations: ['octocats'] })
  const guest = await guests.logIn(as('patient'))
  await untilOld()
  for (const kind of ['drop', 'html'] as const) {
    for (const endpoint of ['user', 'orgs'] as const) github.failures.set(endpoint, { kind })
    t.is((await guests.refresh(guest)).status, 200, kind)
    t.is(await atEdge(guest), 200)
  }
  github.failures.clear()
})

verifiesAlone('people-names', async (t) => {
  github.add('left')
  github.add('right')
  const [left, right] = [
    await guests.logIn(as('left', { service: 'memory' })),
    await guests.logIn(as('right')),
  ]
  github.rename('left', 'between')
  github.rename('right', 'left')
  github.rename('between', 'right')
  t.is((await guests.refresh(left)).status, 200)
  t.is(await atEdge(left, MEMORY), 200)
  t.is((await guests.refresh(right)).status, 200)
  const called = await guests.knock(as('left', { service: 'memory' }))
  t.is(called.searchParams.get('error'), 'access_denied')
  github.rename('right', 'elsewhere')
  github.add('right')
  t.is((await guests.knock(as('right'))).searchParams.get('error'), 'access_denied')
  t.true((await guests.knock(as('elsewhere', { service: 'memory' }))).searchParams.has('code'))
})

verifiesAlone('people-other-issuer', async (t) => {
  const other = await startGateway({ environment: shared })
  t.teardown(other.remove)
  const there = await createGuests({ send, issuer: other.url })
  const [ours, theirs] = [await guests.logIn(dev('bob')), await there.logIn({ username: 'bob' })]
  t.is(await atEdge(ours), 200)
  t.is(await atEdge(theirs, `${other.url}/echo/mcp`), 200)
  t.is(await atEdge(theirs), 401)
  t.is(await atEdge(ours, `${other.url}/echo/mcp`), 401)
  t.false(await there.isActive(ours))
  t.false(await guests.isActive(theirs))
  for (const [at, { tokens }] of [
    [issuer, theirs],
    [other.url, ours],
  ] as const) {
    const headers = { authorization: `Bearer ${tokens.access_token}` }
    t.is((await send({ url: `${at}/userinfo`, headers })).status, 401)
  }
})
