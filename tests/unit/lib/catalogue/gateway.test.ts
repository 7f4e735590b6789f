import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import type { Services } from '../../../../lib/catalogue/catalogue.ts'
import { readGateway } from '../../../../lib/catalogue/gateway.ts'
import { originRule } from '../../../../lib/catalogue/origins.ts'
import type { ProgramLaunch } from '../../../../lib/catalogue/program-launch.ts'
import { ConfigError } from '../../../../lib/platform/environment.ts'
import { faultsOf as faultsOfReading, folderWith } from '../../../support/configuration.ts'

const EMPTY = mkdtempSync(join(tmpdir(), 'gateway-'))

const faultsOf = (environment: Record<string, string>, folder = EMPTY): readonly string[] =>
  faultsOfReading(() => readGateway(environment, folder))

function programOf(services: Services, name: string): ProgramLaunch {
  const launch = services.get(name)?.launch
  if (launch === undefined || launch.kind === 'remote') throw new Error('no program')
  return launch
}

test('the embedded default needs no configuration', (t) => {
  const { addresses, services, port, adminPort, metricsPort } = readGateway({}, EMPTY)
  t.is(addresses.issuer, 'http://localhost:8642')
  t.is(addresses.resourceOf('echo'), 'http://localhost:8642/echo/mcp')
  t.deepEqual([port, adminPort, metricsPort], [8642, 9901, 9464])
  t.deepEqual(
    [...services.keys()],
    ['echo', 'everything', 'fetchs', 'filesystem', 'memory', 'sequentialthinking'],
  )
})

test('a file that is there and says nothing is a fault: rules in it would be missed', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-'))
  const path = join(folder, 'gateway.yaml')
  symlinkSync('not-mounted.yaml', path)
  const [fault = '', ...more] = faultsOf({}, folder)
  t.true(fault.startsWith(`${path} cannot be read: ENOENT`), fault)
  t.deepEqual(more, [])
  rmSync(path)
  t.deepEqual(faultsOf({}, folder), [])
})

for (const encoding of ['latin1', 'utf16le'] as const) {
  test(`a file in ${encoding} is a fault that says what to do`, (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'gateway-'))
    const path = join(folder, 'gateway.yaml')
    writeFileSync(path, Buffer.from('\ufeffbranding: { name: Müller }\n', encoding))
    t.deepEqual(faultsOf({}, folder), [`${path} cannot be read: it is not UTF-8: save it as UTF-8`])
  })
}

test('a byte-order mark and the ends of lines of Windows are none', (t) => {
  const { branding } = readGateway({}, folderWith('\ufeffbranding:\r\n  name: Müller\r\n'))
  t.is(branding.name, 'Müller')
})

test('a file with another ending is not read, and that is told', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-'))
  writeFileSync(join(folder, 'gateway.yml'), 'access: { users: ["dev:alice"] }\n')
  t.deepEqual(readGateway({}, folder).notes, [
    'gateway.yml is not read: call it gateway.yaml, or let GATEWAY_CONFIG name it',
  ])
  t.deepEqual(readGateway({ GATEWAY_CONFIG: 'gateway.yml' }, folder).notes, [])
})

test('the admin page keeps its distance from the port', (t) => {
  t.is(readGateway({ GATEWAY_PORT: '18642' }, EMPTY).adminPort, 19_901)
  t.is(readGateway({ GATEWAY_PORT: '65000' }, EMPTY).adminPort, 63_741)
  t.is(readGateway({ GATEWAY_ADMIN_PORT: '7' }, EMPTY).adminPort, 7)
})

test('gateways on neighbouring ports share none', (t) => {
  const taken = [8642, 8643, 8644].flatMap((gatewayPort) => {
    const gateway = readGateway({ GATEWAY_PORT: String(gatewayPort) }, EMPTY)
    return [gateway.port, gateway.adminPort, gateway.metricsPort]
  })
  t.is(new Set(taken).size, 9)
  t.is(readGateway({ GATEWAY_PORT: '65000' }, EMPTY).metricsPort, 64_178)
  t.is(readGateway({ GATEWAY_METRICS_PORT: '7' }, EMPTY).metricsPort, 7)
})

