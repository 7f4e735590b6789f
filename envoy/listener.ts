/** The public listener: limits, what is stripped before anything else, and the filters in order. */

import { FILES, fileSource } from './bootstrap.ts'
import { CLUSTERS } from './clusters.ts'
import { BUFFER_FILTER, CORS_FILTER, EXT_AUTHZ_FILTER, FORM_BYTES_MAX, ROUTES } from './routes.ts'
import { tlsSocket } from './tls.ts'

export interface ListenerOptions {
  readonly folder: string
  readonly addresses: readonly string[]
  readonly port: number
  readonly secure: boolean
}

const TYPE = 'type.googleapis.com'
const CONNECTION_MANAGER = 'envoy.filters.network.http_connection_manager'
const ROUTER = 'envoy.filters.http.router'

/** Headers that only the edge may set. Removed before routing, tracing and every filter. */
const OURS_ALONE = ['x-user-', 'x-auth-', 'x-gateway-']

export function renderListener(options: ListenerOptions): object {
  const [first = '127.0.0.1', ...others] = options.addresses
  const addressOf = (address: string): object => ({
    socket_address: { address, port_value: options.port },
  })
  return {
    '@type': `${TYPE}/envoy.config.listener.v3.Listener`,
    name: 'public',
    address: addressOf(first),
    additional_addresses: others.map((address) => ({ address: addressOf(address) })),
    per_connection_buffer_limit_bytes: 32_768,
    filter_chains: [
      {
        filters: [{ name: CONNECTION_MANAGER, typed_config: connectionManager(options.folder) }],
        ...(options.secure ? { transport_socket: tlsSocket(options.folder) } : {}),
      },
    ],
  }
}

function connectionManager(folder: string): object {
  return {
    '@type': `${TYPE}/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: 'public',
    rds: { route_config_name: ROUTES, config_source: fileSource(folder, FILES.routes) },
    // We are the edge: addresses and request ids of callers are not believed.
    use_remote_address: true,
    always_set_request_id_in_response: true,
    normalize_path: true,
    merge_slashes: true,
    path_with_escaped_slashes_action: 'REJECT_REQUEST',
    common_http_protocol_options: {
      // `X_User_Id` must not become somebody's `X-User-Id` further up.
      headers_with_underscores_action: 'REJECT_REQUEST',
      idle_timeout: '3600s',
      max_headers_count: 100,
    },
    http2_protocol_options: {
      max_concurrent_streams: 100,
      initial_stream_window_size: 65_536,
      initial_connection_window_size: 1_048_576,
    },
    request_headers_timeout: '10s',
    // Until the last byte of the body is here; what is answered may take as long as it likes.
    request_timeout: '30s',
    stream_idle_timeout: '300s',
    early_header_mutation_extensions: [
      {
        name: 'envoy.http.early_header_mutation.header_mutation',
        typed_config: {
          '@type': `${TYPE}/envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation`,
          mutations: OURS_ALONE.map((prefix) => ({
            remove_on_match: { key_matcher: { prefix, ignore_case: true } },
          })),
        },
      },
    ],
    http_filters: [
      {
        name: CORS_FILTER,
        typed_config: { '@type': `${TYPE}/envoy.extensions.filters.http.cors.v3.Cors` },
      },
      { name: EXT_AUTHZ_FILTER, typed_config: extAuthz() },
      // For the routes that ask for it.
      { name: BUFFER_FILTER, disabled: true, typed_config: wholeBodies() },
      {
        name: ROUTER,
        typed_config: {
          '@type': `${TYPE}/envoy.extensions.filters.http.router.v3.Router`,
          suppress_envoy_headers: true,
        },
      },
    ],
    access_log: [accessLog()],
    local_reply_config: localReplies(),
  }
}

/** Fails closed: no answer, a late one or one we cannot read is 503. */
function extAuthz(): object {
  const exactly = (exact: string): object => ({ exact, ignore_case: true })
  return {
    '@type': `${TYPE}/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz`,
    transport_api_version: 'V3',
    failure_mode_allow: false,
    status_on_error: { code: 'ServiceUnavailable' },
    validate_mutations: true,
    // Two Authorization headers arrive as two, not joined by a comma.
    encode_raw_headers: true,
    clear_route_cache: false,
    allowed_headers: { patterns: ['authorization', 'origin', 'x-request-id'].map(exactly) },
    decoder_header_mutation_rules: {
      disallow_all: true,
      allow_expression: {
        regex: '^(x-user-[a-z-]+|x-auth-[a-z-]+|authorization|proxy-authorization|cookie)$',
      },
      disallow_is_error: true,
    },
    grpc_service: {
      timeout: '1s',
      envoy_grpc: {
        cluster_name: CLUSTERS.extAuthz,
        authority: 'ext-authz',
        skip_envoy_headers: true,
      },
      retry_policy: { num_retries: 1, retry_on: 'connect-failure,refused-stream,unavailable' },
    },
  }
}

function wholeBodies(): object {
  return {
    '@type': `${TYPE}/envoy.extensions.filters.http.buffer.v3.Buffer`,
    max_request_bytes: FORM_BYTES_MAX,
  }
}

/** One JSON line a request, without query (it may hold codes) and without any header of the caller's. */
function accessLog(): object {
  return {
    name: 'envoy.access_loggers.stdout',
    typed_config: {
      '@type': `${TYPE}/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog`,
      log_format: {
        json_format: {
          level: 'info',
          time: '%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%',
          name: 'envoy',
          msg: 'request',
          request_id: '%REQ(X-REQUEST-ID)%',
          method: '%REQ(:METHOD)%',
          path: '%PATH(NQ:PATH)%',
          status: '%RESPONSE_CODE%',
          details: '%RESPONSE_CODE_DETAILS%',
          took_ms: '%DURATION%',
        },
      },
    },
  }
}

/** What Envoy says itself when a room is away, or a body never ends: in the words and form of the rest. */
function localReplies(): object {
  const inWords = (error: string, words: string): object => ({
    body_format_override: { json_format: { error, error_description: words } },
  })
  const status = (value: number): object => ({
    status_code_filter: {
      comparison: { op: 'EQ', value: { default_value: value, runtime_key: 'x' } },
    },
  })
  const retryAfter = {
    header: { key: 'retry-after', value: '1' },
    append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
  }
  return {
    mappers: [
      {
        filter: {
          and_filter: {
            filters: [
              status(503),
              { response_flag_filter: { flags: ['UF', 'UH', 'UC', 'UO', 'URX', 'UAEX'] } },
            ],
          },
        },
        headers_to_add: [retryAfter],
        ...inWords(
          'temporarily_unavailable',
          'a part of the gateway cannot be asked at this moment; try again',
        ),
      },
      { filter: status(503), headers_to_add: [retryAfter] },
      { filter: status(408), ...inWords('invalid_request', 'the request did not arrive in time') },
      { filter: status(413), ...inWords('invalid_request', 'the body is too large') },
    ],
  }
}
