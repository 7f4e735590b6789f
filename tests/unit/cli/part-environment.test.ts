import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { CERTS_VARIABLES } from '../../../certs/config.ts'
import type { Part } from '../../../cli/supervisor/part.ts'
import {
  clientSecrets,
  providerSecrets,
  ROOM_SETTINGS,
  serviceSecrets,
} from '../../../cli/supervisor/part-environment.ts'
import { toParts } from '../../../cli/supervisor/parts.ts'
import { socketsIn } from '../../../cli/supervisor/room-sockets.ts'
import { tracingEnvironment } from '../../../cli/supervisor/tracing-environment.ts'
import { ENVOY_VARIABLES } from '../../../envoy/config.ts'
import { EXT_AUTHZ_VARIABLES } from '../../../ext-authz/config.ts'
import { readGateway } from '../../../lib/catalogue/gateway.ts'
import { Secret } from '../../../lib/platform/secret.ts'
import { MCP_BRIDGE_VARIABLES } from '../../../mcp-bridge/config.ts'
import { OAUTH_SERVER_VARIABLES } from '../../../oauth-server/config.ts'

const ROOT_SECRET = 'r'.repeat(43)

/** All a careless table could hand on. */
const ENVIRONMENT = {
  PATH: '/bin',
  HOME: '/home/me',
  LOG_LEVEL: 'info',
  GATEWAY_SECRET: ROOT_SECRET,
  GATEWAY_SECRET_FILE: '/secret',
  GATEWAY_PORT: '8642',
  GATEWAY_STATE_DIR: '/state',
  GITHUB_CLIENT_SECRET: 'github',
  AWS_SECRET_ACCESS_KEY: 'aws',
  MCP_API_KEY: 'not a switch',
  MCP_ECHO_ENABLED: 'true',
  MCP_CORS_ORIGINS: 'https://example.com',
  NODE_OPTIONS: '--inspect',
  SESSION_TIMEOUT: '60',
  ACCESS_TOKEN_LIFETIME: '60',
  CLIENT_ID_METADATA_DOCUMENTS: 'off',
  npm_config_token: 'npm',
}

const PROCESSES = { 'ext-authz': 2, 'oauth-server': 2, 'mcp-bridge': 2 }

const gateway = readGateway(ENVIRONMENT, '/')
const parts = toParts({
  gateway,
  environment: ENVIRONMENT,
  rootSecret: new Secret(ROOT_SECRET),
  rooms: '/rooms',
  processes: PROCESSES,
  socketAt: socketsIn('/sockets'),
  store: {
    url: 'unix:///sockets/valkey.sock',
    password: new Secret('store password'),
    own: { program: '/bin/valkey', configPath: '/state/valkey.conf' },
  },
  envoyProgram: '/bin/envoy',
  listenAddresses: ['127.0.0.1'],
  servedNow: () => gateway.services,
})
const part = (name: string): Part => {
  const found = parts.find((one) => one.name === name)
  if (found === undefined) throw new Error(`no part ${name}`)
  return found
}

const COMMON = ['PATH', 'HOME', 'LOG_LEVEL']
const GATEWAY = [
  ...COMMON,
  'GATEWAY_CONFIG_COPIES',
  'GATEWAY_PACKAGES_DIR',
  'GATEWAY_PORT',
  'GATEWAY_STATE_DIR',
  'MALLOC_MMAP_THRESHOLD_',
  'MALLOC_TRIM_THRESHOLD_',
  'MCP_CORS_ORIGINS',
  'MCP_ECHO_ENABLED',
  'NODE_COMPILE_CACHE',
]
const STORE = ['REDIS_URL', 'REDIS_PASSWORD']
const SOCKETS = [
  'OAUTH_SERVER_METRICS_SOCKETS',
  'OAUTH_SERVER_SOCKETS',
  'EXT_AUTHZ_SOCKETS',
  'EXT_AUTHZ_ADMIN_SOCKETS',
  'MCP_BRIDGE_SOCKETS',
  'MCP_BRIDGE_ADMIN_SOCKETS',
]
const OAUTH_SERVER = [
  ...GATEWAY,
  ...STORE,
  'OAUTH_SERVER_SOCKET',
  'OAUTH_SERVER_ADMIN_SOCKET',
  'OAUTH_SERVER_METRICS_SOCKET',
  'OAUTH_SERVER_SECRET',
  'USER_SECRETS_KEY',
  'ACCESS_TOKEN_LIFETIME',
  'CLIENT_ID_METADATA_DOCUMENTS',
]
const EXT_AUTHZ = [...GATEWAY, ...STORE, 'EXT_AUTHZ_SOCKET', 'EXT_AUTHZ_ADMIN_SOCKET']
const MCP_BRIDGE = [
  ...GATEWAY,
  ...STORE,
  'MCP_BRIDGE_SOCKET',
  'MCP_BRIDGE_ADMIN_SOCKET',
  'MCP_BRIDGE_INSTANCE',
  'MCP_BRIDGE_PROCESSES',
  'MCP_BRIDGE_EDGE_SECRET',
  'USER_SECRETS_KEY',
  'SESSION_TIMEOUT',
]