test('two variables with one port are a fault, also where one of them is the default', (t) => {
  const both = t.throws(
    () => readGateway({ GATEWAY_ADMIN_PORT: '8642', GATEWAY_METRICS_PORT: '8642' }, EMPTY),
    { instanceOf: ConfigError },
  )
  t.deepEqual(both.faults, [
    'GATEWAY_ADMIN_PORT must be another port than GATEWAY_PORT, not 8642',
    'GATEWAY_METRICS_PORT must be another port than GATEWAY_PORT, not 8642',
    'GATEWAY_METRICS_PORT must be another port than GATEWAY_ADMIN_PORT, not 8642',
  ])
  t.throws(() => readGateway({ GATEWAY_METRICS_PORT: '9901' }, EMPTY), {
    message: /GATEWAY_METRICS_PORT must be another port than GATEWAY_ADMIN_PORT, not 9901/,
  })
})

test('a base domain gives each service a host', (t) => {
  const { addresses } = readGateway({ BASE_DOMAIN: 'example.com' }, EMPTY)
  t.is(addresses.issuer, 'https://auth.example.com')
  t.is(addresses.resourceOf('echo'), 'https://echo.example.com/mcp')
  t.false(addresses.loopback)
})

for (const url of [
  'http://gw.example',
  'https://gw.example/',
  'https://gw.example/path',
  'https://GW.example',
  'https://gw.example:443',
  'ftp://gw.example',
  'gw.example',
  'https://user@gw.example',
]) {
  test(`PUBLIC_URL ${url} is refused by name`, (t) => {
    const [fault = ''] = faultsOf({ PUBLIC_URL: url })
    t.regex(fault, /^PUBLIC_URL must be/)
    t.true(fault.includes(url))
  })
}

for (const domain of [
  '.gw.example',
  'gw.example.',
  'gw..example',
  'GW.example',
  '-gw',
  'gw-',
  '.',
]) {
  test(`BASE_DOMAIN ${domain} is refused by name`, (t) => {
    t.deepEqual(faultsOf({ BASE_DOMAIN: domain }), [
      `BASE_DOMAIN must be a host name in lower case, not "${domain}"`,
    ])
  })
}

test('a service on the host of the issuer is a fault, in the host layout alone', (t) => {
  const folder = folderWith('mcpServers:\n  sso: { command: x }\n')
  const environment = { PUBLIC_URL: 'http://sso.gw.localhost:8642' }
  t.deepEqual(faultsOf({ ...environment, BASE_DOMAIN: 'gw.localhost' }, folder), [
    'mcpServers.sso: its address would be that of PUBLIC_URL, http://sso.gw.localhost:8642: give one of them another name',
  ])
  t.true(readGateway(environment, folder).services.has('sso'))
})

test('every fault of file and environment is told at once', (t) => {
  const folder = folderWith('mcpServers:\n  a: { command: x, isolation: nobody }\nunknown: 1\n')
  const faults = faultsOf({ PUBLIC_URL: 'x', GATEWAY_PORT: '0' }, folder)
  t.true(faults.some((fault) => fault.includes('mcpServers.a.isolation')))
  t.true(faults.some((fault) => fault.includes('unknown')))
  t.true(faults.some((fault) => fault.startsWith('GATEWAY_PORT')))
})

test('a YAML mistake names file and line', (t) => {
  t.regex(faultsOf({}, folderWith('mcpServers: {\n  a: [\n'))[0] ?? '', /gateway\.yaml: .*line/s)
})

const mcpServers = test.macro({
  exec(t, entry: string, expected: RegExp) {
    t.regex(faultsOf({}, folderWith(`mcpServers:\n  ${entry}\n`)).join('\n'), expected)
  },
  title: (name = '') => `mcpServers: ${name} is a fault`,
})

test('two ways to start', mcpServers, 'a: { command: x, npm: y }', /exactly one of/)
test('no way to start', mcpServers, 'a: { args: [x] }', /exactly one of/)
test(
  'a remote server that is also a program',
  mcpServers,
  'a: { url: "https://x.example/mcp", command: x }',
  /exactly one of/,
)
test('a reserved name', mcpServers, 'token: { command: x }', /"token" is reserved/)
test('a name without letters', mcpServers, '"☃": { command: x }', /no service name/)
test(
  'a package that is not there',
  mcpServers,
  'a: { npm: no-such-package }',
  /npm install no-such-package/,
)
test(
  'the login name in an argument',
  mcpServers,
  'a: { command: x, args: ["${user.name}"] }',
  /args\.0/,
)
test('an unknown template', mcpServers, 'a: { command: x, env: { A: "${home}" } }', /env\.A/)

