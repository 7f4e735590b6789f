/** A backup on one machine, and its restore on another: seen by people who have logged in. */

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import type { ClientEntry } from '../../lib/oauth/administration.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { createGatewayCommand, type GatewayCommand, type Told } from '../support/gateway-command.ts'
import { createGatewayLogins, type Tokens } from '../support/gateway-logins.ts'
import type { Registered } from '../support/oauth-client.ts'

// One machine after the other: both are at the same address.
const machines = ['one', 'two', 'three'].map(() => mkdtempSync(join(tmpdir(), 'machine-')))
const [one = '', two = '', three = ''] = machines
const environment = { RATE_LIMIT_FACTOR: '0' }
let gateway: TestGateway
let port = 0
test.after.always(async () => {
  await gateway.stop().catch(() => {})
  for (const folder of machines) rmSync(folder, { recursive: true, force: true })
})

const keyFile = join(one, 'key.txt')
const backupFile = join(one, 'kept/yesterday.backup')

/** The command as it is typed on that machine, at the address of the gateway. */
function on(folder: string): GatewayCommand {
  const bins = { VALKEY_BIN: process.env['VALKEY_BIN'] ?? '' }
  const command = createGatewayCommand(folder)
  const surroundings = { ...bins, GATEWAY_PORT: String(port), BACKUP_IDENTITY_FILE: keyFile }
  const typed: (args: readonly string[]) => Promise<Told> = (args) =>
    command(args, { environment: surroundings })
  return Object.assign(typed, {
    json: <Body>(args: readonly string[]) =>
      command.json<Body>(args, { environment: surroundings }),
  })
}

interface Arrived {
  readonly registered: Registered
  tokens: Tokens
  readonly logins: ReturnType<typeof createGatewayLogins>
}
const people = new Map<string, Arrived>()

async function arrive(name: string): Promise<void> {
  const logins = createGatewayLogins(gateway.url, name)
  const registered = await logins.client.register({ client_name: `app of ${name}` })
  people.set(name, { registered, tokens: await logins.login(registered), logins })
}

function person(name: string): Arrived {
  const found = people.get(name)
  if (found === undefined) throw new Error(`nobody is ${name}`)
  return found
}

/** @returns the status of a refresh; tokens are the new ones from then on. */
async function refresh(name: string): Promise<number> {
  const { logins, registered, tokens } = person(name)
  const answer = await logins.client.token(logins.refreshing(registered, tokens))
  if (answer.status === 200) person(name).tokens = answer.json()
  return answer.status
}

const call = (name: string): Promise<number> => person(name).logins.call(person(name).tokens)

test.serial(
  'a backup is made beside the running gateway, for a key that this machine does not have',
  async (t) => {
    gateway = await startGateway({ folder: one, environment })
    port = gateway.port
    for (const name of ['alice', 'bob', 'carol']) await arrive(name)
    const data = join(one, '.gateway/services/echo')
    mkdirSync(join(data, 'u1'), { recursive: true })
    writeFileSync(join(data, 'u1/notes.txt'), 'what alice keeps', { mode: 0o640 })
    writeFileSync(join(one, 'gateway.yaml'), '{}\n')
    const { recipient } = await on(one).json<{ recipient: string }>(['backup', 'key', keyFile])
    const made = await on(one).json<{ records: number }>([
      ...[
        'backup',
        backupFile,
        '--recipient',
        recipient,
        '--with-services',
        '--with-configuration',
      ],
    ])
    t.true(made.records > 20)
    const verified = await on(one).json<{ whole: boolean; files: number }>([
      'backup',
      'verify',
      backupFile,
    ])
    t.like(verified, { whole: true, files: 1 })
    const view = await on(one)(['backup', 'view', backupFile])
    t.regex(view.stdout, /^grants +3$/m)
    t.regex(view.stdout, /Configuration: gateway.yaml/)
    const [listed] = await on(one).json<{ issuer: string }[]>(['backup', 'list', join(one, 'kept')])
    t.is(listed?.issuer, gateway.url)
    t.is(readFileSync(backupFile, 'latin1').includes('alice'), false)
  },
)

test.serial(
  'the store is counted by family, none of which is unknown, and by whom it serves',
  async (t) => {
    interface Stats {
      readonly keys: Record<string, number>
      readonly used_bytes: number
      readonly grants: { readonly count: number; readonly by_service: Record<string, number> }
    }
    const stats = await on(one).json<Stats>(['stats'])
    t.like(stats.keys, { grants: 3, refresh: 3, other: undefined })
    t.true(stats.used_bytes > 100_000)
    t.like(stats.grants, { count: 3, by_service: { echo: 3 } })
    t.regex((await on(one)(['stats'])).stdout, /^dev:alice +1$/m)
    const unsaid = await on(one)(['purge', '--dry-run'])
    t.is(unsaid.exitCode, 2)
    interface Purged {
      readonly counts: Record<string, number>
    }
    const dry = await on(one).json<Purged>(['purge', '--expired', '--dry-run'])
    t.is(dry.counts['entries of indexes'], 0)
    const done = await on(one).json<Purged>(['purge', '--expired', '--unused-for', '52w', '--yes'])
    t.is(done.counts['registrations'], 0)
    t.is(await call('alice'), 200)
  },
)

