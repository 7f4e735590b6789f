import test from 'ava'
import { developmentNames, hostNames, wildcardNames } from '../../../certs/names.ts'
import { chooseSource } from '../../../certs/source.ts'
import { readGateway } from '../../../lib/catalogue/gateway.ts'

const FEW = Object.fromEntries(
  ['EVERYTHING', 'FETCHS', 'FILESYSTEM', 'MEMORY', 'SEQUENTIALTHINKING'].map((name) => [
    `MCP_${name}_ENABLED`,
    'false',
  ]),
)
const gatewayOf = (environment: Record<string, string>) =>
  readGateway({ ...FEW, ...environment }, '/nonexistent')

test('the issuer, and each service on a host of its own', (t) => {
  t.deepEqual(hostNames(gatewayOf({ PUBLIC_URL: 'https://gw.example:8443' })), ['gw.example'])
  const hosts = gatewayOf({ BASE_DOMAIN: 'example.com' })
  t.deepEqual(hostNames(hosts), ['auth.example.com', 'echo.example.com'])
})

test('a wildcard covers what it can, and nothing is asked for twice', (t) => {
  t.deepEqual(wildcardNames(gatewayOf({ BASE_DOMAIN: 'example.com' })), ['*.example.com'])
  const apart = { BASE_DOMAIN: 'mcp.example.com', PUBLIC_URL: 'https://login.example.com' }
  t.deepEqual(wildcardNames(gatewayOf(apart)), ['login.example.com', '*.mcp.example.com'])
  t.deepEqual(wildcardNames(gatewayOf({ PUBLIC_URL: 'https://gw.example' })), ['gw.example'])
})

test('on this machine: all that means it', (t) => {
  const common = ['localhost', '*.localhost', '127.0.0.1', '::1']
  t.deepEqual(developmentNames(gatewayOf({ PUBLIC_URL: 'https://localhost:8642' })), common)
  t.deepEqual(developmentNames(gatewayOf({ PUBLIC_URL: 'https://[::1]:8642' })), common)
  const hosts = { BASE_DOMAIN: 'gw.localhost', PUBLIC_URL: 'https://auth.gw.localhost:8642' }
  t.deepEqual(developmentNames(gatewayOf(hosts)), [
    ...common,
    'auth.gw.localhost',
    'echo.gw.localhost',
  ])
})

test('where the certificate comes from: what was said most expressly', (t) => {
  const place = { stateDirectory: '/state', workingDirectory: '/here' }
  const far = { ...place, addresses: { secure: true, loopback: false } }
  const near = { ...place, addresses: { secure: true, loopback: true } }
  const acme = { ACME_EMAIL: 'a@example.com' }
  t.is(chooseSource({ ...place, addresses: { secure: false, loopback: true } }, acme), undefined)
  t.deepEqual(chooseSource(far, {}), { kind: 'own', folder: '/state/certs/live' })
  t.deepEqual(chooseSource(far, acme), { kind: 'acme', challenge: 'http' })
  t.deepEqual(chooseSource(far, { ...acme, ACME_DNS_PROVIDER: 'cloudflare' }), {
    kind: 'acme',
    challenge: 'dns',
  })
  t.deepEqual(chooseSource(far, { ...acme, TLS_CERTIFICATE_FOLDER: 'tls' }), {
    kind: 'own',
    folder: '/here/tls',
  })
  t.deepEqual(chooseSource(near, acme), { kind: 'own', folder: '/state/certs/live' })
  t.deepEqual(chooseSource(near, { ...acme, GATEWAY_TLS: 'true' }), { kind: 'development' })
})