test(
  'a key of ours as secret',
  mcpServers,
  'a: { command: x, env: { A: "${secret.REDIS_PASSWORD}" } }',
  /env\.A/,
)

test('relative paths are meant from the file they stand in', (t) => {
  const folder = folderWith(
    'mcpServers:\n  a: { command: ./run, args: [x.py] }\n  b: { command: python, cwd: sub }\n' +
      '  c: { command: python, cwd: "${data}" }\n',
  )
  const { services } = readGateway({}, folder)
  t.is(programOf(services, 'a').command, join(folder, 'run'))
  t.is(programOf(services, 'a').cwd, folder)
  t.is(programOf(services, 'b').command, 'python')
  t.is(programOf(services, 'b').cwd, join(folder, 'sub'))
  t.is(programOf(services, 'c').cwd, '${data}')
})

test('an existing mcp.json is served as it is', (t) => {
  const folder = folderWith(
    JSON.stringify({
      mcpServers: {
        mine: { type: 'stdio', command: 'x', autoApprove: ['a'], timeout: 60 },
        far: { type: 'http', url: 'https://x.example/mcp', headers: { A: 'b' } },
      },
    }),
  )
  const { services, notes } = readGateway({}, folder)
  t.true(services.has('mine'))
  t.like(services.get('far')?.launch, { kind: 'remote', url: 'https://x.example/mcp' })
  t.deepEqual(notes, [])
})

test('two names with one slug are a fault, a slugged name is told', (t) => {
  const both = folderWith('mcpServers:\n  "My Tools": { command: x }\n  my_tools: { command: y }\n')
  t.regex(faultsOf({}, both).join(), /same service name "my-tools" as My Tools/)
  const one = readGateway({}, folderWith('mcpServers:\n  "My Tools": { command: x }\n'))
  t.true(one.services.has('my-tools'))
  t.deepEqual(one.notes, ['service "My Tools" is served as "my-tools"'])
})

test('a service is switched off by the file, by a client’s word for it, or by the environment', (t) => {
  const folder = folderWith(
    'mcpServers:\n  echo: { enabled: false }\n  memory: { disabled: true }\n  everything: { enabled: false }\n',
  )
  const { services } = readGateway(
    { MCP_FILESYSTEM_ENABLED: 'false', MCP_EVERYTHING_ENABLED: 'true' },
    folder,
  )
  t.deepEqual([...services.keys()], ['everything', 'fetchs', 'sequentialthinking'])
})

test('an own entry changes a shipped service or replaces it', (t) => {
  const folder = folderWith(
    'mcpServers:\n  memory: { isolation: session }\n  filesystem: { command: mine, args: [a] }\n',
  )
  const { services } = readGateway({}, folder)
  t.is(services.get('memory')?.isolation, 'session')
  t.true(programOf(services, 'memory').args[0]?.includes('server-memory'))
  t.is(programOf(services, 'filesystem').command, 'mine')
  t.is(services.get('filesystem')?.roots, 'client')
})

test('origins: ours and this machine’s on loopback, only the listed ones elsewhere', (t) => {
  const local = originRule(readGateway({}, EMPTY))
  for (const origin of [
    'http://localhost:8642',
    'http://localhost:6274',
    'http://[::1]:1',
    'http://127.0.0.1',
  ]) {
    t.true(local(origin), origin)
  }
  for (const origin of [
    'null',
    'https://evil.example',
    'http://localhost.evil.example',
    'http://localhost:1/x',
  ]) {
    t.false(local(origin), origin)
  }
  const far = originRule(
    readGateway({ PUBLIC_URL: 'https://gw.example', MCP_CORS_ORIGINS: 'https://a.example' }, EMPTY),
  )
  t.true(far('https://a.example'))
  t.true(far('https://gw.example'))
  for (const origin of [
    'http://localhost:6274',
    'https://axexample',
    'https://a.example.evil',
    'http://gw.example',
  ]) {
    t.false(far(origin), origin)
  }
})

