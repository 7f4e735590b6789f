/** HTTP at the public edge: what is refused or removed before any route is looked for, and every limit. */

import type { Addresses } from '../lib/catalogue/addresses.ts'
import { decisionLogs } from './access-log.ts'
import { FILES, fileSource } from './bootstrap.ts'
import { extAuthzFilter } from './ext-authz-filter.ts'
import { BUFFER_FILTER, CORS_FILTER, EXT_AUTHZ_FILTER, ROUTER_FILTER } from './filters.ts'
import { HEADERS_MAX, HEADERS_OF_OURS } from './header-bounds.ts'
import { localReplies } from './local-replies.ts'
import { rateLimitFilter } from './rate-limit.ts'
import { FORM_BYTES_MAX, ROUTES } from './routes.ts'
import { type EdgeTracing, renderTracing } from './tracing.ts'

const TYPE = 'type.googleapis.com/envoy.extensions.filters.http'

/**
 * How headers begin that only the edge may set, or that an upstream might believe although nobody here
 * sets them; with a dot too, as there are servers to which that is the same. Removed before routing,
 * tracing and every filter.
 */
const OURS_ALONE = [
  ...['x-user', 'x-auth', 'x-gateway', 'x.user', 'x.auth', 'x.gateway'],
  ...['x-envoy', 'x-forwarded', 'forwarded', 'x-original', 'x-rewrite'],
  // Which other gateways steer themselves by: one may stand behind us, as a remote service.
  ...['router-key', 'mcp-init-host', 'x-upstream-auth'],
]

/** W3C Trace Context: where traces are on and a caller is not to be joined. */
const TRACE_CONTEXT = ['traceparent', 'tracestate']

/** Tokens and the state of a login fit many times over; the rooms read what comes of it. */
const HEADERS_KIB_MAX = 32

/** An empty list would mean every private address: whose `x-envoy-` headers and request ids are believed. */
const NOBODY = { address_prefix: '0.0.0.0', prefix_len: 32 }

/** HTTP/2: as much as a browser uses, and nothing that costs us more than it costs the sender. */
const HTTP2_LIMITS = {
  max_concurrent_streams: 100,
  initial_stream_window_size: 65_536,
  initial_connection_window_size: 1_048_576,
  max_outbound_frames: 10_000,
  max_outbound_control_frames: 1000,
  max_consecutive_inbound_frames_with_empty_payload: 1,
  max_inbound_priority_frames_per_stream: 100,
  max_inbound_window_update_frames_per_data_frame_sent: 10,
  // One malformed request ends its own stream (RFC 9113 section 8.1.1), not the calls beside it.
  override_stream_error_on_invalid_http_message: true,
  allow_connect: false,
  allow_metadata: false,
  // A client that is gone frees its streams within a minute.
  connection_keepalive: { interval: '45s', timeout: '15s' },
}

export interface ConnectionManagerOptions {
  readonly folder: string
  readonly addresses: Addresses
  readonly rateLimitFactor: number
  /** Undefined where traces are off. */
  readonly tracing?: EdgeTracing | undefined
}

export function connectionManager(options: ConnectionManagerOptions): object {
  const { tracing } = options
  const isApart = tracing !== undefined && !tracing.joinsCallers
  const dropped = [...OURS_ALONE, ...(isApart ? TRACE_CONTEXT : [])]
  return {
    '@type':
      'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    stat_prefix: 'public',
    rds: { route_config_name: ROUTES, config_source: fileSource(options.folder, FILES.routes) },
    ...callersBelievedNothing(),
    ...addressesReadOneWay(),
    ...limits(),
    early_header_mutation_extensions: [
      {
        name: 'envoy.http.early_header_mutation.header_mutation',
        typed_config: {
          '@type':
            'type.googleapis.com/envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation',
          mutations: dropped.map((prefix) => ({
            remove_on_match: { key_matcher: { prefix, ignore_case: true } },
          })),
        },
      },
    ],
    http_filters: httpFilters(options.rateLimitFactor),
    access_log: decisionLogs(),
    ...(tracing === undefined ? {} : { tracing: renderTracing(tracing) }),
    local_reply_config: localReplies(options.addresses),
  }
}

/** We are the edge: addresses, request ids and being internal are not for callers to say. */
export function callersBelievedNothing(): object {
  return {
    use_remote_address: true,
    xff_num_trusted_hops: 0,
    internal_address_config: { unix_sockets: false, cidr_ranges: [NOBODY] },
    // Answers carry what the rooms say, not what stands in front of them.
    server_header_transformation: 'PASS_THROUGH',
  }
}

/** A path or host that two readers could take for two things is refused or made one. */
export function addressesReadOneWay(): object {
  return {
    normalize_path: true,
    merge_slashes: true,
    path_with_escaped_slashes_action: 'REJECT_REQUEST',
    strip_trailing_host_dot: true,
  }
}

function limits(): object {
  return {
    max_request_headers_kb: HEADERS_KIB_MAX,
    common_http_protocol_options: {
      // `X_User_Id` must not become somebody's `X-User-Id` further up.
      headers_with_underscores_action: 'REJECT_REQUEST',
      // Between requests: longer than a browser waits, too short to collect connections.
      idle_timeout: '180s',
      max_headers_count: HEADERS_MAX + HEADERS_OF_OURS,
    },
    http_protocol_options: { allow_chunked_length: false, enable_trailers: false },
    http2_protocol_options: HTTP2_LIMITS,
    request_headers_timeout: '10s',
    // Until the last byte of the body is here; public routes give less, answers may take as long as they like.
    request_timeout: '300s',
    stream_idle_timeout: '300s',
    stream_flush_timeout: '60s',
  }
}

function httpFilters(rateLimitFactor: number): object[] {
  return [
    { name: CORS_FILTER, typed_config: { '@type': `${TYPE}.cors.v3.Cors` } },
    rateLimitFilter(rateLimitFactor),
    { name: EXT_AUTHZ_FILTER, typed_config: extAuthzFilter() },
    {
      name: BUFFER_FILTER,
      // For the routes that ask for it.
      disabled: true,
      typed_config: { '@type': `${TYPE}.buffer.v3.Buffer`, max_request_bytes: FORM_BYTES_MAX },
    },
    {
      name: ROUTER_FILTER,
      typed_config: { '@type': `${TYPE}.router.v3.Router`, suppress_envoy_headers: true },
    },
  ]
}
