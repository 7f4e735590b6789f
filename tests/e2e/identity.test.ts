/** What an operator does with people, clients and tokens, at a whole gateway: seen at its edge. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import type {
  ClientEntry,
  EndedUser,
  GrantEntry,
  KeyEntry,
  MintedToken,
  TokenDescription,
  UserEntry,
} from '../../lib/oauth/administration.ts'
import { startGateway } from '../support/gateway.ts'
import { createGatewayCommand } from '../support/gateway-command.ts'
import { createGatewayLogins } from '../support/gateway-logins.ts'
import { sendOverNetwork } from '../support/http.ts'
import { createPerson } from '../support/person.ts'

const BOUND_MS = 2000

const gateway = await startGateway({ asShipped: true, environment: { RATE_LIMIT_FACTOR: '0' } })
const command = createGatewayCommand(gateway.folder)
test.after.always(() => gateway.remove())

const echo = `${gateway.url}/echo/mcp`
/** The bridge refuses a stream that nobody could read: so far comes who is let in, and no session is opened. */
const LET_IN = 406
const isLetIn = async (token: unknown): Promise<boolean> => {
  const headers = { authorization: `Bearer ${token}`, accept: 'application/json' }
  const { status } = await sendOverNetwork({ url: echo, headers })
  if (status !== LET_IN && status !== 401) throw new Error(`neither in nor out: ${status}`)
  return status === LET_IN
}

/** Each process of the edge is told of a revocation; on a busy machine one may be told later than a command ends. */
const isRefused = async (token: unknown): Promise<boolean> => {
  const until = performance.now() + BOUND_MS
  while (await isLetIn(token)) if (performance.now() > until) return false
  return true
}

/** Somebody logs in with a client of their own. */
async function arrive(name: string, clientName: string) {
  const logins = createGatewayLogins(gateway.url, name)
  const client = await logins.client.register({ client_name: clientName })
  const tokens = await logins.login(client)
  return { logins, client, tokens, user: `dev:${name}`, token: String(tokens['access_token']) }
}

type Users = { readonly users: UserEntry[] }
type Clients = { readonly clients: ClientEntry[] }
type Grants = { readonly grants: GrantEntry[] }

test('somebody who leaves is out at the edge, and stays out until they are let in again', async (t) => {
  const { logins, client, tokens, user, token } = await arrive('alice', 'app of alice')
  t.true(await isLetIn(token))

  const startedAt = performance.now()
  const disabling = command(['users', 'disable', user, '--yes', '--json'])
  while (await isLetIn(token)) t.true(performance.now() - startedAt < 10_000)
  const { exitCode, stdout, stderr } = await disabling
  t.is(exitCode, 0, stderr)
  const ended = JSON.parse(stdout) as EndedUser & { readonly refused_after_ms: number }
  t.like(ended, { user, grants: 1, disabled: true })
  t.log(`refused at the edge after ${ended.refused_after_ms} ms`)
  t.true(ended.refused_after_ms > 0 && ended.refused_after_ms < BOUND_MS)

  t.is((await logins.client.token(logins.refreshing(client, tokens))).status, 400)
  const { url } = logins.client.begin(client.client_id, { resource: echo })
  const refused = await createPerson(sendOverNetwork).authorize(url, { username: 'alice' })
  t.is(refused.searchParams.get('error'), 'access_denied')
  t.is(refused.searchParams.get('code'), null)
  const { users } = await command.json<Users>(['users', 'list', '--disabled'])
  t.deepEqual(
    users.map((one) => [one.user, one.grants]),
    [[user, 0]],
  )

  await command.json(['users', 'enable', user])
  t.true(await isLetIn((await logins.login(client))['access_token']))
})