test('origins: where services have hosts of their own, the issuer’s may call', (t) => {
  const may = originRule(readGateway({ BASE_DOMAIN: 'example.com' }, EMPTY))
  t.true(may('https://auth.example.com'))
  t.false(may('https://echo.example.com'))
  t.false(may('http://localhost:6274'))
})

test('origins: with * all but null', (t) => {
  const may = originRule(readGateway({ MCP_CORS_ORIGINS: '*' }, EMPTY))
  for (const origin of ['https://a.example', 'vscode-webview://1ab', 'chrome-extension://abc']) {
    t.true(may(origin), origin)
  }
  for (const origin of ['null', '', 'a.example']) t.false(may(origin), origin)
})

test('origins: what can only mean one is written as browsers write it', (t) => {
  const { corsOrigins } = readGateway(
    {
      MCP_CORS_ORIGINS:
        'HTTPS://A.example, https://b.example:443/,http://c.example:80,https://d.example:8443,' +
        'vscode-webview://1ab,chrome-extension://abc/,*',
    },
    EMPTY,
  )
  t.deepEqual(corsOrigins, [
    ...['https://a.example', 'https://b.example', 'http://c.example', 'https://d.example:8443'],
    ...['vscode-webview://1ab', 'chrome-extension://abc', '*'],
  ])
})

test('origins: everything that is none is told at once', (t) => {
  const bad = [
    ...['a.example', 'https://*.a.example', 'https://a.example https://b.example', 'null', '**'],
    ...['https://a.example/x', 'https://a.example?', 'https://me@a.example', 'https://a.example:x'],
  ]
  const faults = faultsOf({ MCP_CORS_ORIGINS: `https://good.example,${bad.join(',')}` })
  t.deepEqual(faults, [
    'MCP_CORS_ORIGINS must be * or a list by comma, as in https://app.example, not ' +
      bad.map((one) => `"${one}"`).join(', '),
  ])
})

const clients = test.macro({
  exec(t, yaml: string, ...expected: RegExp[]) {
    const faults = faultsOf({}, folderWith(`clients:\n  ${yaml}\n`))
    t.is(faults.length, expected.length, faults.join('\n'))
    for (const [index, pattern] of expected.entries()) t.regex(faults[index] ?? '', pattern)
  },
  title: (name = '') => `clients: ${name} is a fault`,
})

