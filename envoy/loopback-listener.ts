/**
 * A listener for this machine alone, which reads and never does: one for figures, one for the pages of
 * administration. Apart from the public one, so that no route of that can ever lead here.
 */

const TYPE = 'type.googleapis.com'
/** A web page that points its own name at this machine is none of these. */
const HOSTS = ['localhost', '127.0.0.1', '[::1]']

/** Of what Envoy tells by itself: a line for each of the processes there can be. */
const TOLD_BYTES_MAX = 65_536

export interface ListenerPlace {
  /** Of this machine's loopback, or of a container whose engine publishes it there alone. */
  readonly address: string
  readonly port: number
}

export interface LoopbackListener extends ListenerPlace {
  readonly name: string
  readonly routes: readonly object[]
}

export function renderLoopbackListener({ name, address, port, routes }: LoopbackListener): object {
  return {
    '@type': `${TYPE}/envoy.config.listener.v3.Listener`,
    name,
    address: { socket_address: { address, port_value: port } },
    // When everything is full is when somebody has to look.
    ignore_global_conn_limit: true,
    bypass_overload_manager: true,
    filter_chains: [
      {
        filters: [
          {
            name: 'envoy.filters.network.http_connection_manager',
            typed_config: connectionManager(name, routes),
          },
        ],
      },
    ],
  }
}

function connectionManager(name: string, routes: readonly object[]): object {
  return {
    '@type': `${TYPE}/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: name,
    server_header_transformation: 'PASS_THROUGH',
    normalize_path: true,
    strip_any_host_port: true,
    request_headers_timeout: '10s',
    request_timeout: '10s',
    stream_idle_timeout: '30s',
    route_config: {
      name,
      max_direct_response_body_size_bytes: TOLD_BYTES_MAX,
      virtual_hosts: [
        { name: 'loopback', domains: HOSTS, routes },
        {
          name: 'misdirected',
          domains: ['*'],
          routes: [refusal(421, 'this is for this machine alone: use 127.0.0.1')],
        },
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

/** GET alone, of exactly this path: what acts is asked for by POST. */
export function readingRoute(path: string, cluster: string, upstreamPath = path): object {
  return {
    match: { path, headers: [{ name: ':method', string_match: { exact: 'GET' } }] },
    route: { cluster, prefix_rewrite: upstreamPath, timeout: '10s' },
  }
}

/** GET alone: what Envoy itself tells, as JSON. */
export function tellingRoute(path: string, content: object): object {
  return {
    match: { path, headers: [{ name: ':method', string_match: { exact: 'GET' } }] },
    direct_response: { status: 200, body: { inline_string: JSON.stringify(content) } },
    response_headers_to_add: [
      {
        header: { key: 'content-type', value: 'application/json' },
        append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
      },
    ],
  }
}

export function refusal(status: number, words: string): object {
  return {
    match: { prefix: '/' },
    direct_response: { status, body: { inline_string: `${words}\n` } },
  }
}
