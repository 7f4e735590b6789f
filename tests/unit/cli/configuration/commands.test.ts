import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { EXIT_CODE } from '../../../../cli/cli-error.ts'
import type { FileValue } from '../../../../cli/configuration/file-values.ts'
import type { SwitchRow } from '../../../../cli/configuration/service-switches.ts'
import type { VariableRow } from '../../../../cli/configuration/variables.ts'
import { createGatewayCommand } from '../../../support/gateway-command.ts'

const CANARY = 'canary-that-nobody-may-see'

interface Shown {
  readonly variables: readonly VariableRow[]
  readonly file: { readonly path: string; readonly values: readonly FileValue[] }
  readonly services: readonly SwitchRow[]
}

function makePlace(t: ExecutionContext, files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'config-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return { folder, command: createGatewayCommand(folder) }
}

test('every fault of file, .env and environment is told at once, and nothing is touched', async (t) => {
  const { folder, command } = makePlace(t, {
    '.env': 'GATEWAY_PORT=many\nOIDC_CLIENT_ID_FILE=absent\n',
    'gateway.yaml': 'mcpServers: { a: { comand: x } }\n',
  })
  const { exitCode, stdout, stderr } = await command(['config', 'check'], {
    environment: { SESSION_TIMEOUT: '-1', MCP_ECHO_ENABLED: 'perhaps' },
  })
  t.is(exitCode, EXIT_CODE.failed)
  for (const fault of [
    /^✘ GATEWAY_PORT must be a whole number/m,
    /^✘ OIDC_CLIENT_ID cannot be read from OIDC_CLIENT_ID_FILE/m,
    /^✘ .*gateway\.yaml: mcpServers\.a/m,
    /^✘ SESSION_TIMEOUT must be a whole number/m,
    /^✘ MCP_ECHO_ENABLED must be true or false/m,
  ]) {
    t.regex(stdout, fault)
  }
  t.regex(stderr, /^5 faults: a start would refuse it/)
  t.deepEqual(readdirSync(folder).sort(), ['.env', 'gateway.yaml'])
})

test('for a gateway that is to begin anew, what it would end for is told as well: but not that it listens itself', async (t) => {
  const { folder, command } = makePlace(t, {})
  const listener = createServer().listen(0, '127.0.0.1')
  t.teardown(() => listener.close())
  await once(listener, 'listening')
  const port = String((listener.address() as AddressInfo).port)
  const check = (environment: Readonly<Record<string, string>>) =>
    command(['config', 'check'], { environment: { GATEWAY_METRICS_PORT: port, ...environment } })
  t.is((await check({})).exitCode, EXIT_CODE.ok, 'a port is no matter of the configuration')
  const own = await check({ GATEWAY_REPLACED_PORTS: `1,${port}` })
  t.is(own.exitCode, EXIT_CODE.ok, own.stderr)
  const taken = await check({ GATEWAY_REPLACED_PORTS: '1,2' })
  t.is(taken.exitCode, EXIT_CODE.failed)
  t.regex(
    taken.stdout,
    /^✘ Port \d+ \(GATEWAY_METRICS_PORT\) is in use by process \d+ .*→ free it, or name another one in \.env$/m,
  )
  const store = await check({
    GATEWAY_REPLACED_PORTS: port,
    REDIS_URL: 'redis://127.0.0.1:1',
  })
  t.is(store.exitCode, EXIT_CODE.failed)
  t.regex(store.stdout, /^✘ The store at 127\.0\.0\.1:1 cannot be reached: .*ECONNREFUSED/m)
  const tls = { GATEWAY_METRICS_PORT: '', GATEWAY_TLS: 'true', GATEWAY_HTTP_PORT: port }
  const plain = await check({ ...tls, GATEWAY_REPLACED_PORTS: '1,2' })
  t.is(plain.exitCode, EXIT_CODE.failed)
  t.regex(plain.stdout, /^✘ Port \d+ \(GATEWAY_HTTP_PORT\) is in use by process \d+/m)
  const ownPlain = await check({ ...tls, GATEWAY_REPLACED_PORTS: port })
  t.is(ownPlain.exitCode, EXIT_CODE.ok, ownPlain.stdout)
  t.deepEqual(readdirSync(folder), [])
})

test('the first line is the first one behind a byte-order mark, too', async (t) => {
  const { command } = makePlace(t, { '.env': '\ufeffGATEWAY_PORT=9000\r\n' })
  const { stdout } = await command(['config', 'show', '--changed'])
  t.regex(stdout, /^GATEWAY_PORT +9000 +\.env:1$/m)
})

