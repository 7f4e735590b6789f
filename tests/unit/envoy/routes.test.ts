import test from 'ava'
import { renderRoutes } from '../../../envoy/routes.ts'
import { readGateway } from '../../../lib/catalogue/gateway.ts'

interface Route {
  readonly match: { readonly path?: string; readonly prefix?: string; readonly headers?: object[] }
  readonly route?: {
    readonly cluster: string
    readonly timeout: string
    readonly hash_policy?: object[]
  }
  readonly request_headers_to_remove?: readonly string[]
  readonly direct_response?: { readonly status: number }
  readonly typed_per_filter_config: Record<string, { disabled?: boolean; check_settings?: object }>
}

interface Host {
  readonly name: string
  readonly domains: string[]
  readonly routes: Route[]
}

function hostsOf(environment: Record<string, string>, rateLimitFactor = 1): Host[] {
  const gateway = readGateway(environment, '/nonexistent')
  const rendered = renderRoutes(gateway, rateLimitFactor)
  return (rendered as { virtual_hosts: Host[] }).virtual_hosts
}

const EXT_AUTHZ = 'envoy.filters.http.ext_authz'
const BUFFER = 'envoy.filters.http.buffer'
const RATE_LIMIT = 'envoy.filters.http.local_ratelimit'

for (const [layout, environment] of Object.entries({
  path: {},
  host: { BASE_DOMAIN: 'example.com' },
})) {
  test(`${layout} layout: every route to the bridge is decided, for its own service`, (t) => {
    const routes = hostsOf(environment).flatMap(({ routes }) => routes)
    const toBridge = routes.filter(({ route }) => route?.cluster === 'mcp_bridge')
    t.is(toBridge.length, 6)
    for (const {
      typed_per_filter_config: config,
      route,
      match,
      request_headers_to_remove: remove = [],
    } of toBridge) {
      t.is(config[EXT_AUTHZ]?.disabled, undefined)
      t.truthy(config[EXT_AUTHZ]?.check_settings)
      t.is(route?.timeout, '0s', 'streams must not be cut')
      const byCaller = [{ header: { header_name: 'x-user-id' } }]
      t.deepEqual(route?.hash_policy, byCaller, 'one bridge has all that is a person’s')
      t.true(remove.includes('x-gateway-hop'), 'bridges alone pass requests on')
      t.truthy(match.path, 'only an exact path leads to a service')
      t.false(RATE_LIMIT in config, 'who is let in is not counted by address')
    }
  })

  test(`${layout} layout: what is public leads to the authorization server or nowhere`, (t) => {
    const routes = hostsOf(environment).flatMap(({ routes }) => routes)
    const open = routes.filter(({ typed_per_filter_config: config }) => config[EXT_AUTHZ]?.disabled)
    t.true(open.every(({ route }) => route === undefined || route.cluster === 'oauth_server'))
    for (const { typed_per_filter_config: config } of open.filter(({ route }) => route)) {
      t.truthy(config[BUFFER], 'no connection to it is held by a body that never ends')
      t.truthy(config[RATE_LIMIT], 'no address has it for itself')
    }
  })

  test(`${layout} layout: the last host takes whatever is not ours`, (t) => {
    const last = hostsOf(environment).at(-1)
    t.deepEqual(last?.domains, ['*'])
    t.deepEqual(
      last?.routes.map(({ direct_response }) => direct_response?.status),
      [421, 421],
    )
  })
}

test('a factor of 0 switches the rate limit off', (t) => {
  const routes = hostsOf({}, 0).flatMap(({ routes }) => routes)
  t.false(routes.some(({ typed_per_filter_config: config }) => RATE_LIMIT in config))
})

test('browsers are bound to TLS, but not all programs of this machine', (t) => {
  const addedWith = (environment: Record<string, string>): string => {
    const gateway = readGateway(environment, '/nonexistent')
    const rendered = renderRoutes(gateway, 1)
    return JSON.stringify(
      (rendered as { response_headers_to_add: unknown }).response_headers_to_add,
    )
  }
  t.regex(addedWith({ PUBLIC_URL: 'https://gw.example' }), /strict-transport-security/)
  t.notRegex(addedWith({ PUBLIC_URL: 'https://localhost:8642' }), /strict-transport-security/)
  t.notRegex(addedWith({}), /strict-transport-security/)
})

test('a host may name the scheme’s own port', (t) => {
  const [issuer] = hostsOf({ PUBLIC_URL: 'https://gw.example' })
  t.deepEqual(issuer?.domains, ['gw.example', 'gw.example:443'])
})