test('what ends of one person is not another’s, and they may come back', async (t) => {
  const [bob, carol] = [await arrive('bob', 'app of bob'), await arrive('carol', 'app of carol')]
  const told = await command(['users', 'revoke', bob.user, '--yes'])
  t.regex(
    told.stdout,
    /ended: .*1 grant\.\nThe edge refuses their tokens \d+ ms after the command\./,
  )
  t.false(await isLetIn(bob.token))
  t.true(await isLetIn(carol.token))
  t.true(await isLetIn((await bob.logins.login(bob.client))['access_token']))
})

test('a token for a script is let in until it is revoked, and is told once', async (t) => {
  const { user } = await arrive('dora', 'app of dora')
  const wish = ['--user', user, '--service', 'echo', '--lifetime', '2h', '--label', 'nightly job']
  const { stdout, stderr } = await command(['tokens', 'mint', ...wish])
  const token = stdout.trim()
  t.true(await isLetIn(token))
  t.false(stderr.includes(token))
  const typed = { stdin: token }
  const shown = await command.json<TokenDescription>(['tokens', 'show', '-'], typed)
  t.like(shown, { kind: 'access', active: true, user, resource: echo, scopes: ['mcp'] })
  const life = Date.parse(shown.expires_at ?? '') - Date.parse(shown.issued_at ?? '')
  t.is(life, 7_200_000)

  const listed = () =>
    command.json<{ tokens: GrantEntry[] }>(['tokens', 'list', '--personal', '--user', user])
  t.deepEqual(
    (await listed()).tokens.map(({ label, grant_id }) => [label, grant_id]),
    [['nightly job', shown.grant_id]],
  )
  await command.json(['tokens', 'revoke', '-'], typed)
  t.true(await isRefused(token))
  t.deepEqual((await listed()).tokens, [])
  const after = await command(['tokens', 'show', '-'], typed)
  t.is(after.exitCode, 1)
  t.regex(after.stderr, /It does not count: revoked/)
})

test('a token without a label is shown as what it is, and a short life is wrong usage', async (t) => {
  const { user } = await arrive('doris', 'app of doris')
  const wish = ['tokens', 'mint', '--user', user, '--service', 'echo', '--lifetime']
  t.is((await command([...wish, '2m'])).exitCode, 0)
  const tokens = await command(['tokens', 'list', '--personal', '--user', user])
  t.regex(tokens.stdout, /personal +\S+ +personal-access-token +echo/)
  const grants = await command(['grants', 'list', '--user', user])
  t.regex(grants.stdout, / personal-access-token +echo/)
  const short = await command([...wish, '5s'])
  t.is(short.exitCode, 2)
  t.regex(short.stderr, /'5s' is invalid\. It must be a minute at least/)
})

for (const [title, changes, said] of [
  ['longer than may be', { '--lifetime': '400d' }, /PERSONAL_TOKEN_LIFETIME/],
  ['for nobody known', { '--user': 'dev:nobody' }, /Nobody has logged in here as dev:nobody/],
  ['for no service', { '--service': 'nothing' }, /no service nothing; there are: .*echo/],
  ['with a scope of no service', { '--scope': 'everything' }, /has no scope everything/],
] as const) {
  test(`a token ${title} is not made`, async (t) => {
    const { user } = await arrive('erin', 'app of erin')
    const wish = { '--user': user, '--service': 'echo', '--lifetime': '1h', ...changes }
    const { exitCode, stdout, stderr } = await command([
      'tokens',
      'mint',
      ...Object.entries(wish).flat(),
    ])
    t.is(exitCode, 1)
    t.is(stdout, '')
    t.regex(stderr, said)
  })
}