test('a .env that is a link is checked and shown as a start reads it', async (t) => {
  const { folder, command } = makePlace(t, { 'mounted.env': 'GATEWAY_PORT=9000\n' })
  symlinkSync('mounted.env', join(folder, '.env'))
  const checked = await command(['config', 'check'])
  t.is(checked.exitCode, EXIT_CODE.ok, checked.stderr)
  t.regex(checked.stdout, /^http:\/\/localhost:9000 would start/m)
  const { stdout } = await command(['config', 'show', '--changed'])
  t.regex(stdout, /^GATEWAY_PORT +9000 +\.env:1$/m)
})

test('programs that the operator names are tried, since a restart would end what runs', async (t) => {
  const { command } = makePlace(t, { '.env': 'ENVOY_BIN=/nowhere/envoy\nVALKEY_BIN=/bin/false\n' })
  const { exitCode, stdout } = await command(['config', 'check'])
  t.is(exitCode, EXIT_CODE.failed)
  t.regex(stdout, /^✘ ENVOY_BIN=\/nowhere\/envoy does not run or is something else; Envoy/m)
  t.regex(stdout, /^✘ VALKEY_BIN=\/bin\/false does not run/m)
  const environment = { REDIS_URL: 'redis://127.0.0.1:1' }
  const elsewhere = await command(['config', 'check'], { environment })
  t.notRegex(elsewhere.stdout, /VALKEY_BIN/, 'nobody starts it')
  t.is((await command(['config', 'check', '--compose'])).exitCode, EXIT_CODE.ok)
})

test('what only shows once the rest is right is told as well', async (t) => {
  const { command } = makePlace(t, {
    '.env': 'PUBLIC_URL=https://gw.example\nGATEWAY_SECRET=short\n',
  })
  const { exitCode, stdout } = await command(['config', 'check'])
  t.is(exitCode, EXIT_CODE.failed)
  t.regex(stdout, /^✘ Nobody could log in at https:\/\/gw\.example/m)
  t.regex(stdout, /^✘ PUBLIC_URL is https, but .*fullchain\.pem/m)
  t.regex(stdout, /^✘ GATEWAY_SECRET must have at least 32 characters/m)
  const twice = await command(['config', 'check'], {
    environment: { PUBLIC_URL: '', GATEWAY_TLS: 'true', GATEWAY_HTTP_PORT: '8642' },
  })
  t.regex(twice.stdout, /^✘ GATEWAY_HTTP_PORT and GATEWAY_PORT are both 8642/m)
  const inCompose = await command(['config', 'check', '--compose'])
  t.regex(inCompose.stdout, /would be published on 127\.0\.0\.1 alone/)
  t.notRegex(inCompose.stdout, /fullchain/, 'there it lies in a volume')
})

test('what would start has its notes', async (t) => {
  const { command } = makePlace(t, {
    '.env':
      'LOG_LEVL=debug\n# A="x\nHOSTS="a\nb"\ncontinued-secret\n\nSESSION_TIMEOUT=60\nGATEWAY_PORT\n',
    'gateway.yaml': 'mcpServers: { My Own: { command: x, env: { K: "${secret.NOWHERE}" } } }\n',
  })
  const environment = { SESSION_TIMEOUT: '90' }
  const told = await command(['config', 'check'], { environment })
  t.is(told.exitCode, EXIT_CODE.ok, told.stdout)
  for (const note of [
    /^! LOG_LEVL in \.env means nothing here: is LOG_LEVEL meant\?$/m,
    /^! SESSION_TIMEOUT in \.env does not count/m,
    /^! line 5 of \.env counts for nothing: it has no =/m,
    /^! line 8 of \.env counts for nothing/m,
    /^! NOWHERE is named by a service and not set/m,
    /^! service "My Own" is served as "my-own"$/m,
    /^http:\/\/localhost:8642 would start with \d+ services\.$/m,
  ]) {
    t.regex(told.stdout, note)
  }
  t.is(told.stdout.match(/ counts for nothing/g)?.length, 2)
  t.notRegex(told.stdout, /continued/)
  t.like(await command.json(['config', 'check'], { environment }), { ok: true, faults: [] })
})

