/**
 * Plain HTTP, beside the TLS listener: an authority's challenges are answered, everything else is sent to
 * https. Where it is sent is ours, never what the caller's Host says.
 */

import type { Gateway } from '../lib/catalogue/gateway.ts'
import { plainLogs } from './access-log.ts'
import { FILES, fileSource } from './bootstrap.ts'
import { socketCluster } from './clusters.ts'
import { addressesReadOneWay, callersBelievedNothing } from './connection-manager.ts'
import { ROUTER_FILTER } from './filters.ts'
import { requestIdInAnswers } from './request-id.ts'

export const PLAIN_ROUTES = 'plain'
const CHALLENGES = 'certs'

const TYPE = 'type.googleapis.com'
const CONNECTION_MANAGER = 'envoy.filters.network.http_connection_manager'

export interface PlainListenerOptions {
  readonly folder: string
  readonly addresses: readonly string[]
  readonly port: number
}

export function renderPlainListener({ folder, addresses, port }: PlainListenerOptions): object {
  const [first = '127.0.0.1', ...others] = addresses
  const addressOf = (address: string): object => ({ socket_address: { address, port_value: port } })
  return {
    '@type': `${TYPE}/envoy.config.listener.v3.Listener`,
    name: 'plain',
    address: addressOf(first),
    additional_addresses: others.map((address) => ({ address: addressOf(address) })),
    per_connection_buffer_limit_bytes: 32_768,
    filter_chains: [
      { filters: [{ name: CONNECTION_MANAGER, typed_config: connectionManager(folder) }] },
    ],
  }
}

/** Nobody has reason to stay, or to send much. */
function connectionManager(folder: string): object {
  return {
    '@type': `${TYPE}/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: 'plain',
    codec_type: 'HTTP1',
    rds: { route_config_name: PLAIN_ROUTES, config_source: fileSource(folder, FILES.plainRoutes) },
    ...callersBelievedNothing(),
    ...addressesReadOneWay(),
    max_request_headers_kb: 16,
    common_http_protocol_options: {
      headers_with_underscores_action: 'REJECT_REQUEST',
      idle_timeout: '10s',
      max_connection_duration: '60s',
      max_headers_count: 100,
    },
    request_headers_timeout: '10s',
    request_timeout: '10s',
    stream_idle_timeout: '10s',
    http_filters: [
      {
        name: ROUTER_FILTER,
        typed_config: {
          '@type': `${TYPE}/envoy.extensions.filters.http.router.v3.Router`,
          suppress_envoy_headers: true,
        },
      },
    ],
    access_log: plainLogs(),
  }
}

/** `challenges`: whether an authority's challenges are answered here. */
export function renderPlainRoutes(
  { addresses, services }: Pick<Gateway, 'addresses' | 'services'>,
  { port, challenges }: { readonly port: number; readonly challenges: boolean },
): object {
  const hosts = [addresses.issuerHost, ...[...services.keys()].map(addresses.hostOf)]
  const answered = challenges ? [challengeRoute()] : []
  return {
    '@type': `${TYPE}/envoy.config.route.v3.RouteConfiguration`,
    name: PLAIN_ROUTES,
    response_headers_to_add: [requestIdInAnswers()],
    virtual_hosts: [
      ...[...new Set(hosts)].map((host) => ({
        name: host,
        domains: domainsOf(host, port),
        routes: [...answered, redirectRoute(host)],
      })),
      {
        name: 'misdirected',
        domains: ['*'],
        // A name that was added just now has to be proved before it is known here.
        routes: [...answered, misdirectedRoute(addresses.issuer)],
      },
    ],
  }
}

/** By plain HTTP a host is named with this port, or with none where that is the scheme's own. */
function domainsOf(host: string, port: number): string[] {
  const { hostname } = new URL(`https://${host}`)
  return [...new Set([hostname, `${hostname}:80`, `${hostname}:${port}`])]
}

function challengeRoute(): object {
  return {
    match: { prefix: '/.well-known/acme-challenge/' },
    route: { cluster: CHALLENGES, timeout: '5s' },
  }
}

/** 308, so that a POST stays one. */
function redirectRoute(host: string): object {
  const { hostname, port } = new URL(`https://${host}`)
  return {
    match: { prefix: '/' },
    redirect: {
      scheme_redirect: 'https',
      host_redirect: hostname,
      ...(port !== '' && { port_redirect: Number(port) }),
      response_code: 'PERMANENT_REDIRECT',
    },
  }
}

function misdirectedRoute(issuer: string): object {
  const body = {
    error: 'misdirected_request',
    error_description: `this gateway answers to ${issuer} only: use that address`,
  }
  return {
    match: { prefix: '/' },
    direct_response: { status: 421, body: { inline_string: `${JSON.stringify(body)}\n` } },
    response_headers_to_add: [
      {
        header: { key: 'content-type', value: 'application/json' },
        append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
      },
    ],
  }
}

/** The certificates' room, which answers challenges. */
export function renderChallengeCluster(socket: string): object {
  return socketCluster(CHALLENGES, socket)
}
