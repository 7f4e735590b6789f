import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { makePlaceholder } from '../../../certs/making.ts'
import { CliError } from '../../../cli/cli-error.ts'
import type { Context } from '../../../cli/context.ts'
import { createOutput } from '../../../cli/output.ts'
import { readConfiguration } from '../../../cli/start/configuration.ts'
import { hashOf, toConfigurationStatus } from '../../../cli/start/configuration-status.ts'
import { readSettings } from '../../../cli/start/settings.ts'
import type { Environment } from '../../../lib/platform/environment.ts'
import { faultsOf, folderWith } from '../../support/configuration.ts'

const contextOf = (environment: Environment, yaml = ''): Context => ({
  environment,
  workingDirectory: folderWith(yaml),
  stdin: process.stdin,
  output: createOutput(process, { json: false, colour: false }),
  clock: Date.now,
  rooms: '/rooms',
})

const GITHUB = {
  GITHUB_CLIENT_ID: 'id',
  GITHUB_CLIENT_SECRET: 'hush',
  ALLOWED_GITHUB_USERS: 'octocat',
}

test('what a room would refuse is told before anything starts, all at once', (t) => {
  const yaml = `clients:
  a: { client_secret: "\${secret.GONE}", redirect_uris: ["https://a.example/cb"] }
providers:
  okta: { issuer: "https://x.example", client_id: a, client_secret: "\${secret.LOST}" }
access: { users: ["okta:a"] }
`
  const environment = {
    DEFAULT_SERVICE: 'nobody',
    ACCESS_TOKEN_LIFETIME: 'long',
    REGISTRATION_TOKEN: 'hush',
    REGISTRATION_REDIRECT_HOSTS: 'a b',
    SIGNING_ALGORITHM: 'HS256',
    SESSION_TIMEOUT: '0',
    LOG_LEVEL: 'loud',
  }
  const faults = faultsOf(() => readConfiguration(contextOf(environment, yaml)))
  t.is(faults.length, Object.keys(environment).length + 2, faults.join('\n'))
  for (const name of [...Object.keys(environment), 'GONE', 'LOST']) {
    t.is(faults.filter((fault) => fault.startsWith(name)).length, 1, name)
  }
  t.false(faults.join().includes('hush'))
})

test('a client that the authorization server would refuse ends no gateway that is to be restarted', (t) => {
  const yaml = `clients:
  a: { redirect_uris: ["http://far.example/cb", "cb"] }
  b: { redirect_uris: ["https://b.example/cb"], jwks: { keys: [{ kty: oct, k: hush }] } }
  c: { redirect_uris: ["http://127.0.0.1/cb", "https://c.example/cb"] }
`
  t.deepEqual(
    faultsOf(() => readConfiguration(contextOf({}, yaml))),
    [
      'clients.a.redirect_uris: http://far.example/cb uses http off this machine',
      'clients.a.redirect_uris: cb is not an absolute URI',
      'clients.b: each key of jwks must be a public key of type EC, RSA, OKP',
    ],
  )
})

test('names of tests are for this machine alone', (t) => {
  const environment = { CLIENT_DOCUMENT_TEST_HOSTS: 'a.example=127.0.0.1:1' }
  t.deepEqual(
    faultsOf(() => readConfiguration(contextOf(environment))),
    [],
  )
  const far = { ...environment, ...GITHUB, PUBLIC_URL: 'https://gw.example' }
  const [fault] = faultsOf(() => readConfiguration(contextOf(far)))
  t.regex(fault ?? '', /^CLIENT_DOCUMENT_TEST_HOSTS is for tests on this machine only/)
})

test('an address that others reach needs a provider and a certificate, nothing more', async (t) => {
  const far = { PUBLIC_URL: 'https://gw.example', GATEWAY_STATE_DIR: 'state' }
  t.throws(() => readSettings(contextOf(far)), {
    instanceOf: CliError,
    message: /^Nobody could log in at https:\/\/gw\.example: no login provider is configured/,
  })
  const context = contextOf({ ...far, ...GITHUB })
  t.throws(() => readSettings(context), {
    instanceOf: CliError,
    message: /^PUBLIC_URL is https, but \S+fullchain\.pem and \S+privkey\.pem are not there/,
  })
  const folder = join(context.workingDirectory, 'state/certs/live')
  mkdirSync(folder, { recursive: true })
  const { certificate, key } = await makePlaceholder(['gw.example'], Date.now())
  writeFileSync(join(folder, 'fullchain.pem'), certificate)
  writeFileSync(join(folder, 'privkey.pem'), 'not a key')
  t.throws(() => readSettings(context), { message: /the key file holds no private key/ })
  writeFileSync(join(folder, 'privkey.pem'), key)
  t.is(readSettings(context).gateway.addresses.issuer, 'https://gw.example')
})