const EXPECTED = {
  valkey: COMMON,
  'oauth-server-1': OAUTH_SERVER,
  'oauth-server-2': OAUTH_SERVER,
  'ext-authz-1': EXT_AUTHZ,
  'ext-authz-2': EXT_AUTHZ,
  'mcp-bridge-1': MCP_BRIDGE,
  'mcp-bridge-2': MCP_BRIDGE,
  'envoy-files': [
    ...GATEWAY,
    ...SOCKETS,
    'ENVOY_FOLDER',
    'ENVOY_ADMIN_SOCKET',
    'ENVOY_LISTEN_ADDRESSES',
  ],
  envoy: [...COMMON, 'ENVOY_EDGE_SECRET'],
}

test('the table holds the parts of the house', (t) => {
  t.deepEqual(
    parts.map(({ name }) => name),
    Object.keys(EXPECTED),
  )
})

for (const [name, variables] of Object.entries(EXPECTED)) {
  test(`${name} gets these variables and no other`, (t) => {
    t.deepEqual(Object.keys(part(name).env).sort(), [...variables].sort())
  })

  test(`${name} never sees the root secret`, (t) => {
    t.false(JSON.stringify(part(name)).includes(ROOT_SECRET))
  })
}

test('each process of a room has a socket of its own, and Envoy’s files name them all', (t) => {
  const { env } = part('envoy-files')
  const each = (names: readonly string[], variable: string) =>
    names.map((name) => part(name).env[variable]).join(',')
  const decisions = ['ext-authz-1', 'ext-authz-2']
  t.is(env['EXT_AUTHZ_SOCKETS'], '/sockets/authz-1.sock,/sockets/authz-2.sock')
  t.is(env['EXT_AUTHZ_SOCKETS'], each(decisions, 'EXT_AUTHZ_SOCKET'))
  t.is(env['EXT_AUTHZ_ADMIN_SOCKETS'], each(decisions, 'EXT_AUTHZ_ADMIN_SOCKET'))
  t.is(
    env['OAUTH_SERVER_SOCKETS'],
    each(['oauth-server-1', 'oauth-server-2'], 'OAUTH_SERVER_SOCKET'),
  )
  const bridges = ['mcp-bridge-1', 'mcp-bridge-2']
  t.is(env['MCP_BRIDGE_SOCKETS'], each(bridges, 'MCP_BRIDGE_SOCKET'))
  t.is(env['MCP_BRIDGE_ADMIN_SOCKETS'], each(bridges, 'MCP_BRIDGE_ADMIN_SOCKET'))
  t.is(each(bridges, 'MCP_BRIDGE_INSTANCE'), 'bridge-1,bridge-2')
  t.is(each(bridges, 'MCP_BRIDGE_PROCESSES'), '2,2')
})

test('Envoy waits for one process of each room; the others start when all is served', (t) => {
  const spares = parts.filter(({ isSpare }) => isSpare).map(({ name }) => name)
  t.deepEqual(spares, ['oauth-server-2', 'ext-authz-2', 'mcp-bridge-2'])
  const waitsFor = ['oauth-server-1', 'ext-authz-1', 'mcp-bridge-1', 'envoy-files']
  t.deepEqual(part('envoy').dependsOn, waitsFor)
})

