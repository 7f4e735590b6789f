import test from 'ava'
import { renderPlainRoutes } from '../../../envoy/plain-listener.ts'
import { readGateway } from '../../../lib/catalogue/gateway.ts'

interface Route {
  readonly route?: { readonly cluster: string }
  readonly redirect?: Readonly<Record<string, unknown>>
  readonly direct_response?: { readonly status: number }
}

interface Host {
  readonly domains: readonly string[]
  readonly routes: readonly Route[]
}

function hostsOf(environment: Record<string, string>, port: number, challenges: boolean): Host[] {
  const gateway = readGateway({ MCP_EVERYTHING_ENABLED: 'false', ...environment }, '/nonexistent')
  const rendered = renderPlainRoutes(gateway, { port, challenges })
  return (rendered as { virtual_hosts: Host[] }).virtual_hosts
}

test('each name leads to itself on https, and to the port that people use there', (t) => {
  const [issuer, misdirected] = hostsOf({ PUBLIC_URL: 'https://gw.example:8443' }, 8080, false)
  t.deepEqual(issuer?.domains, ['gw.example', 'gw.example:80', 'gw.example:8080'])
  t.deepEqual(issuer?.routes[0]?.redirect, {
    scheme_redirect: 'https',
    host_redirect: 'gw.example',
    port_redirect: 8443,
    response_code: 'PERMANENT_REDIRECT',
  })
  t.deepEqual(misdirected?.domains, ['*'])
  t.is(misdirected?.routes[0]?.direct_response?.status, 421)
  const hosts = hostsOf({ BASE_DOMAIN: 'example.com' }, 80, false)
  t.deepEqual(
    hosts.map(({ domains }) => domains[0]),
    [
      'auth.example.com',
      ...['echo', 'fetchs', 'filesystem', 'memory', 'sequentialthinking'].map(
        (name) => `${name}.example.com`,
      ),
      '*',
    ],
  )
  t.false('port_redirect' in (hosts[0]?.routes[0]?.redirect ?? {}), 'the scheme’s own is not named')
})

test('challenges are answered under every name, since a new one has to be proved first', (t) => {
  for (const { routes } of hostsOf({ PUBLIC_URL: 'https://gw.example' }, 80, true)) {
    t.is(routes[0]?.route?.cluster, 'certs')
  }
  for (const { routes } of hostsOf({ PUBLIC_URL: 'https://gw.example' }, 80, false)) {
    t.is(routes.length, 1)
  }
})
