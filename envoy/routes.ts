/**
 * The routes of both layouts. A request is decided by ext-authz unless its route is on the short list
 * of public ones; a Host that is not ours gets 421 before any of them.
 */

import type { Gateway } from '../lib/catalogue/gateway.ts'
import { allowedOriginPattern } from '../lib/catalogue/origins.ts'
import { EDGE_SECRET_HEADER } from '../lib/oauth/identity-headers.ts'
import { AUTHORIZATION_SERVER_PATHS, AUTHORIZATION_SERVER_PREFIXES } from '../lib/oauth/paths.ts'
import type { Secret } from '../lib/platform/secret.ts'
import { CLUSTERS } from './clusters.ts'
import { strictTransportSecurity } from './tls.ts'

export const ROUTES = 'gateway'
export const EXT_AUTHZ_FILTER = 'envoy.filters.http.ext_authz'
export const CORS_FILTER = 'envoy.filters.http.cors'
export const BUFFER_FILTER = 'envoy.filters.http.buffer'

/** More than any form or registration that the authorization server reads. */
export const FORM_BYTES_MAX = 131_072

/** Listening streams stay open for hours; the bridge sends something each quarter of a minute. */
const MCP_IDLE = '3600s'
const AUTHORIZATION_SERVER_TIMEOUT = '30s'

const CORS_REQUEST_HEADERS =
  'authorization, content-type, accept, mcp-protocol-version, mcp-session-id, mcp-method, mcp-name, last-event-id'
const CORS_EXPOSED_HEADERS = 'WWW-Authenticate, Mcp-Session-Id, MCP-Protocol-Version'

/** Only what can be reached without a token may carry this. */
const PUBLIC = {
  [EXT_AUTHZ_FILTER]: {
    '@type': 'type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute',
    disabled: true,
  },
}

/**
 * Anybody may send here: a body that never ends must hold a buffer at the edge and no connection to the
 * authorization server, or a thousand of them would shut everybody out.
 */
const WHOLE_BODY = {
  '@type': 'type.googleapis.com/envoy.extensions.filters.http.buffer.v3.BufferPerRoute',
  buffer: { max_request_bytes: FORM_BYTES_MAX },
}

export function renderRoutes(gateway: Gateway, edgeSecret: Secret): object {
  const { addresses } = gateway
  const services = [...gateway.services.keys()]
  const mcp = (service: string): object[] => [
    preflightRoute(service, gateway),
    mcpRoute(service, gateway, edgeSecret),
  ]
  const onIssuer = addresses.layout === 'path' ? services.flatMap(mcp) : []
  const onOwnHosts = addresses.layout === 'host' ? services : []
  return {
    '@type': 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration',
    name: ROUTES,
    response_headers_to_add: strictTransportSecurity(addresses),
    virtual_hosts: [
      {
        name: 'issuer',
        domains: domainsOf(addresses.issuerHost, addresses.secure),
        routes: [...onIssuer, ...authorizationServerRoutes(), lostBrowser(), notFound(gateway)],
      },
      ...onOwnHosts.map((service) => ({
        name: `service-${service}`,
        domains: domainsOf(addresses.hostOf(service), addresses.secure),
        // Older clients look for the authorization server's metadata on the service's own host.
        routes: [...mcp(service), publicRoute({ prefix: '/.well-known/' }), notFound(gateway)],
      })),
      misdirected(gateway),
    ],
  }
}

/** A Host header may or may not name the scheme's own port. */
function domainsOf(host: string, secure: boolean): string[] {
  return /:\d+$/.test(host) ? [host] : [host, `${host}:${secure ? 443 : 80}`]
}