test.serial('while the gateway runs, nothing is restored', async (t) => {
  const refused = await on(one)(['restore', backupFile, '--replace', '--yes'])
  t.is(refused.exitCode, 1)
  t.regex(refused.stderr, /already runs.*\n.*gateway stop/)
  t.is(await call('alice'), 200)
})

test.serial('on another machine everybody goes on with the login of yesterday', async (t) => {
  // Since the backup: alice has used her login, carol has gone.
  t.is(await refresh('alice'), 200)
  await gateway.stop()
  const dry = await on(two)(['restore', backupFile, '--dry-run'])
  t.is(dry.exitCode, 0, dry.stderr)
  t.false(existsSync(join(two, '.gateway/secret')))
  const done = await on(two)(['restore', backupFile])
  t.is(done.exitCode, 0, done.stderr)
  gateway = await startGateway({ folder: two, port, environment })
  t.is(await call('bob'), 401, 'an access token of before has to be renewed')
  for (const name of ['alice', 'bob', 'carol']) {
    t.is(await refresh(name), 200, name)
    t.is(await call(name), 200, name)
  }
  const { clients } = await on(two).json<{ clients: ClientEntry[] }>(['clients', 'list'])
  t.is(clients.length, 3)
  t.is(readFileSync(join(two, '.gateway/services/echo/u1/notes.txt'), 'utf8'), 'what alice keeps')
})

test.serial(
  'where people have logged in it takes --replace, and what was ended stays ended',
  async (t) => {
    const { recipient } = await on(two).json<{ recipient: string }>([
      'backup',
      'key',
      join(two, 'key'),
    ])
    const today = join(two, 'today.backup')
    await on(two).json(['backup', today, '--recipient', recipient])
    await on(two).json(['users', 'disable', 'dev:carol', '--yes'])
    const [grant] = (
      await on(two).json<{ grants: { grant_id: string }[] }>([
        'grants',
        'list',
        '--user',
        'dev:bob',
      ])
    ).grants
    await on(two).json(['grants', 'revoke', grant?.grant_id ?? '', '--yes'])
    t.is(await refresh('alice'), 200)
    await gateway.stop()
    const identity = ['--identity', join(two, 'key')]
    const occupied = await on(two)(['restore', today, ...identity])
    t.is(occupied.exitCode, 1)
    t.regex(occupied.stderr, /holds logins.*\n.*--replace/)
    const unasked = await on(two)(['restore', today, ...identity, '--replace'])
    t.is(unasked.exitCode, 2)
    const done = await on(two)(['restore', today, ...identity, '--replace', '--yes'])
    t.is(done.exitCode, 0, done.stderr)
    gateway = await startGateway({ folder: two, port, environment })
    t.is(await refresh('alice'), 200)
    t.is(await call('alice'), 200)
    t.is(await refresh('bob'), 400)
    t.is(await refresh('carol'), 400)
    const { users } = await on(two).json<{ users: { user: string }[] }>([
      'users',
      'list',
      '--disabled',
    ])
    t.deepEqual(
      users.map(({ user }) => user),
      ['dev:carol'],
    )
    await gateway.stop()
  },
)

test.serial('what does not fit is refused in words, and changes nothing', async (t) => {
  const refuse = async (
    args: readonly string[],
    words: RegExp,
    environment = {},
  ): Promise<void> => {
    const command = createGatewayCommand(three)
    const told = await command(args, {
      environment: { GATEWAY_PORT: String(port), BACKUP_IDENTITY_FILE: keyFile, ...environment },
    })
    t.is(told.exitCode, 1, told.stderr)
    t.regex(told.stderr, words)
  }
  await refuse(['restore', backupFile], /is of http:\/\/localhost:\d+, and this gateway is/, {
    GATEWAY_PORT: '22999',
  })
  await refuse(['restore', backupFile], /GATEWAY_SECRET is not the root secret/, {
    GATEWAY_SECRET: 'x'.repeat(40),
  })
  await refuse(['restore', backupFile], /does not open/, { BACKUP_IDENTITY_FILE: join(two, 'key') })
  const cut = join(three, 'cut.backup')
  writeFileSync(cut, readFileSync(backupFile).subarray(0, -40))
  await refuse(['restore', cut], /is damaged/)
  const lines = readFileSync(keyFile, 'utf8')
  const [, BACKUP_RECIPIENT = ''] = /public key: (\S+)/.exec(lines) ?? []
  await refuse(['backup'], /nothing to back up/, { BACKUP_RECIPIENT })
  t.false(existsSync(join(three, '.gateway/secret')))
  t.false(existsSync(join(three, '.gateway/valkey')))
})