test('Envoy and bridge share the edge secret, which no file has; the authorization server has another', (t) => {
  const edge = part('mcp-bridge-1').env['MCP_BRIDGE_EDGE_SECRET']
  t.is(part('envoy').env['ENVOY_EDGE_SECRET'], edge)
  t.false(JSON.stringify(part('envoy-files')).includes(String(edge)))
  t.not(part('oauth-server-1').env['OAUTH_SERVER_SECRET'], edge)
})

test('authorization server and bridge share the key of what people enter, and it is no other', (t) => {
  const key = part('mcp-bridge-1').env['USER_SECRETS_KEY']
  t.is(part('oauth-server-1').env['USER_SECRETS_KEY'], key)
  t.is(key?.length, 43)
  const all = parts.flatMap(({ env }) => Object.values(env))
  t.is(all.filter((value) => value === key).length, 4)
})

test('with a store of the operator none is started', (t) => {
  const others = toParts({
    gateway,
    environment: ENVIRONMENT,
    rootSecret: new Secret(ROOT_SECRET),
    rooms: '/rooms',
    processes: PROCESSES,
    socketAt: socketsIn('/sockets'),
    store: { url: 'redis://store', password: undefined, own: undefined },
    envoyProgram: '/bin/envoy',
    listenAddresses: ['127.0.0.1'],
    servedNow: () => gateway.services,
  })
  t.false(others.some(({ name }) => name === 'valkey'))
  const room = others.find(({ name }) => name === 'ext-authz-2')
  t.deepEqual(room?.dependsOn, [])
  t.is(room?.env['REDIS_URL'], 'redis://store')
  t.false('REDIS_PASSWORD' in (room?.env ?? {}))
})

test('the bridge gets the secrets its services name, except the gateway’s own', (t) => {
  const [service] = gateway.services.values()
  if (service === undefined) throw new Error('no service is shipped')
  const env = {
    KEY: 'Bearer ${secret.DOCS}',
    OWN: '${secret.GATEWAY_SECRET}',
    STORE: '${secret.REDIS_PASSWORD}',
  }
  const args = ['--key=${secret.OTHER}', '${secret.ABSENT}']
  const services = new Map([['x', { ...service, launch: { ...service.launch, env, args } }]])
  const secrets = { DOCS: 'd', OTHER_FILE: '/other', UNNAMED: 'u', ...ENVIRONMENT }
  t.deepEqual(serviceSecrets(services, { ...secrets, REDIS_PASSWORD: 'p' }), {
    DOCS: 'd',
    OTHER_FILE: '/other',
  })
})

test('what is brought along to servers elsewhere comes from the operator’s variables too', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'remote-'))
  writeFileSync(
    join(folder, 'gateway.yaml'),
    'mcpServers:\n  far:\n    url: https://x.example/mcp\n    headers: { X-Key: "${secret.FAR_KEY}" }\n' +
      '    oauth: { tokenUrl: "https://x.example/t", clientId: g, clientSecret: "${secret.FAR_SECRET}" }\n',
  )
  const secrets = { FAR_KEY: 'k', FAR_SECRET_FILE: '/far', UNNAMED: 'u' }
  const { services } = readGateway(ENVIRONMENT, folder)
  t.deepEqual(serviceSecrets(services, secrets), { FAR_KEY: 'k', FAR_SECRET_FILE: '/far' })
})

test('what people enter is not taken from the operator’s variable of that name', (t) => {
  const [service] = gateway.services.values()
  if (service === undefined) throw new Error('no service is shipped')
  const env = { A: '${secret.OWN}', B: '${secret.SHARED}' }
  const one = { ...service, launch: { ...service.launch, env }, userSecrets: { OWN: 'Yours' } }
  const secrets = { OWN: 'the operator’s', OWN_FILE: '/own', SHARED: 's' }
  t.deepEqual(serviceSecrets(new Map([['x', one]]), secrets), { SHARED: 's' })
  const other = { ...one, userSecrets: {} }
  const both = new Map([
    ['x', one],
    ['y', other],
  ])
  t.deepEqual(serviceSecrets(both, secrets), secrets, 'another service may mean the operator’s')
})

