/**
 * Envoy's part of a trace: it begins each one, decides whether it is recorded, and is everybody's parent.
 *
 * A stranger's `traceparent` is taken off before that (`connection-manager.ts`): whoever could join our traces could
 * also have each of its requests recorded. What Envoy would say of a request by itself includes the whole query,
 * which may hold codes: it is cut to nothing, and the path stands in a tag of ours.
 */

import { isIP } from 'node:net'
import { getCACertificates } from 'node:tls'
import { resourceOf, type TracingSettings } from '../lib/platform/tracing/settings.ts'

export interface EdgeTracing extends TracingSettings {
  /** Of what the collector wants in each export; the values are in Envoy's environment, in the same order. */
  readonly headerNames: readonly string[]
}

const TYPE = 'type.googleapis.com'
const CLUSTER = 'otlp_collector'
const ROOM = 'envoy'
const HTTP_OPTIONS = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions'

/** Of the connection manager. */
export function renderTracing(tracing: EdgeTracing): object {
  const { 'service.name': serviceName = '', ...attributes } = resourceOf(tracing, ROOM)
  return {
    // `x-client-trace-id` would have a request recorded.
    client_sampling: { value: 0 },
    random_sampling: { value: tracing.ratio * 100 },
    max_path_tag_length: 0,
    operation: '%REQ(:METHOD)% %ROUTE_NAME%',
    custom_tags: [
      { tag: 'url.path', value: '%PATH(NQ:PATH)%' },
      { tag: 'mcp_gateway.request', value: '%REQ(X-REQUEST-ID)%' },
    ],
    provider: {
      name: 'envoy.tracers.opentelemetry',
      typed_config: {
        '@type': `${TYPE}/envoy.config.trace.v3.OpenTelemetryConfig`,
        service_name: serviceName,
        ...renderExporter(tracing),
        resource_detectors: [
          {
            name: 'envoy.tracers.opentelemetry.resource_detectors.static_config',
            typed_config: {
              '@type': `${TYPE}/envoy.extensions.tracers.opentelemetry.resource_detectors.v3.StaticConfigResourceDetectorConfig`,
              attributes,
            },
          },
        ],
      },
    },
  }
}

/** Over HTTP it is protobuf in any case: Envoy has no other, and collectors take both at one address. */
function renderExporter({ endpoint, protocol, timeoutMs }: EdgeTracing): object {
  const timeout = `${timeoutMs / 1000}s`
  return protocol === 'grpc'
    ? {
        grpc_service: {
          timeout,
          envoy_grpc: { cluster_name: CLUSTER, authority: endpoint.host },
        },
      }
    : { http_service: { http_uri: { uri: endpoint.href, cluster: CLUSTER, timeout } } }
}

/** Where the collector is. What it does not take in time is dropped. */
export function renderTracingCluster(tracing: EdgeTracing): object {
  const { endpoint, protocol } = tracing
  const isSecure = endpoint.protocol === 'https:'
  const address = endpoint.hostname.replace(/^\[(.*)\]$/, '$1')
  const port = endpoint.port === '' ? defaultPort(isSecure) : Number(endpoint.port)
  const socketAddress = { socket_address: { address, port_value: port } }
  return {
    '@type': `${TYPE}/envoy.config.cluster.v3.Cluster`,
    name: CLUSTER,
    type: 'STRICT_DNS',
    dns_lookup_family: 'ALL',
    connect_timeout: '5s',
    load_assignment: {
      cluster_name: CLUSTER,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress } }] }],
    },
    typed_extension_protocol_options: renderProtocol(tracing),
    ...(isSecure ? { transport_socket: tlsTo(address, protocol === 'grpc') } : {}),
  }
}

/** The headers are added here, where values may come from the environment over gRPC too. */
function renderProtocol({ protocol, headerNames }: EdgeTracing): object {
  const mutations = headerNames.map((key, index) => ({
    append: {
      header: { key, value: `%ENVIRONMENT(ENVOY_OTLP_HEADER_${index + 1})%` },
      append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
    },
  }))
  return {
    [HTTP_OPTIONS]: {
      '@type': `${TYPE}/${HTTP_OPTIONS}`,
      explicit_http_config:
        protocol === 'grpc' ? { http2_protocol_options: {} } : { http_protocol_options: {} },
      http_filters: [
        {
          name: 'envoy.filters.http.header_mutation',
          typed_config: {
            '@type': `${TYPE}/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation`,
            mutations: { request_mutations: mutations },
          },
        },
        {
          name: 'envoy.filters.http.upstream_codec',
          typed_config: {
            '@type': `${TYPE}/envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec`,
          },
        },
      ],
    },
  }
}

function defaultPort(isSecure: boolean): number {
  return isSecure ? 443 : 80
}

/** Trusts whom Node trusts, `NODE_EXTRA_CA_CERTS` included: rooms and Envoy must agree on who is the collector. */
function tlsTo(host: string, isHttp2: boolean): object {
  const isAddress = isIP(host) !== 0
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': `${TYPE}/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext`,
      ...(isAddress ? {} : { sni: host }),
      common_tls_context: {
        ...(isHttp2 ? { alpn_protocols: ['h2'] } : {}),
        validation_context: {
          trusted_ca: { inline_string: getCACertificates('default').join('\n') },
          match_typed_subject_alt_names: [
            { san_type: isAddress ? 'IP_ADDRESS' : 'DNS', matcher: { exact: host } },
          ],
        },
      },
    },
  }
}