function mcpRoute(service: string, gateway: Gateway, edgeSecret: Secret): object {
  const path = gateway.addresses.pathOf(service)
  return {
    match: { path },
    route: {
      cluster: CLUSTERS.bridge,
      // The bridge knows one form of address, whatever the layout.
      ...(path === `/${service}/mcp` ? {} : { prefix_rewrite: `/${service}/mcp` }),
      timeout: '0s',
      idle_timeout: MCP_IDLE,
    },
    request_headers_to_add: [header(EDGE_SECRET_HEADER, edgeSecret.reveal())],
    typed_per_filter_config: {
      [EXT_AUTHZ_FILTER]: {
        '@type': 'type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute',
        check_settings: { context_extensions: { service } },
      },
      [CORS_FILTER]: corsPolicy(gateway),
    },
  }
}

/** Answers and refusals alike tell an allowed page that it may read them; others reach ext-authz's 403. */
function corsPolicy(gateway: Gateway): object {
  return {
    '@type': 'type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy',
    allow_origin_string_match: [{ safe_regex: { regex: allowedOriginPattern(gateway) } }],
    expose_headers: CORS_EXPOSED_HEADERS,
    // Browsers send bearer tokens by script, never as credentials of their own.
    allow_credentials: false,
    forward_not_matching_preflights: true,
  }
}

/** A preflight carries no token (Fetch standard, CORS-preflight): an allowed page gets its 204 here. */
function preflightRoute(service: string, gateway: Gateway): object {
  return {
    match: {
      path: gateway.addresses.pathOf(service),
      headers: [
        { name: ':method', string_match: { exact: 'OPTIONS' } },
        { name: 'access-control-request-method', present_match: true },
        { name: 'origin', string_match: { safe_regex: { regex: allowedOriginPattern(gateway) } } },
      ],
    },
    direct_response: { status: 204 },
    response_headers_to_add: Object.entries({
      'access-control-allow-origin': '%REQ(ORIGIN)%',
      'access-control-allow-methods': 'GET, POST, DELETE, OPTIONS',
      'access-control-allow-headers': CORS_REQUEST_HEADERS,
      'access-control-max-age': '600',
      vary: 'Origin',
    }).map(([key, value]) => header(key, value)),
    typed_per_filter_config: PUBLIC,
  }
}

function authorizationServerRoutes(): object[] {
  return [
    ...AUTHORIZATION_SERVER_PATHS.map((path) => publicRoute({ path })),
    ...AUTHORIZATION_SERVER_PREFIXES.map((prefix) => publicRoute({ prefix })),
  ]
}

function publicRoute(match: object): object {
  return {
    match,
    route: { cluster: CLUSTERS.oauthServer, timeout: AUTHORIZATION_SERVER_TIMEOUT },
    typed_per_filter_config: { ...PUBLIC, [BUFFER_FILTER]: WHOLE_BODY },
  }
}

/** Somebody who mistyped an address reads a page: the authorization server has one for what it does not have. */
function lostBrowser(): object {
  return publicRoute({
    prefix: '/',
    headers: [
      { name: ':method', string_match: { exact: 'GET' } },
      { name: 'accept', string_match: { contains: 'text/html' } },
    ],
  })
}

function notFound({ addresses }: Gateway): object {
  const description = `nothing is served at this address: see ${addresses.issuer}/`
  return directResponse(404, { error: 'not_found', error_description: description })
}

/** RFC 9110 section 15.5.20, with the sentence that helps. */
function misdirected({ addresses }: Gateway): object {
  const description = `this gateway answers to ${addresses.issuer} only: use that address`
  return {
    name: 'misdirected',
    domains: ['*'],
    routes: [directResponse(421, { error: 'misdirected_request', error_description: description })],
  }
}

function directResponse(status: number, body: object): object {
  return {
    match: { prefix: '/' },
    direct_response: { status, body: { inline_string: `${JSON.stringify(body)}\n` } },
    response_headers_to_add: Object.entries({
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    }).map(([key, value]) => header(key, value)),
    typed_per_filter_config: PUBLIC,
  }
}

/** Whatever the header was, it is this afterwards. */
function header(key: string, value: string): object {
  return { header: { key, value }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' }
}