const MACHINE = 'client_secret: "${secret.X_KEY}", grant_types: [client_credentials]'
test(
  'a URL as client_id',
  clients,
  '"https://a.example/c": {redirect_uris: [x]}',
  /a client_id has/,
)
test(
  'a client_id without end',
  clients,
  `${'a'.repeat(65)}: {redirect_uris: [x]}`,
  /a client_id has/,
)
test('a client_id like a registered one', clients, `${'a'.repeat(22)}: {redirect_uris: [x]}`, /22/)
test(
  'a literal secret',
  clients,
  'a: {client_secret: hush, redirect_uris: [x]}',
  /clients\.a\.client_secret: must be written \$\{secret\.NAME\}/,
)
test(
  'a secret that is a part of a text',
  clients,
  'a: {client_secret: "x${secret.A}", redirect_uris: [x]}',
  /client_secret: must be written/,
)
test(
  'a key of the gateway as secret',
  clients,
  'a: {client_secret: "${secret.GATEWAY_SECRET}", redirect_uris: [x]}',
  /client_secret: GATEWAY_SECRET is a key of the gateway/,
)
test('an unknown grant type', clients, 'a: {grant_types: [password]}', /grant_types\.0/)
test('no grant type', clients, 'a: {grant_types: []}', /clients\.a\.grant_types/)
test(
  'a code without a place to send it to',
  clients,
  'a: {}',
  /redirect_uris: authorization_code needs/,
)
test(
  'a place to which nothing is sent',
  clients,
  `a: {${MACHINE}, services: [echo], redirect_uris: [x]}`,
  /redirect_uris: nothing is sent/,
)
test(
  'a refresh token of nothing',
  clients,
  'a: {grant_types: [refresh_token]}',
  /refresh_token needs/,
)
test(
  'a method without a secret',
  clients,
  'a: {redirect_uris: [x], token_endpoint_auth_method: client_secret_post}',
  /token_endpoint_auth_method: client_secret_post needs/,
)
test(
  'a secret without a method',
  clients,
  'a: {client_secret: "${secret.X_KEY}", redirect_uris: [x], token_endpoint_auth_method: none}',
  /method: none, although/,
)
test(
  'a machine without a secret',
  clients,
  'a: {grant_types: [client_credentials], services: [echo]}',
  /client_secret: client_credentials needs/,
)
const KEYS = 'jwks: {keys: [{kty: EC}]}'
test(
  'a secret beside keys',
  clients,
  `a: {client_secret: "\${secret.X_KEY}", redirect_uris: [x], ${KEYS}}`,
  /method: client_secret_basic, although there is jwks/,
)
test(
  'keys without their method',
  clients,
  `a: {redirect_uris: [x], ${KEYS}, token_endpoint_auth_method: none}`,
  /method: none, although there is jwks/,
)
test(
  'the method of keys without one',
  clients,
  'a: {redirect_uris: [x], token_endpoint_auth_method: private_key_jwt}',
  /method: private_key_jwt needs jwks or jwks_uri/,
)
test(
  'the method of keys with a secret',
  clients,
  'a: {client_secret: "${secret.X_KEY}", redirect_uris: [x], token_endpoint_auth_method: private_key_jwt}',
  /method: private_key_jwt needs jwks/,
  /method: private_key_jwt, although there is a client_secret/,
)
test('a set of no keys', clients, 'a: {redirect_uris: [x], jwks: {keys: []}}', /jwks\.keys/)
test('keys that are none', clients, 'a: {redirect_uris: [x], jwks: {keys: [x]}}', /jwks\.keys/)
test('a machine without services', clients, `a: {${MACHINE}}`, /services: client_credentials needs/)
test(
  'services of no machine',
  clients,
  'a: {redirect_uris: [x], services: [echo], scopes: ["echo:x"]}',
  /services: means nothing/,
  /scopes: means nothing/,
)
test(
  'unknown services and scopes, all at once',
  clients,
  `a: {${MACHINE}, services: [echo, nobody], scopes: [openid, "memory:x"]}`,
  /services: "nobody" is not served, only echo/,
  /scopes: "openid"/,
  /scopes: "memory:x"/,
)
test(
  'a service that is switched off',
  clients,
  `a: {${MACHINE}, services: [off]}\nmcpServers:\n  off: {command: x, enabled: false}`,
  /"off" is not served/,
)
test(
  'a name that would rewrite the page',
  clients,
  'a: {redirect_uris: [x], client_name: "a\\u202eb"}',
  /client_name: must be/,
)
test('a key that nobody knows', clients, 'a: {redirect_uris: [x], secret: y}', /secret/)

test('no fault of a client tells what was written as its secret', (t) => {
  const faults = faultsOf({}, folderWith('clients:\n  a: {client_secret: hush-hush, x: 1}\n'))
  t.true(faults.length > 0)
  t.false(faults.join().includes('hush-hush'))
})

test('clients are read with the defaults of their kind', (t) => {
  const folder = folderWith(`mcpServers:
  echo: { scopes: { write: Change things } }
clients:
  nightly:
    client_secret: "\${secret.NIGHTLY}"
    grant_types: [client_credentials]
    services: [echo]
    scopes: [mcp, "echo:write"]
    client_name: Nightly job
  spa: { redirect_uris: ["https://a.example/cb"] }
  signer: { redirect_uris: ["https://a.example/cb"], jwks_uri: "https://a.example/jwks" }
`)
  const { clients: read } = readGateway({}, folder)
  t.deepEqual([...read.keys()], ['nightly', 'spa', 'signer'])
  t.deepEqual(read.get('nightly'), {
    id: 'nightly',
    name: 'Nightly job',
    secretName: 'NIGHTLY',
    keys: undefined,
    authMethod: 'client_secret_basic',
    grantTypes: ['client_credentials'],
    redirectUris: [],
    services: ['echo'],
    scopes: ['echo:write'],
  })
  t.is(read.get('signer')?.authMethod, 'private_key_jwt')
  t.deepEqual(read.get('signer')?.keys, { jwks: undefined, jwks_uri: 'https://a.example/jwks' })
  t.is(read.get('spa')?.authMethod, 'none')
  t.deepEqual(read.get('spa')?.grantTypes, ['authorization_code', 'refresh_token'])
})
