import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { CliError } from '../../../cli/cli-error.ts'
import { loadEnvironment } from '../../../cli/context.ts'
import type { Control } from '../../../cli/instance/control-server.ts'
import { readRootSecret } from '../../../cli/instance/root-secret.ts'
import { prepareStateDirectory } from '../../../cli/instance/state-directory.ts'
import type { GatewayStatus } from '../../../cli/instance/status.ts'
import { embeddedSource } from '../../../cli/log/embedded-source.ts'
import { logPaths, openLogFile } from '../../../cli/log/log-file.ts'
import type { LogRecord } from '../../../cli/log/log-record.ts'
import { toTable } from '../../../cli/output.ts'
import { claimStateDirectory } from '../../../cli/start/claim.ts'
import { readyLines } from '../../../cli/start/client-lines.ts'
import { listenAddresses } from '../../../cli/start/listen-addresses.ts'
import { peopleLines } from '../../../cli/start/people-lines.ts'
import { renderValkeyConfig } from '../../../cli/supervisor/valkey-config.ts'
import { readGateway } from '../../../lib/catalogue/gateway.ts'
import { ConfigError } from '../../../lib/platform/environment.ts'
import { Secret } from '../../../lib/platform/secret.ts'
import { readYaml } from '../../support/configuration.ts'

function folder(t: ExecutionContext): string {
  const path = mkdtempSync(join(tmpdir(), 'start-'))
  t.teardown(() => rmSync(path, { recursive: true, force: true }))
  return path
}

test('the secret is made once, kept, and readable by its owner only', (t) => {
  const state = folder(t)
  const made = readRootSecret({}, state).reveal()
  t.true(made.length >= 43)
  t.is(readRootSecret({}, state).reveal(), made)
  t.is(statSync(join(state, 'secret')).mode & 0o777, 0o600)
  t.not(readRootSecret({}, folder(t)).reveal(), made)
})

test('a secret that is given wins, from a file too, and is not kept', (t) => {
  const state = folder(t)
  const file = join(state, 'mounted')
  writeFileSync(file, `${'f'.repeat(40)}\n`)
  t.is(readRootSecret({ GATEWAY_SECRET: 'g'.repeat(40) }, state).reveal(), 'g'.repeat(40))
  t.is(readRootSecret({ GATEWAY_SECRET_FILE: file }, state).reveal(), 'f'.repeat(40))
  t.throws(() => statSync(join(state, 'secret')))
})

test('a secret one could guess, or a file that is not there, is a fault', (t) => {
  const state = folder(t)
  const short = t.throws(() => readRootSecret({ GATEWAY_SECRET: 's'.repeat(31) }, state), {
    instanceOf: ConfigError,
  })
  t.false(short?.message.includes('sss'))
  t.throws(() => readRootSecret({ GATEWAY_SECRET_FILE: join(state, 'absent') }, state), {
    instanceOf: ConfigError,
  })
})

test('.env completes the environment and never overrides it', (t) => {
  const place = folder(t)
  t.deepEqual(loadEnvironment({ A: 'real' }, place), { A: 'real' })
  writeFileSync(join(place, '.env'), '# comment\nA=file\nB="two words"\n')
  t.deepEqual(loadEnvironment({ A: 'real' }, place), { A: 'real', B: 'two words' })
})

const record = (msg: string): LogRecord => ({
  time: '2026-01-01T00:00:00.000Z',
  name: 'part',
  level: 'info',
  msg,
  fields: {},
})

test('the log file is bounded, and read back across its rotations', async (t) => {
  const state = folder(t)
  const file = openLogFile(state, 400)
  for (let index = 0; index < 100; index += 1) file.write(record(`line ${index}`))
  file.close()
  const paths = logPaths(state)
  for (const path of paths) t.true(statSync(path).size <= 400)
  t.is(statSync(paths[0] ?? '').mode & 0o777, 0o600)
  const messages = (await Array.fromAsync(embeddedSource(paths).records())).map(({ msg }) => msg)
  t.deepEqual(messages.slice(-5), ['line 95', 'line 96', 'line 97', 'line 98', 'line 99'])
  t.true(messages.length > 5)
})

test('what comes after what was read is followed, over a rotation', async (t) => {
  const state = folder(t)
  const file = openLogFile(state, 400)
  file.write(record('before'))
  const source = embeddedSource(logPaths(state))
  t.deepEqual(
    (await Array.fromAsync(source.records())).map(({ msg }) => msg),
    ['before'],
  )
  file.write(record('after'))
  const seen: string[] = []
  for await (const { msg } of source.follow()) {
    seen.push(msg)
    if (msg === 'after') for (let n = 0; n < 4; n += 1) file.write(record(`line ${n}`))
    if (msg === 'line 3') break
  }
  file.close()
  t.deepEqual(seen, ['after', 'line 0', 'line 1', 'line 2', 'line 3'])
})

test('a log that nobody has written holds nothing', async (t) => {
  const state = folder(t)
  t.deepEqual(await Array.fromAsync(embeddedSource(logPaths(state)).records()), [])
  openLogFile(state).close()
  t.deepEqual(await Array.fromAsync(embeddedSource(logPaths(state)).records()), [])
})

test('a gateway on loopback listens on loopback, any other everywhere', (t) => {
  t.deepEqual(listenAddresses({ loopback: true }, true), ['127.0.0.1', '::1'])
  t.deepEqual(listenAddresses({ loopback: true }, false), ['127.0.0.1'])
  t.deepEqual(listenAddresses({ loopback: false }, true), ['0.0.0.0', '::'])
})

