import test from 'ava'
import { renderListener } from '../../../envoy/listener.ts'
import { readGateway } from '../../../lib/catalogue/gateway.ts'

interface Filter {
  readonly name: string
  readonly disabled?: boolean
  readonly typed_config: {
    readonly validate_mutations?: boolean
    readonly decoder_header_mutation_rules?: {
      disallow_all: boolean
      disallow_is_error: boolean
      allow_expression: { regex: string }
    }
  }
}

interface Manager {
  readonly request_headers_timeout: string
  readonly request_timeout: string
  readonly upgrade_configs?: unknown
  readonly http2_protocol_options: { readonly allow_connect: boolean }
  readonly http_filters: Filter[]
  readonly early_header_mutation_extensions: {
    readonly typed_config: {
      readonly mutations: {
        readonly remove_on_match: { key_matcher: { prefix: string } }
      }[]
    }
  }[]
}

function manager(): Manager {
  const { addresses } = readGateway({}, '/nonexistent')
  const listener = renderListener({
    folder: '/nowhere',
    listenAddresses: ['127.0.0.1'],
    port: 1,
    addresses,
    rateLimitFactor: 1,
  }) as { filter_chains: { filters: { typed_config: Manager }[] }[] }
  const found = listener.filter_chains[0]?.filters[0]?.typed_config
  if (found === undefined) throw new Error('no connection manager')
  return found
}

test('a request has to arrive in a bounded time, headers and body', (t) => {
  t.is(manager().request_headers_timeout, '10s')
  t.is(manager().request_timeout, '300s')
})

test('bodies are buffered only where a route asks for it: MCP messages stream', (t) => {
  const names = manager().http_filters.map(({ name }) => name)
  t.is(names.at(-1), 'envoy.filters.http.router')
  const buffer = manager().http_filters.find(({ name }) => name === 'envoy.filters.http.buffer')
  t.true(buffer?.disabled)
  t.true(
    names.indexOf('envoy.filters.http.ext_authz') < names.indexOf('envoy.filters.http.buffer'),
    'who is not let in fills no buffer',
  )
})

test('the rate limit is off where no route asks for it', (t) => {
  const limit = manager().http_filters.find(({ name }) => name.endsWith('.local_ratelimit'))
  t.true(limit?.disabled)
})

test('nothing is tunnelled', (t) => {
  t.is(manager().upgrade_configs, undefined)
  t.false(manager().http2_protocol_options.allow_connect)
})

test('a decision changes the identity headers and takes credentials away, nothing else', (t) => {
  const filter = manager().http_filters.find(({ name }) => name.endsWith('.ext_authz'))
  t.true(filter?.typed_config.validate_mutations)
  const rules = filter?.typed_config.decoder_header_mutation_rules
  t.like(rules, { disallow_all: true, disallow_is_error: true }, 'what is not listed')
  const allowed = new RegExp(rules?.allow_expression.regex ?? '$.')
  for (const name of ['x-user-id', 'x-auth-expires', 'authorization', 'cookie']) {
    t.true(allowed.test(name), name)
  }
  for (const name of [':path', ':authority', 'host', 'x-gateway-edge', 'x-user-id-2', 'x-auth-x']) {
    t.false(allowed.test(name), name)
  }
})

test('what the edge alone may say is removed from every request', (t) => {
  const [extension] = manager().early_header_mutation_extensions
  const prefixes = extension?.typed_config.mutations.map(
    ({ remove_on_match: { key_matcher } }) => key_matcher.prefix,
  )
  const isRemoved = (name: string): boolean =>
    prefixes?.some((prefix) => name.startsWith(prefix)) ?? false
  for (const name of [
    'x-user-id',
    'x.user.id',
    'x-auth-whatever',
    'x-gateway-edge',
    'x-envoy-original-path',
    'x-forwarded-user',
    'x-original-url',
    'forwarded',
  ]) {
    t.true(isRemoved(name), name)
  }
  for (const name of ['authorization', 'origin', 'x-request-id', 'mcp-session-id', 'x-api-key']) {
    t.false(isRemoved(name), name)
  }
})
