/** What each room of compose.yaml is given: by the supervisor's own table, and nothing that is another's. */

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { CliError } from '../../../../cli/cli-error.ts'
import { prepareRooms } from '../../../../cli/compose/prepare-rooms.ts'
import { createOutput } from '../../../../cli/output.ts'

const ROOMS = ['certs', 'configuration', 'envoy', 'envoy-files', 'ext-authz', 'mcp-bridge']
const ALL = [...ROOMS, 'oauth-server', 'valkey']
const LOGIN = {
  GITHUB_CLIENT_ID: 'id',
  GITHUB_CLIENT_SECRET: 'secret',
  ALLOWED_GITHUB_USERS: 'octocat',
}
const ROOT = 'r'.repeat(43)

async function prepare(
  t: ExecutionContext,
  environment: Record<string, string> = {},
  yaml?: string,
) {
  const under = mkdtempSync(join(tmpdir(), 'containers-'))
  t.teardown(() => rmSync(under, { recursive: true, force: true }))
  for (const room of [...ALL, 'backup']) {
    mkdirSync(join(under, 'rooms', room), { recursive: true })
  }
  const folder = join(under, 'gateway')
  mkdirSync(folder)
  if (yaml !== undefined) writeFileSync(join(folder, 'gateway.yaml'), yaml)
  const context = {
    environment: { GATEWAY_SECRET: ROOT, GATEWAY_STATE_DIR: join(under, 'state'), ...environment },
    workingDirectory: folder,
    stdin: process.stdin,
    output: createOutput(process, { json: false, colour: false }),
    clock: Date.now,
    rooms: '/app',
  }
  const pathOf = (room: string, file = 'environment') => join(under, 'rooms', room, file)
  return {
    under,
    folder,
    pathOf,
    run: (more: Record<string, string> = {}) =>
      prepareRooms({ ...context, environment: { ...context.environment, ...more } }, under),
    variables: (room: string) => parseEnv(readFileSync(pathOf(room), 'utf8')),
  }
}

test('the root secret is in no room, and ext-authz has no derived key', async (t) => {
  const { run, pathOf, variables } = await prepare(t)
  await run()
  for (const room of ALL) {
    const text = readFileSync(pathOf(room), 'utf8')
    t.false(text.includes(ROOT), room)
    t.is(statSync(pathOf(room)).mode & 0o777, room === 'configuration' ? 0o640 : 0o600, room)
  }
  const keys = Object.entries(variables('ext-authz')).filter(([name]) => /SECRET|KEY/.test(name))
  t.deepEqual(keys, [])
  t.regex(variables('oauth-server')['OAUTH_SERVER_SECRET'] ?? '', /^[\w-]{43}$/)
  t.is(variables('envoy')['ENVOY_EDGE_SECRET'], variables('mcp-bridge')['MCP_BRIDGE_EDGE_SECRET'])
  t.regex(readFileSync(pathOf('envoy'), 'utf8'), /^ENVOY_EDGE_SECRET='[\w-]{43}'$/m)
})

test('one password opens the store to three rooms, and it is in the store’s own file', async (t) => {
  const { run, pathOf, variables } = await prepare(t)
  await run()
  const password = variables('oauth-server')['REDIS_PASSWORD'] ?? ''
  t.true(password.length > 40)
  for (const room of ['ext-authz', 'mcp-bridge']) t.is(variables(room)['REDIS_PASSWORD'], password)
  for (const room of ['envoy', 'envoy-files', 'certs', 'configuration']) {
    t.false(readFileSync(pathOf(room), 'utf8').includes(password), room)
  }
  t.true(
    readFileSync(pathOf('valkey', 'valkey.conf'), 'utf8').includes(`requirepass "${password}"`),
  )
})

test('a provider’s secret reaches the authorization server alone, also from a file', async (t) => {
  const { run, folder, pathOf } = await prepare(t, {
    GITHUB_CLIENT_ID: 'id',
    GITHUB_CLIENT_SECRET_FILE: join(tmpdir(), 'nowhere'),
    ALLOWED_GITHUB_USERS: 'octocat',
  })
  await t.throwsAsync(run(), { message: /GITHUB_CLIENT_SECRET/ })
  t.false(existsSync(pathOf('oauth-server')), 'who is refused starts nothing')

  const path = join(folder, 'github')
  writeFileSync(path, 'the-secret\n')
  const given = await prepare(t, {
    GITHUB_CLIENT_ID: 'id',
    GITHUB_CLIENT_SECRET_FILE: path,
    ALLOWED_GITHUB_USERS: 'octocat',
  })
  await given.run()
  t.is(given.variables('oauth-server')['GITHUB_CLIENT_SECRET'], 'the-secret')
  for (const room of ROOMS) {
    t.false(readFileSync(given.pathOf(room), 'utf8').includes('the-secret'), room)
  }
})

test('what makes backups knows the root secret where it is given, the store, and what closes them', async (t) => {
  const { run, pathOf, variables } = await prepare(t, {
    BACKUP_NIGHTLY: 'true',
    BACKUP_RECIPIENT: 'age1example',
    BACKUP_FOLDER: '/mnt/safe',
    BACKUP_KEEP: '3',
    ...LOGIN,
  })
  await run()
  const { GATEWAY_SECRET, REDIS_URL, REDIS_PASSWORD, ...backup } = variables('backup')
  t.is(GATEWAY_SECRET, ROOT)
  t.is(REDIS_URL, 'unix:///run/sockets/valkey/valkey.sock')
  t.is(REDIS_PASSWORD, variables('oauth-server')['REDIS_PASSWORD'])
  t.like(backup, {
    BACKUP_RECIPIENT: 'age1example',
    BACKUP_KEEP: '3',
    BACKUP_FOLDER: '/backups',
    GATEWAY_STATE_DIR: '/state',
  })
  t.deepEqual(
    Object.keys(backup).filter((name) => /GITHUB_CLIENT_SECRET|COPIES/.test(name)),
    [],
  )
  t.is(statSync(pathOf('backup')).mode & 0o777, 0o600)
})