test('what is printed at the end: each service, each client, the login, the line for programs', (t) => {
  const gateway = readGateway({ GATEWAY_PORT: '8642' }, folder(t))
  const lines = readyLines(gateway, 1234)
  t.is(lines.at(-1), 'ready http://localhost:8642')
  t.true(lines.some((line) => /dev login is on/.test(line)))
  const url = 'http://localhost:8642/echo/mcp'
  for (const wanted of [
    `claude mcp add --transport http echo ${url}`,
    `code --add-mcp '{"name":"echo","type":"http","url":"${url}"}'`,
    `npx mcp-remote ${url}`,
  ]) {
    t.true(
      lines.some((line) => line.endsWith(wanted)),
      wanted,
    )
  }
  const link = /cursor:\S+name=echo\S+/.exec(lines.join('\n'))?.[0] ?? ''
  const config = new URL(link).searchParams.get('config') ?? ''
  t.deepEqual(JSON.parse(Buffer.from(config, 'base64').toString()), { url })
})

test('what is printed of people: the providers, what they have to know, who may in', (t) => {
  const yaml = `providers:
  okta: { issuer: "https://x.example", client_id: a }
access:
  users: ["okta:*", "github:1", "github:Octocat", a@example.com, "*@example.com"]
  organizations: ["github:acme"]
  services:
    echo: { groups: ["okta:staff"] }
    memory: { users: [] }
`
  const environment = { GITHUB_CLIENT_ID: 'id', PUBLIC_URL: 'https://gw.example' }
  t.deepEqual(peopleLines(readYaml(yaml, environment)), [
    'People log in through GitHub and Okta.',
    '    GitHub has to know https://gw.example/callback',
    '    Okta has to know https://gw.example/callback/okta',
    'May in: everyone at okta, github:1, github:octocat, a@example.com, *@example.com or members of github:acme.',
    '    echo: group okta:staff',
    '    memory: nobody',
  ])
  const many = Array.from({ length: 8 }, (_, index) => `u${index}`).join()
  t.is(
    peopleLines(readYaml('', { ...environment, ALLOWED_GITHUB_USERS: many })).at(-1),
    'May in: github:u0, github:u1, github:u2, github:u3, github:u4, github:u5 or 2 more.',
  )
  const [dev, ...others] = peopleLines(readYaml('access: { users: ["dev:alice"] }'))
  t.regex(dev ?? '', /^The dev login is on/)
  t.deepEqual(others, ['May in: dev:alice.'])
})

test('Valkey listens on its socket alone, asks for the password, and forgets nothing', (t) => {
  const config = renderValkeyConfig({
    folder: '/a "folder"/valkey',
    fsync: 'always',
    socketPath: '/run/v.sock',
    password: new Secret('pass'),
  })
  const lines = config.trimEnd().split('\n')
  for (const line of [
    'port 0',
    'unixsocket "/run/v.sock"',
    'unixsocketperm 600',
    'requirepass "pass"',
    'dir "/a \\"folder\\"/valkey"',
    'maxmemory-policy noeviction',
    'appendonly yes',
    'appendfsync always',
    'save 3600 1 300 100 60 10000',
  ]) {
    t.true(lines.includes(line), line)
  }
})

test('a table is as wide as its widest cells', (t) => {
  t.deepEqual(
    toTable([
      ['A', 'B'],
      ['long', ''],
    ]),
    ['A     B', 'long'],
  )
})

test('what cannot be read is not taken for absent', (t) => {
  const place = folder(t)
  const path = join(place, '.env')
  writeFileSync(path, 'A=1')
  chmodSync(path, 0)
  let readable = true
  try {
    readFileSync(path)
  } catch {
    readable = false
  }
  // Root reads everything.
  if (readable) t.deepEqual(loadEnvironment({}, place), { A: '1' })
  else t.throws(() => loadEnvironment({}, place), { message: /cannot be read/ })
})

test('a .env that is not UTF-8 is refused: its values would be others', (t) => {
  const place = folder(t)
  writeFileSync(join(place, '.env'), Buffer.from('REDIS_PASSWORD=schl\xfcssel\n', 'latin1'))
  t.throws(() => loadEnvironment({}, place), { message: /\.env is not UTF-8/ })
})

test('a state directory is made with all above it, or refused with the reason', (t) => {
  const path = join(folder(t), 'a/b/state')
  prepareStateDirectory(path)
  prepareStateDirectory(path)
  t.is(statSync(path).mode & 0o777, 0o700)
  writeFileSync(join(path, 'file'), '')
  t.throws(() => prepareStateDirectory(join(path, 'file')), { message: /cannot be written/ })
  t.throws(() => prepareStateDirectory(join(path, 'file/below')), {
    message: /cannot be written \(ENOTDIR\)/,
  })
  // Where nothing can be made, and nobody is told so.
  t.throws(() => prepareStateDirectory('/proc/state'), { message: /cannot be written/ })
})

test('a second gateway is offered a port that the first one does not have', async (t) => {
  const stateDirectory = folder(t)
  const control: Control = {
    status: () => ({ pid: process.pid, state_directory: stateDirectory }) as GatewayStatus,
    stop() {},
    restart: async () => {},
    restartPart: async () => [],
  }
  const environment = { XDG_RUNTIME_DIR: stateDirectory, GATEWAY_PORT: '8742' }
  const claim = await claimStateDirectory(stateDirectory, environment, control)
  t.teardown(() => claim.release())
  const second = claimStateDirectory(stateDirectory, environment, control)
  const { nextStep } = await t.throwsAsync(second, { instanceOf: CliError })
  t.regex(nextStep ?? '', /GATEWAY_PORT=8842 GATEWAY_STATE_DIR/)
})
