/**
 * Figures for Prometheus, on this machine alone: Envoy's own at `/metrics/envoy`, those of each ext-authz
 * process at `/metrics/ext-authz-1`, `-2` …, those of certificates at `/metrics/certs`. A listener of its
 * own, so that no route of the public one can ever lead here.
 */

export interface MetricsOptions {
  readonly port: number
  readonly adminPort: number
  /** In the order of the processes. */
  readonly extAuthzSockets: readonly string[]
  /** Undefined without TLS. */
  readonly certsSocket?: string | undefined
}

interface Source {
  readonly path: string
  readonly cluster: string
  readonly address: object
  /** Where the upstream has its figures. */
  readonly upstreamPath: string
}

const TYPE = 'type.googleapis.com'
const LOOPBACK = '127.0.0.1'
/** A web page that points its own name at this machine is none of these. */
const HOSTS = ['localhost', LOOPBACK, '[::1]']

export function renderMetricsListener(options: MetricsOptions): object {
  return {
    '@type': `${TYPE}/envoy.config.listener.v3.Listener`,
    name: 'metrics',
    address: socketAddress(options.port),
    // Full up is when the figures matter.
    ignore_global_conn_limit: true,
    bypass_overload_manager: true,
    filter_chains: [
      {
        filters: [
          {
            name: 'envoy.filters.network.http_connection_manager',
            typed_config: connectionManager(sourcesOf(options)),
          },
        ],
      },
    ],
  }
}

export function renderMetricsClusters(options: MetricsOptions): object[] {
  return sourcesOf(options).map(({ cluster, address }) => ({
    '@type': `${TYPE}/envoy.config.cluster.v3.Cluster`,
    name: cluster,
    type: 'STATIC',
    connect_timeout: '1s',
    load_assignment: {
      cluster_name: cluster,
      endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }],
    },
  }))
}

function sourcesOf({ adminPort, extAuthzSockets, certsSocket }: MetricsOptions): Source[] {
  return [
    {
      path: '/metrics/envoy',
      cluster: 'envoy_admin',
      address: socketAddress(adminPort),
      upstreamPath: '/stats/prometheus',
    },
    ...extAuthzSockets.map((path, index) => ({
      path: `/metrics/ext-authz-${index + 1}`,
      cluster: `ext_authz_admin_${index + 1}`,
      address: { pipe: { path } },
      upstreamPath: '/metrics',
    })),
    ...(certsSocket === undefined ? [] : [certsSource(certsSocket)]),
  ]
}

function certsSource(path: string): Source {
  const address = { pipe: { path } }
  return { path: '/metrics/certs', cluster: 'certs_metrics', address, upstreamPath: '/metrics' }
}

function connectionManager(sources: readonly Source[]): object {
  return {
    '@type': `${TYPE}/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: 'metrics',
    server_header_transformation: 'PASS_THROUGH',
    normalize_path: true,
    strip_any_host_port: true,
    request_headers_timeout: '10s',
    request_timeout: '10s',
    stream_idle_timeout: '30s',
    route_config: {
      name: 'metrics',
      virtual_hosts: [
        { name: 'loopback', domains: HOSTS, routes: [...sources.map(sourceRoute), refusal(404)] },
        { name: 'misdirected', domains: ['*'], routes: [refusal(421)] },
      ],
    },
    http_filters: [
      {
        name: 'envoy.filters.http.router',
        typed_config: { '@type': `${TYPE}/envoy.extensions.filters.http.router.v3.Router` },
      },
    ],
  }
}

/** GET alone: the admin page acts on POST. */
function sourceRoute({ path, cluster, upstreamPath }: Source): object {
  return {
    match: { path, headers: [{ name: ':method', string_match: { exact: 'GET' } }] },
    route: { cluster, prefix_rewrite: upstreamPath, timeout: '10s' },
  }
}

function refusal(status: number): object {
  return { match: { prefix: '/' }, direct_response: { status } }
}

function socketAddress(port: number): object {
  return { socket_address: { address: LOOPBACK, port_value: port } }
}
