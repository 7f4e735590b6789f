/**
 * The upstreams: the three rooms, each process on a unix socket that nobody else can reach.
 *
 * Of a room's processes the one with the fewest requests gets the next; of the bridge's the one that has the
 * caller's sessions. One that is gone, or does not answer three times in a row, gets none for a while; how much
 * may wait for a room has a bound.
 */

import { CHECK_RETRY } from './retries.ts'

export const CLUSTERS = {
  oauthServer: 'oauth_server',
  bridge: 'mcp_bridge',
  extAuthz: 'ext_authz',
} as const

/** For each room, one for each of its processes. */
export interface RoomSockets {
  readonly oauthServer: readonly string[]
  readonly bridge: readonly string[]
  readonly extAuthz: readonly string[]
}

const CLUSTER_TYPE = 'type.googleapis.com/envoy.config.cluster.v3.Cluster'
const HTTP_OPTIONS = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions'

/** Below the rooms' own keep-alive: a connection is closed by the side that can see it idle. */
const UPSTREAM_IDLE = '60s'

/** Each open event stream holds one connection to the bridge. */
const STREAMS_MAX = 20_000

/** A decision takes a fraction of a millisecond: whoever waits behind so many would be refused anyway. */
const CHECKS_MAX = 4096

/** A page or a token takes milliseconds; behind so many nobody gets one in time. */
const AUTHORIZATION_REQUESTS_MAX = 1024

/**
 * Of an answer, read and not sent yet: beyond it Envoy reads on only once its caller has. What it has read the rooms
 * take for sent, so no bound of theirs counts it: at Envoy's own 1 MiB some two thousand answers fill its memory.
 */
const UNSENT_BYTES = 32_768

/** Often enough that a process that has come back is not waited for. */
const HEALTH_CHECK = {
  timeout: '1s',
  interval: '1s',
  no_traffic_interval: '0.25s',
  no_traffic_healthy_interval: '2s',
  unhealthy_interval: '0.25s',
  unhealthy_threshold: 3,
  healthy_threshold: 1,
} as const

/**
 * Who is healthy is known to the threads that choose as soon as Envoy finds it out. By default it tells them once a
 * second: until then they go on asking a process that has gone, and do not ask the one that has come.
 */
const TOLD_AT_ONCE = { update_merge_window: '0s' } as const

export function renderClusters(sockets: RoomSockets): object[] {
  return [
    {
      ...roomCluster(CLUSTERS.oauthServer, sockets.oauthServer),
      ...http1Options(),
      ...http1Health(),
      ...atMost(AUTHORIZATION_REQUESTS_MAX),
    },
    {
      ...roomCluster(CLUSTERS.bridge, sockets.bridge),
      // By the route's hash of the caller. Who is sent elsewhere meanwhile is passed on by the bridge.
      lb_policy: 'RING_HASH',
      ...http1Options(),
      ...http1Health(),
      ...atMost(STREAMS_MAX),
    },
    extAuthzCluster(sockets.extAuthz),
  ]
}

/** An upstream on unix sockets, one for each of its processes. */
export function socketCluster(name: string, ...sockets: readonly string[]): object {
  const endpoints = sockets.map((path) => ({ endpoint: { address: { pipe: { path } } } }))
  return {
    '@type': CLUSTER_TYPE,
    name,
    type: 'STATIC',
    connect_timeout: '1s',
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: endpoints }] },
  }
}

function roomCluster(name: string, sockets: readonly string[]): object {
  return {
    ...socketCluster(name, ...sockets),
    per_connection_buffer_limit_bytes: UNSENT_BYTES,
    lb_policy: 'LEAST_REQUEST',
    outlier_detection: {
      // What a room answers is its own business, 503 included: only silence tells that it is ill.
      split_external_local_origin_errors: true,
      consecutive_local_origin_failure: 3,
      consecutive_5xx: 0,
      consecutive_gateway_failure: 0,
      interval: '1s',
      base_ejection_time: '1s',
      max_ejection_time: '5s',
      // Never all of a room: who is left has to be asked.
      max_ejection_percent: 50,
    },
  }
}

/** Retries have the same bound: when a process ends, all that it was asked is asked again. */
function atMost(requests: number): object {
  return {
    circuit_breakers: {
      thresholds: [
        {
          max_connections: requests,
          max_pending_requests: requests,
          max_requests: requests,
          max_retries: requests,
        },
      ],
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

/** While none is healthy all are asked: a room whose store is away says so in its own words. */
function http1Health(): object {
  return {
    common_lb_config: { healthy_panic_threshold: { value: 1 }, ...TOLD_AT_ONCE },
    health_checks: [
      { ...HEALTH_CHECK, http_health_check: { host: 'localhost', path: '/healthz' } },
    ],
  }
}

/** Not asked while it does not serve: without a healthy one a request is refused at once, with 503. */
function extAuthzCluster(sockets: readonly string[]): object {
  return {
    ...roomCluster(CLUSTERS.extAuthz, sockets),
    ...atMost(CHECKS_MAX),
    common_lb_config: { healthy_panic_threshold: { value: 0 }, ...TOLD_AT_ONCE },
    health_checks: [
      {
        ...HEALTH_CHECK,
        grpc_health_check: { service_name: 'envoy.service.auth.v3.Authorization' },
      },
    ],
    typed_extension_protocol_options: {
      [HTTP_OPTIONS]: {
        '@type': `type.googleapis.com/${HTTP_OPTIONS}`,
        retry_policy: CHECK_RETRY,
        explicit_http_config: {
          http2_protocol_options: {
            connection_keepalive: { interval: '30s', timeout: '5s' },
            // On a socket of this machine bytes are cheaper than the work to save them.
            enable_huffman_encoding: false,
          },
        },
      },
    },
  }
}