test('only the authorization server gets the secrets of the operator’s clients', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'clients-'))
  writeFileSync(
    join(folder, 'gateway.yaml'),
    'clients:\n  a: { client_secret: "${secret.A_KEY}", redirect_uris: ["https://a.example/cb"] }\n' +
      '  b: { client_secret: "${secret.B_KEY}", redirect_uris: ["https://b.example/cb"] }\n' +
      '  c: { redirect_uris: ["https://c.example/cb"] }\n',
  )
  const withClients = readGateway(ENVIRONMENT, folder)
  const secrets = { A_KEY: 'first secret', B_KEY_FILE: '/b', UNNAMED: 'u' }
  t.deepEqual(clientSecrets(withClients.clients, { ...ENVIRONMENT, ...secrets }), {
    A_KEY: 'first secret',
    B_KEY_FILE: '/b',
  })
  const all = toParts({
    gateway: withClients,
    environment: { ...ENVIRONMENT, ...secrets },
    rootSecret: new Secret(ROOT_SECRET),
    rooms: '/rooms',
    processes: PROCESSES,
    socketAt: socketsIn('/sockets'),
    store: { url: 'redis://store', password: undefined, own: undefined },
    envoyProgram: '/bin/envoy',
    listenAddresses: ['127.0.0.1'],
    servedNow: () => gateway.services,
  })
  const holders = all.filter(({ env }) => 'A_KEY' in env || 'B_KEY_FILE' in env)
  t.deepEqual(
    holders.map(({ name }) => name),
    ['oauth-server-1', 'oauth-server-2'],
  )
})

test('every room learns how people log in, the authorization server alone the secrets for it', (t) => {
  const environment = {
    ...ENVIRONMENT,
    GITHUB_CLIENT_ID: 'id',
    GITHUB_URL: 'https://ghe.example',
    GITHUB_API_URL: 'https://ghe.example/api/v3',
    ALLOWED_GITHUB_USERS: 'octocat',
    OKTA_KEY_FILE: '/okta',
  }
  const folder = mkdtempSync(join(tmpdir(), 'providers-'))
  writeFileSync(
    join(folder, 'gateway.yaml'),
    'providers:\n  okta: { issuer: "https://x.example", client_id: a, client_secret: "${secret.OKTA_KEY}" }\n',
  )
  const withProviders = readGateway(environment, folder)
  const secrets = { GITHUB_CLIENT_SECRET: 'github', OKTA_KEY_FILE: '/okta' }
  t.deepEqual(providerSecrets(withProviders.providers, environment), secrets)
  const all = toParts({
    gateway: withProviders,
    environment,
    rootSecret: new Secret(ROOT_SECRET),
    rooms: '/rooms',
    processes: PROCESSES,
    socketAt: socketsIn('/sockets'),
    store: { url: 'redis://store', password: undefined, own: undefined },
    envoyProgram: '/bin/envoy',
    listenAddresses: ['127.0.0.1'],
    servedNow: () => gateway.services,
  })
  const holders = (variable: string): string[] =>
    all.filter(({ env }) => variable in env).map(({ name }) => name)
  const servers = ['oauth-server-1', 'oauth-server-2']
  const bridges = ['mcp-bridge-1', 'mcp-bridge-2']
  for (const variable of Object.keys(secrets)) t.deepEqual(holders(variable), servers)
  const readers = [...servers, 'ext-authz-1', 'ext-authz-2', ...bridges, 'envoy-files']
  for (const variable of ['GITHUB_CLIENT_ID', 'GITHUB_URL', 'GITHUB_API_URL']) {
    t.deepEqual(holders(variable), readers)
  }
  t.deepEqual(holders('ALLOWED_GITHUB_USERS'), readers)
  for (const { env } of all.filter(({ name }) => readers.includes(name))) {
    const { providers, access } = readGateway({ ...env, GATEWAY_CONFIG_COPIES: '' }, folder)
    t.deepEqual(providers, withProviders.providers)
    t.deepEqual(access, withProviders.access)
  }
})

