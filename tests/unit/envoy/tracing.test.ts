import test from 'ava'
import { readEnvoyConfig } from '../../../envoy/config.ts'
import { renderFiles } from '../../../envoy/render.ts'
import { readGateway } from '../../../lib/catalogue/gateway.ts'

const ENVIRONMENT = {
  ENVOY_FOLDER: '/envoy',
  ENVOY_LISTEN_ADDRESSES: '127.0.0.1',
  OAUTH_SERVER_SOCKETS: '/o.sock',
  EXT_AUTHZ_SOCKETS: '/a.sock',
  MCP_BRIDGE_SOCKETS: '/b.sock',
  ENVOY_ADMIN_SOCKET: '/e.sock',
}

interface Manager {
  readonly tracing?: {
    readonly client_sampling: { readonly value: number }
    readonly random_sampling: { readonly value: number }
    readonly max_path_tag_length: number
  }
  readonly early_header_mutation_extensions: readonly {
    readonly typed_config: {
      readonly mutations: readonly {
        readonly remove_on_match: { readonly key_matcher: { readonly prefix: string } }
      }[]
    }
  }[]
}

function render(environment: Record<string, string>): {
  manager: Manager
  text: string
  dropped: readonly string[]
} {
  const all = { ...ENVIRONMENT, ...environment }
  const files = renderFiles(readGateway(all, '/nowhere'), readEnvoyConfig(all))
  const listeners = files.get('lds.json') as {
    resources: { filter_chains: { filters: { typed_config: Manager }[] }[] }[]
  }
  const manager = listeners.resources[0]?.filter_chains[0]?.filters[0]?.typed_config
  if (manager === undefined) throw new Error('no connection manager')
  const [extension] = manager.early_header_mutation_extensions
  return {
    manager,
    text: JSON.stringify([...files.values()]),
    dropped: (extension?.typed_config.mutations ?? []).map(
      ({ remove_on_match }) => remove_on_match.key_matcher.prefix,
    ),
  }
}

const ON = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }

test('off, nothing of a request is traced or touched', (t) => {
  const { manager, text, dropped } = render({ OTEL_SERVICE_NAME: 'gateway' })
  t.is(manager.tracing, undefined)
  t.false(text.includes('opentelemetry'))
  t.false(dropped.includes('traceparent'))
})

test('a stranger’s context is dropped, and nobody can have a request recorded', (t) => {
  const { manager, dropped } = render(ON)
  t.true(dropped.includes('traceparent'))
  t.true(dropped.includes('tracestate'))
  t.is(manager.tracing?.client_sampling.value, 0)
})

test('whoever is to be joined keeps it', (t) => {
  const { dropped } = render({ ...ON, TRACING_JOINS_CALLERS: 'true' })
  t.false(dropped.includes('traceparent'))
})

test('the share is Envoy’s, in percent; no query is in a span', (t) => {
  const sampler = { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' }
  const { manager } = render({ ...ON, ...sampler })
  t.is(manager.tracing?.random_sampling.value, 25)
  t.is(manager.tracing?.max_path_tag_length, 0)
})
