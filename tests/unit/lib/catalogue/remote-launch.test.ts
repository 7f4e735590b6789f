import test from 'ava'
import { type Service, toService } from '../../../../lib/catalogue/service.ts'
import {
  type ServiceDefinition,
  serviceDefinition,
} from '../../../../lib/catalogue/service-definition.ts'

const URL = 'https://mcp.example.com/mcp'

function serviceOf(definition: ServiceDefinition): Service {
  const reading = toService('docs', serviceDefinition.parse(definition), '/folder')
  if (!('service' in reading)) throw new Error(reading.faults.join('\n'))
  return reading.service
}

function faultsOf(definition: ServiceDefinition): readonly string[] {
  const reading = toService('docs', definition, '/folder')
  return 'faults' in reading ? reading.faults : []
}

const oauth = {
  tokenUrl: 'https://login.example.com/token',
  clientId: 'gateway',
  clientSecret: '${secret.DOCS_SECRET}',
}

test('an address is all it takes', (t) => {
  const { launch, isolation } = serviceOf({ url: URL })
  t.deepEqual(launch, {
    kind: 'remote',
    url: URL,
    headers: {},
    transport: undefined,
    privateAddresses: false,
    oauth: undefined,
  })
  t.is(isolation, 'session')
})

test('the type is a hint for the transport, in every way clients write it', (t) => {
  const transportOf = (type: string): unknown => {
    const { launch } = serviceOf({ url: URL, type })
    return launch.kind === 'remote' && launch.transport
  }
  for (const type of ['http', 'streamable-http', 'streamableHttp']) {
    t.is(transportOf(type), 'streamable')
  }
  t.is(transportOf('sse'), 'sse')
  for (const type of ['remote', 'constructor', '']) t.is(transportOf(type), undefined)
})

test('the gateway can log in by itself', (t) => {
  const { launch } = serviceOf({ url: URL, oauth: { ...oauth, scope: 'a b' } })
  t.like(launch, {
    oauth: {
      clientId: 'gateway',
      secretName: 'DOCS_SECRET',
      scope: 'a b',
      authentication: 'basic',
    },
  })
})

test('what clients write empty beside an address is no fault', (t) => {
  t.deepEqual(faultsOf({ url: URL, args: [], env: {}, cwd: '', spares: 0, alwaysAllow: [] }), [])
  t.deepEqual(faultsOf({ command: 'x', headers: {}, privateAddresses: false }), [])
})

const fault = test.macro({
  exec(t, definition: ServiceDefinition, expected: RegExp) {
    const faults = faultsOf({ url: URL, ...definition })
    t.is(faults.length, 1, faults.join('\n'))
    t.regex(faults[0] ?? '', expected)
  },
  title: (name = '') => `${name} is a fault`,
})

test('what only a program has', fault, { args: ['x'] }, /^docs: args: means nothing with url$/)
test('a folder', fault, { folders: ['x'] }, /folders: means nothing with url/)
test('a spare', fault, { spares: 1 }, /spares: means nothing with url/)
test('another protocol', fault, { url: 'ftp://x.example/mcp' }, /url: must be https/)
test('plain http elsewhere', fault, { url: 'http://x.example/mcp' }, /privateAddresses: true/)
test('a login in the address', fault, { url: 'https://a:b@x.example/mcp' }, /write it as a header/)
test('a fragment', fault, { url: `${URL}#a` }, /fragment/)
test('a secret in the address', fault, { url: `${URL}?k=\${secret.K}` }, /belongs into headers/)
test('a header of ours', fault, { headers: { 'Mcp-Session-Id': 'x' } }, /set by the gateway/)
test('a mirrored header', fault, { headers: { 'mcp-param-a': 'x' } }, /set by the gateway/)
test('no name of a header', fault, { headers: { 'a b': 'x' } }, /is not a name of a header/)
test('a line break', fault, { headers: { A: 'x\r\nb: c' } }, /characters no header has/)
test('a header twice', fault, { headers: { A: 'x', a: 'y' } }, /headers\.a: stands there twice/)
test('a key of ours', fault, { headers: { A: '${secret.REDIS_PASSWORD}' } }, /not known here/)
test('the login name', fault, { headers: { A: '${user.name}' } }, /headers\.A/)
test('a folder of ours', fault, { headers: { A: '${data}' } }, /headers\.A/)
test(
  'one person in a header for all',
  fault,
  { isolation: 'shared', headers: { A: '${user.id}' } },
  /set isolation to user or session/,
)
test(
  'two ways to log in',
  fault,
  { oauth, headers: { Authorization: 'Bearer x' } },
  /leave out one/,
)
test(
  'a token over plain http',
  fault,
  { oauth: { ...oauth, tokenUrl: 'http://x.example/token' } },
  /oauth\.tokenUrl: must be https/,
)
test(
  'a key of ours as client secret',
  fault,
  { oauth: { ...oauth, clientSecret: '${secret.GATEWAY_SECRET}' } },
  /oauth\.clientSecret: GATEWAY_SECRET is a key of the gateway/,
)
test(
  'a person’s secret as client secret',
  fault,
  {
    oauth,
    headers: { A: '${secret.DOCS_SECRET}' },
    userSecrets: { DOCS_SECRET: 'words' },
  },
  /cannot be each person’s/,
)

test('what only remote servers have is a fault of programs', (t) => {
  t.deepEqual(faultsOf({ command: 'x', headers: { A: 'b' }, oauth, privateAddresses: true }), [
    'docs: headers: means nothing without url',
    'docs: oauth: means nothing without url',
    'docs: privateAddresses: means nothing without url',
  ])
})

test('this machine and private networks may be meant', (t) => {
  for (const url of ['http://localhost:3000/mcp', 'http://127.0.0.1/mcp', 'http://[::1]:1/mcp']) {
    t.deepEqual(faultsOf({ url }), [])
  }
  t.deepEqual(faultsOf({ url: 'http://tools.internal/mcp', privateAddresses: true }), [])
})