test('a setting that can be passed on is one that its room reads', (t) => {
  for (const name of ROOM_SETTINGS['oauth-server']) t.true(name in OAUTH_SERVER_VARIABLES, name)
  for (const name of ROOM_SETTINGS['ext-authz']) t.true(name in EXT_AUTHZ_VARIABLES, name)
  for (const name of ROOM_SETTINGS['mcp-bridge']) t.true(name in MCP_BRIDGE_VARIABLES, name)
  for (const name of ROOM_SETTINGS.certs) t.true(name in CERTS_VARIABLES, name)
  for (const name of ROOM_SETTINGS['envoy-files']) t.true(name in ENVOY_VARIABLES, name)
})

test('over TLS a room for certificates comes before Envoy; a DNS provider’s secrets go there alone', (t) => {
  const environment = {
    ...ENVIRONMENT,
    BASE_DOMAIN: 'example.com',
    GITHUB_CLIENT_ID: 'id',
    ALLOWED_GITHUB_USERS: 'octocat',
    ACME_EMAIL: 'a@example.com',
    ACME_DNS_PROVIDER: 'cloudflare',
    CF_DNS_API_TOKEN: 'dns secret',
  }
  const secure = readGateway(environment, '/')
  const all = toParts({
    gateway: secure,
    environment,
    rootSecret: new Secret(ROOT_SECRET),
    rooms: '/rooms',
    processes: PROCESSES,
    socketAt: socketsIn('/sockets'),
    store: { url: 'redis://store', password: undefined, own: undefined },
    envoyProgram: '/bin/envoy',
    listenAddresses: ['0.0.0.0'],
    servedNow: () => secure.services,
    certificates: {
      plainPort: 80,
      lego: { program: '/bin/lego', variables: ['CF_DNS_API_TOKEN'] },
    },
  })
  const find = (name: string) => all.find((one) => one.name === name)
  const certs = find('certs')
  t.true(find('envoy')?.dependsOn.includes('certs'))
  t.is(certs?.env['CERTS_LEGO'], '/bin/lego')
  t.is(certs?.env['CERTS_DNS_VARIABLES'], 'CF_DNS_API_TOKEN')
  for (const name of [
    'REDIS_URL',
    'REDIS_PASSWORD',
    'GITHUB_CLIENT_SECRET',
    'AWS_SECRET_ACCESS_KEY',
  ]) {
    t.false(name in (certs?.env ?? {}), name)
  }
  t.deepEqual(
    all.filter(({ env }) => 'CF_DNS_API_TOKEN' in env).map(({ name }) => name),
    ['certs'],
  )
  const files = find('envoy-files')?.env
  t.is(files?.['ENVOY_CERTIFICATE_FOLDER'], '/state/certs/served')
  t.is(files?.['ENVOY_PLAIN_PORT'], '80')
})

const COLLECTOR = {
  OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
  OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20key,x-team=a%2Cb',
  OTEL_SERVICE_NAME: 'gateway',
}

test('where traces are on, the collector’s headers reach whoever sends, and Envoy’s files their names', (t) => {
  const { rooms, envoyFiles, envoy } = tracingEnvironment(COLLECTOR)
  t.deepEqual(rooms, {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
    OTEL_SERVICE_NAME: 'gateway',
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'authorization=Bearer%20key,x-team=a%2Cb',
  })
  t.deepEqual(envoy, { ENVOY_OTLP_HEADER_1: 'Bearer key', ENVOY_OTLP_HEADER_2: 'a,b' })
  t.is(envoyFiles['ENVOY_OTLP_HEADERS'], 'authorization,x-team')
  t.false(JSON.stringify(envoyFiles).includes('key'))
})

test('where they are off, nobody is told anything', (t) => {
  const off = { ...COLLECTOR, OTEL_SDK_DISABLED: 'true' }
  t.deepEqual(tracingEnvironment(off), { rooms: {}, envoyFiles: {}, envoy: {} })
})