test('nightly backups that nothing would close are refused before anything starts', async (t) => {
  const { run, pathOf, folder } = await prepare(t, { BACKUP_NIGHTLY: 'true' })
  await t.throwsAsync(run(), { message: /BACKUP_NIGHTLY: set BACKUP_RECIPIENT/ })
  t.false(existsSync(pathOf('oauth-server')))
  const path = join(folder, 'passphrase')
  writeFileSync(path, 'five words that nobody guesses\n')
  const given = await prepare(t, { BACKUP_NIGHTLY: 'true', BACKUP_PASSPHRASE_FILE: path })
  await given.run()
  t.is(given.variables('backup')['BACKUP_PASSPHRASE'], 'five words that nobody guesses')
})

test('whoever operates the authorization server asks inside its container, on no shared volume', async (t) => {
  const { run, variables } = await prepare(t)
  await run()
  t.is(variables('oauth-server')['OAUTH_SERVER_ADMIN_SOCKET'], '/tmp/oauth-1-admin.sock')
  t.is(variables('envoy-files')['OAUTH_SERVER_SOCKETS'], '/run/sockets/oauth-server/oauth-1.sock')
})

test('the configuration is laid out as it was checked, its logo beside it', async (t) => {
  const yaml = 'branding: { logo: art/acme.svg }\n'
  const { run, folder, under } = await prepare(t, {}, yaml)
  mkdirSync(join(folder, 'art'))
  writeFileSync(join(folder, 'art/acme.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  await run()
  const configuration = join(under, 'state/configuration')
  t.is(readFileSync(join(configuration, 'started.yaml'), 'utf8'), yaml)
  t.is(statSync(join(configuration, 'accepted.yaml')).mode & 0o777, 0o640)
  t.true(existsSync(join(configuration, 'art/acme.svg')))
})

test('authorities of the operator’s own are copied to those who ask elsewhere', async (t) => {
  const trusting = { ACME_CA_FILE: 'ca.pem', NODE_EXTRA_CA_CERTS: 'others.pem' }
  const lego = { LEGO_BIN: '/bin/true', ACME_EMAIL: 'a@b.example' }
  const acme = { BASE_DOMAIN: 'gw.example.com', ...lego, ...LOGIN }
  const { run, folder, pathOf, variables } = await prepare(t, { ...acme, ...trusting })
  const { message = '' } = await t.throwsAsync(run(), { name: 'ConfigError' })
  t.regex(message, /ACME_CA_FILE: .*beside gateway\.yaml/)
  t.regex(message, /NODE_EXTRA_CA_CERTS: .*beside gateway\.yaml/)
  t.false(existsSync(pathOf('certs')), 'who is refused starts nothing')

  writeFileSync(join(folder, 'ca.pem'), 'of the ACME server')
  writeFileSync(join(folder, 'others.pem'), 'of others')
  await run()
  t.is(variables('certs')['ACME_CA_FILE'], '/run/room/acme-ca.pem')
  t.is(readFileSync(pathOf('certs', 'acme-ca.pem'), 'utf8'), 'of the ACME server')
  for (const room of ['oauth-server', 'mcp-bridge', 'envoy-files']) {
    t.is(variables(room)['NODE_EXTRA_CA_CERTS'], undefined, 'compose.yaml says it')
    t.is(readFileSync(pathOf(room, 'authorities.pem'), 'utf8'), 'of others')
  }

  const plain = await prepare(t)
  await plain.run()
  t.is(readFileSync(plain.pathOf('oauth-server', 'authorities.pem'), 'utf8'), '')
})

test('over TLS of this machine’s own, Envoy is told where the pair lies; without TLS certs only lives', async (t) => {
  const secure = await prepare(t, { GATEWAY_TLS: 'true' })
  await secure.run()
  t.regex(secure.variables('envoy-files')['ENVOY_CERTIFICATE_FOLDER'] ?? '', /certs\/served$/)
  t.is(secure.variables('certs')['PUBLIC_URL'], 'https://localhost:8642')
  const plain = await prepare(t)
  await plain.run()
  t.is(plain.variables('certs')['CERTS_SOCKET'], '/run/sockets/certs/certs.sock')
  t.is(plain.variables('envoy-files')['ENVOY_CERTIFICATE_FOLDER'], undefined)
})

test('a secret that was made for a trial cannot be followed by another one', async (t) => {
  const trial = await prepare(t, { GATEWAY_SECRET: '' })
  await trial.run()
  const kept = readFileSync(join(trial.under, 'state/secret'), 'utf8').trimEnd()
  await t.throwsAsync(trial.run({ GATEWAY_SECRET: ROOT }), {
    instanceOf: CliError,
    message: /GATEWAY_SECRET\) is not the one that the store here is sealed with/,
  })
  await t.notThrowsAsync(trial.run({ GATEWAY_SECRET: kept }))
  await t.notThrowsAsync(trial.run({ GATEWAY_SECRET: ROOT, REDIS_URL: 'redis://store' }))
})