test('clients are found by name and deleted with what they were granted', async (t) => {
  const [one, two, other] = [
    await arrive('frank', 'TEST one'),
    await arrive('frank', 'Test two'),
    await arrive('frank', 'contest'),
  ]
  const named = ['--name', 'TEST *']
  const { clients } = await command.json<Clients>(['clients', 'list', ...named])
  t.deepEqual(
    clients.map(({ client_id }) => client_id).sort(),
    [one.client.client_id, two.client.client_id].sort(),
  )
  t.like(clients[0], { approved: true, grants: 1, users: ['dev:frank'], services: ['echo'] })
  const asked = await command(['clients', 'delete', ...named])
  t.is(asked.exitCode, 2)
  t.regex(asked.stderr, /Delete 2 clients\? .*\n→ .*--yes/)
  t.true(await isLetIn(one.token), 'nothing was confirmed')

  const some = [other.client.client_id, 'nobody']
  const looked = await command(['clients', 'delete', ...some, '--dry-run'])
  t.is(looked.exitCode, 1)
  t.is(looked.stdout, `Would delete 1 client.\n${other.client.client_id}\n`)
  t.is(looked.stderr, 'Not there: nobody.\n→ gateway clients list\n')

  const told = await command.json<{ ended: string[] }>(['clients', 'delete', ...named, '--yes'])
  t.is(told.ended.length, 2)
  t.true(await isRefused(one.token))
  t.true(await isRefused(two.token))
  t.true(await isLetIn(other.token))
  const gone = await command(['clients', 'show', one.client.client_id])
  t.is(gone.exitCode, 1)
})

test('grants are filtered, revoked one by one, and the person is asked again', async (t) => {
  const { user, client, token, tokens, logins } = await arrive('grace', 'app of grace')
  const { grants } = await command.json<Grants>([
    'grants',
    'list',
    '--user',
    user,
    '--service',
    'echo',
  ])
  t.is(grants.length, 1)
  t.like(grants[0], { user, client_id: client.client_id, scopes: ['mcp'] })
  const old = await command.json<Grants>(['grants', 'list', '--user', user, '--older-than', '1h'])
  t.deepEqual(old.grants, [])
  t.is((await command(['grants', 'revoke', '1-unknown', '--dry-run'])).exitCode, 1)
  const forgotten = await command(['consents', 'revoke', '--user', user, '--yes'])
  t.is(forgotten.exitCode, 1, 'its answers go to this machine: it is asked each time')
  t.regex(forgotten.stderr, /^Nothing that dev:grace\S* has approved is remembered\./)
  const { stdout } = await command(['grants', 'revoke', grants[0]?.grant_id ?? '', '--yes'])
  t.is(stdout, '1 grant revoked.\n')
  t.true(await isRefused(token))
  t.is((await logins.client.token(logins.refreshing(client, tokens))).status, 400)
})

test('the next key signs ten seconds after it was published, and what was signed before stays', async (t) => {
  const { token } = await arrive('heidi', 'app of heidi')
  const next = await command.json<KeyEntry>(['keys', 'rotate', '--soon', '--yes'])
  t.is(next.state, 'next')
  t.true(Date.parse(next.signs_from) - Date.now() > 5000)
  const { keys } = await command.json<{ keys: KeyEntry[] }>(['keys', 'list'])
  t.deepEqual(
    keys.map(({ state }) => state),
    ['next', 'signing'],
  )
  t.true(await isLetIn(token))
})

test.after('whoever did it is in the audit log, and no secret is in any log', async (t) => {
  const { stdout } = await command(['audit', '-n', '1000', '--json'])
  const records = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const done = records.filter(({ action }) => action === 'admin/users/disable')
  t.deepEqual(
    done.map(({ target, outcome, room }) => [target, outcome, room]),
    [['dev:alice', 'ok', 'oauth-server']],
  )
  t.regex(done[0].user, /^operator:./)
  t.true(
    records.some(({ action, outcome }) => action === 'admin/tokens/mint' && outcome === 'refused'),
  )
  const { user } = await arrive('ivan', 'app of ivan')
  const minted = await command.json<MintedToken>([
    ...['tokens', 'mint', '--user', user, '--service', 'echo', '--lifetime', '1h'],
  ])
  const log = readFileSync(join(gateway.folder, '.gateway/logs/gateway.log'), 'utf8')
  const audit = await command(['audit', '-n', '1000', '--json'])
  for (const text of [log, audit.stdout]) t.false(text.includes(minted.access_token))
})