test('a file that became bad is told, with what is wrong', (t) => {
  const context = contextOf({}, 'access: { users: ["dev:alice"] }')
  const { gateway } = readConfiguration(context)
  const path = join(context.workingDirectory, 'gateway.yaml')
  const good = {
    path,
    sha256: hashOf(gateway.configurationText),
    faults: [],
    changed: [],
    needs_restart: [],
    secrets_at_restart: [],
    restart_faults: [],
  }
  t.deepEqual(toConfigurationStatus(gateway, context), good)

  writeFileSync(path, 'access: { users: ["dev:bob"] }')
  t.deepEqual(toConfigurationStatus(gateway, context), { ...good, changed: ['access'] })

  writeFileSync(path, 'access: { users: [bob] }\nproviders: { dev: { url: x } }')
  const bad = toConfigurationStatus(gateway, context)
  t.is(bad.faults.length, 2, bad.faults.join('\n'))
  t.deepEqual([bad.changed, bad.needs_restart], [[], []])

  writeFileSync(path, 'mcpServers: { a: { command: ')
  t.is(toConfigurationStatus(gateway, context).faults.length > 0, true)
})

test('what only another start takes up is told', (t) => {
  const context = contextOf({})
  const { gateway } = readConfiguration(context)
  writeFileSync(
    join(context.workingDirectory, 'gateway.yaml'),
    'mcpServers: { echo: { description: new } }\nbranding: { name: Acme }\n' +
      'clients: { a: { redirect_uris: ["https://a.example/cb"] } }\n' +
      'providers: { dev: { label: Me } }\naccess: { users: ["*"] }\n',
  )
  const { changed, needs_restart } = toConfigurationStatus(gateway, context)
  t.deepEqual(changed, ['mcpServers', 'clients', 'providers', 'access', 'branding'])
  t.deepEqual(needs_restart, ['clients', 'providers', 'branding'])
})

test('a secret that a new service names is told, one that was named at the start is not', (t) => {
  const place = contextOf({}, 'mcpServers: { a: { command: x, env: { K: "${secret.KNOWN}" } } }\n')
  const { gateway } = readConfiguration(place)
  writeFileSync(
    join(place.workingDirectory, 'gateway.yaml'),
    'mcpServers: { b: { command: x, env: { K: "${secret.KNOWN}", L: "${secret.FRESH}" } } }\n',
  )
  t.deepEqual(toConfigurationStatus(gateway, place).secrets_at_restart, ['FRESH'])
})

test('what another start would refuse is told beside what is in force already', (t) => {
  const context = contextOf({})
  const { gateway } = readConfiguration(context)
  writeFileSync(
    join(context.workingDirectory, 'gateway.yaml'),
    'mcpServers: { echo: { enabled: false } }\naccess: { users: ["okta:a"] }\n' +
      'providers: { okta: { issuer: "https://x.example", client_id: a, client_secret: "${secret.NOPE}" } }\n',
  )
  const { faults, changed, restart_faults } = toConfigurationStatus(gateway, context)
  t.deepEqual([faults, changed], [[], ['mcpServers', 'providers', 'access']])
  t.is(restart_faults.length, 1, restart_faults.join('\n'))
  t.regex(restart_faults[0] ?? '', /^NOPE, the client secret of the provider okta, is not set/)
})

test('a file without the service that is everybody’s default is bad', (t) => {
  const context = contextOf({ DEFAULT_SERVICE: 'echo' })
  const { gateway } = readConfiguration(context)
  writeFileSync(
    join(context.workingDirectory, 'gateway.yaml'),
    'mcpServers: { echo: { enabled: false } }\n',
  )
  const { faults, changed } = toConfigurationStatus(gateway, context)
  t.regex(faults.join(), /^DEFAULT_SERVICE must be one of .*, not "echo"$/)
  t.deepEqual(changed, [], 'what was read before stays in force')
})
