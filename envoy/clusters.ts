/** The upstreams: the three rooms, each on a unix socket that nobody else can reach. */

export const CLUSTERS = {
  oauthServer: 'oauth_server',
  bridge: 'mcp_bridge',
  extAuthz: 'ext_authz',
} as const

export interface RoomSockets {
  readonly oauthServer: string
  readonly bridge: string
  readonly extAuthz: string
}

const CLUSTER_TYPE = 'type.googleapis.com/envoy.config.cluster.v3.Cluster'
const HTTP_OPTIONS = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions'

/** Below the rooms' own keep-alive: a connection is closed by the side that can see it idle. */
const UPSTREAM_IDLE = '60s'

/** Each open event stream holds one connection to the bridge. */
const STREAMS_MAX = 20_000

export function renderClusters(sockets: RoomSockets): object[] {
  return [
    {
      ...roomCluster(CLUSTERS.oauthServer, sockets.oauthServer),
      ...http1Options(),
    },
    {
      ...roomCluster(CLUSTERS.bridge, sockets.bridge),
      ...http1Options(),
      circuit_breakers: {
        thresholds: [
          {
            max_connections: STREAMS_MAX,
            max_requests: STREAMS_MAX,
            max_pending_requests: STREAMS_MAX,
          },
        ],
      },
    },
    extAuthzCluster(sockets.extAuthz),
  ]
}

function roomCluster(name: string, socket: string): object {
  return {
    '@type': CLUSTER_TYPE,
    name,
    type: 'STATIC',
    connect_timeout: '1s',
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: { pipe: { path: socket } } } }] }],
    },
  }
}

function http1Options(): object {
  return {
    typed_extension_protocol_options: {
      [HTTP_OPTIONS]: {
        '@type': `type.googleapis.com/${HTTP_OPTIONS}`,
        common_http_protocol_options: { idle_timeout: UPSTREAM_IDLE },
        explicit_http_config: { http_protocol_options: {} },
      },
    },
  }
}

/** Not asked while it does not serve: without a healthy one a request is refused at once, with 503. */
function extAuthzCluster(socket: string): object {
  return {
    ...roomCluster(CLUSTERS.extAuthz, socket),
    common_lb_config: { healthy_panic_threshold: { value: 0 } },
    health_checks: [
      {
        timeout: '1s',
        interval: '1s',
        no_traffic_interval: '0.25s',
        no_traffic_healthy_interval: '2s',
        unhealthy_interval: '0.25s',
        unhealthy_threshold: 3,
        healthy_threshold: 1,
        grpc_health_check: { service_name: 'envoy.service.auth.v3.Authorization' },
      },
    ],
    typed_extension_protocol_options: {
      [HTTP_OPTIONS]: {
        '@type': `type.googleapis.com/${HTTP_OPTIONS}`,
        explicit_http_config: {
          http2_protocol_options: { connection_keepalive: { interval: '30s', timeout: '5s' } },
        },
      },
    },
  }
}