test('each value is shown with its source, and no secret with it', async (t) => {
  const mounted = join(makePlace(t, { github: `${CANARY}\n` }).folder, 'github')
  const { folder, command } = makePlace(t, {
    '.env': [
      '# keys',
      `GITHUB_CLIENT_ID=id`,
      `GITHUB_CLIENT_SECRET_FILE=${mounted}`,
      `REDIS_URL=redis://me:${CANARY}@store:6379`,
      `REGISTRATION_TOKEN=${CANARY}`,
      `export DOCS=${CANARY}`,
      'MCP_TIME_ENABLED=true',
      '',
    ].join('\n'),
    'gateway.yaml': [
      'mcpServers:',
      '  memory: { enabled: false }',
      '  docs:',
      `    url: https://docs.example/mcp?key=${CANARY}`,
      '    headers:',
      '      Authorization: Bearer ${secret.DOCS}',
      '  mine:',
      '    command: mine',
      `    args: [--token, ${CANARY}, "--api-key=${CANARY}", "Authorization: Bearer ${CANARY}", plain]`,
      `    env: { KEY: ${CANARY} }`,
      '  other:',
      '    command: other',
      `    args: ["--dsn=postgres://u:${CANARY}@host/db", "--db=postgres://u:${CANARY}@host/db", --header, "X-Api-Key: ${CANARY}",`,
      `      "--header=X-Api-Key:${CANARY}", --pat, ${CANARY}, ghp_${CANARY}, sk-${CANARY}, eyJhbGciOiJI.${CANARY}.x, -v]`,
      'access: { users: ["github:octocat"] }',
      '',
    ].join('\n'),
  })
  const environment = { GATEWAY_PORT: '9000', GATEWAY_SECRET: `${CANARY}-${CANARY}` }
  const typed = { environment }
  const shown = await command.json<Shown>(['config', 'show'], typed)
  const variable = (name: string) => shown.variables.find((one) => one.name === name)
  t.like(variable('GATEWAY_PORT'), { value: '9000', source: 'environment' })
  t.like(variable('PUBLIC_URL'), { value: 'http://localhost:9000', source: 'derived' })
  t.like(variable('SESSION_TIMEOUT'), { value: '3600', source: 'default' })
  t.like(variable('GITHUB_CLIENT_ID'), { value: 'id', source: '.env:2' })
  t.like(variable('GITHUB_CLIENT_SECRET'), { value: '••••', source: `file ${mounted} (.env)` })
  t.like(variable('REDIS_URL'), { value: 'redis://:••••@store:6379', source: '.env:4' })
  t.like(variable('REGISTRATION_TOKEN'), { value: '••••', source: '.env:5' })
  t.like(variable('DOCS'), { value: '••••', source: '.env:6' })
  t.like(variable('GATEWAY_SECRET'), { value: '••••', source: 'environment' })
  const value = (path: string) => shown.file.values.find((one) => one.path === path)
  t.is(shown.file.path, join(folder, 'gateway.yaml'))
  t.like(value('mcpServers.docs.headers.Authorization'), {
    value: 'Bearer ${secret.DOCS}',
    line: 6,
  })
  t.like(value('mcpServers.mine.env.KEY'), { value: '••••', line: 10 })
  t.like(value('mcpServers.mine.args'), {
    value: '["--token","••••","--api-key=••••","Authorization: ••••","plain"]',
  })
  t.like(value('mcpServers.other.args'), {
    value:
      '["--dsn=••••","--db=postgres://:••••@host/db","--header","X-Api-Key: ••••",' +
      '"--header=X-Api-Key:••••","--pat","••••","••••","••••","••••","-v"]',
  })
  const service = (name: string) => shown.services.find((one) => one.name === name)
  t.like(service('memory'), { on: false, source: 'gateway.yaml:2' })
  t.like(service('time'), { on: true, source: 'MCP_TIME_ENABLED, .env:7' })
  t.like(service('echo'), { on: true, source: 'default' })
  t.like(service('mine'), { on: true, source: 'gateway.yaml:8' })
  const { stdout } = await command(['config', 'show', '--changed'], typed)
  t.notRegex(stdout, /SESSION_TIMEOUT/)
  t.regex(stdout, /^GATEWAY_PORT +9000 +environment$/m)
  t.false(`${stdout}${JSON.stringify(shown)}`.includes(CANARY))
})

test('what is at fault is shown beside the rest, and secrets are not', async (t) => {
  const { command } = makePlace(t, {
    '.env': `GATEWAY_PORT=x\nREGISTRATION_TOKEN=!${CANARY}\n`,
    'gateway.yaml': [
      'mcpServers:',
      '  faulty:',
      `    command: [faulty, --token, ${CANARY}]`,
      `    env: ["KEY=${CANARY}"]`,
      `    args: [{ password: ${CANARY} }]`,
      '',
    ].join('\n'),
  })
  const { exitCode, stdout, stderr } = await command(['config', 'show'])
  t.is(exitCode, EXIT_CODE.failed)
  t.regex(stdout, /^GATEWAY_PORT .*\.env:1: must be a whole number/m)
  t.regex(stdout, /^SESSION_TIMEOUT +3600 +default$/m)
  t.regex(stdout, /mcpServers\.faulty\.env +••••/)
  t.false(`${stdout}${stderr}`.includes(CANARY))
})

test('the schema is the one that docs publish', async (t) => {
  const { command } = makePlace(t, {})
  const published = readFileSync(join(import.meta.dirname, '../../../../docs/gateway.schema.json'))
  t.is((await command(['config', 'schema'])).stdout, String(published))
})
