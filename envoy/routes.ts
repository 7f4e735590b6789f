/**
 * The routes of both layouts. A request is decided by ext-authz unless its route is on the short list
 * of public ones; a Host that is not ours gets 421 before any of them.
 */

import type { Gateway } from '../lib/catalogue/gateway.ts'
import { allowedOriginPattern } from '../lib/catalogue/origins.ts'
import { EDGE_SECRET_HEADER, HOP_HEADER, IDENTITY_HEADERS } from '../lib/oauth/identity-headers.ts'
import { AUTHORIZATION_SERVER_PATHS, AUTHORIZATION_SERVER_PREFIXES } from '../lib/oauth/paths.ts'
import { loggedAs } from './access-log.ts'
import { CLUSTERS } from './clusters.ts'
import { BUFFER_FILTER, CORS_FILTER, EXT_AUTHZ_FILTER } from './filters.ts'
import { BROWSER_HEADERS, PAGE_HEADERS, PAGE_TYPE, renderPage } from './page.ts'
import { rateLimited } from './rate-limit.ts'
import { requestIdInAnswers } from './request-id.ts'
import { UNSEEN_RETRY } from './retries.ts'
import { strictTransportSecurity } from './tls.ts'

export const ROUTES = 'gateway'

/** The proof that a request came through the edge. Read from Envoy's environment: no file and no page has it. */
const FROM_ENVIRONMENT = '%ENVIRONMENT(ENVOY_EDGE_SECRET)%'

/** More than any form or registration that the authorization server reads. */
export const FORM_BYTES_MAX = 131_072

/** Listening streams stay open for hours; the bridge sends something each quarter of a minute. */
const MCP_IDLE = '3600s'
const AUTHORIZATION_SERVER_TIMEOUT = '30s'
/** Body and answer together: a form is small, and whoever sends it a byte at a time is shown out. */
const PUBLIC_STREAM = '60s'
/** Longer than an answer may take: that it was late is our fault, and said as such. */
const PUBLIC_IDLE = '40s'

/** `*` is for the headers that a tool's parameters travel in (`Mcp-Param-…`); it never includes the first. */
const CORS_REQUEST_HEADERS =
  'authorization, content-type, accept, mcp-protocol-version, mcp-session-id, mcp-method, mcp-name, last-event-id, *'
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

export function renderRoutes(gateway: Gateway, rateLimitFactor: number): object {
  const { addresses } = gateway
  const services = [...gateway.services.keys()]
  const mcp = (service: string): object[] => [
    preflightRoute(service, gateway),
    mcpRoute(service, gateway),
  ]
  const open = (match: Match): object => publicRoute(match, rateLimitFactor)
  const lostBrowser = open({ prefix: '/', headers: BROWSER_HEADERS })
  const onIssuer = addresses.layout === 'path' ? services.flatMap(mcp) : []
  const onOwnHosts = addresses.layout === 'host' ? services : []
  return {
    '@type': 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration',
    name: ROUTES,
    response_headers_to_add: [requestIdInAnswers(), ...strictTransportSecurity(addresses)],
    // What a room that leaves tells Envoy is not for callers.
    response_headers_to_remove: ['x-envoy-immediate-health-check-fail'],
    virtual_hosts: [
      {
        name: 'issuer',
        domains: domainsOf(addresses.issuerHost, addresses.secure),
        routes: [
          ...onIssuer,
          ...AUTHORIZATION_SERVER_PATHS.map((path) => open({ path })),
          ...AUTHORIZATION_SERVER_PREFIXES.map((prefix) => open({ prefix })),
          // Somebody who mistyped an address reads a page: the authorization server has one.
          lostBrowser,
          notFound(gateway),
        ],
      },
      ...onOwnHosts.map((service) => ({
        name: `service-${service}`,
        domains: domainsOf(addresses.hostOf(service), addresses.secure),
        routes: [
          ...mcp(service),
          // Older clients look for the authorization server's metadata on the service's own host.
          open({ prefix: '/.well-known/' }),
          // A person is sent on to the issuer's host, or told that there is nothing; the page has its style here.
          open({ prefix: '/assets/' }),
          lostBrowser,
          notFound(gateway),
        ],
      })),
      misdirected(gateway),
    ],
  }
}

interface Match {
  readonly path?: string
  readonly prefix?: string
  readonly headers?: readonly object[]
}

/** A Host header may or may not name the scheme's own port. */
function domainsOf(host: string, secure: boolean): string[] {
  return /:\d+$/.test(host) ? [host] : [host, `${host}:${secure ? 443 : 80}`]
}

function mcpRoute(service: string, gateway: Gateway): object {
  const path = gateway.addresses.pathOf(service)
  return {
    // What a trace calls it by.
    name: path,
    metadata: loggedAs(service),
    match: { path },
    route: {
      cluster: CLUSTERS.bridge,
      hash_policy: [{ header: { header_name: IDENTITY_HEADERS.userId } }],
      retry_policy: UNSEEN_RETRY,
      // The bridge knows one form of address, whatever the layout.
      ...(path === `/${service}/mcp` ? {} : { prefix_rewrite: `/${service}/mcp` }),
      timeout: '0s',
      idle_timeout: MCP_IDLE,
      // What ends a stream is its caller, the bridge, or the revocation of the token.
      max_stream_duration: { max_stream_duration: '0s' },
    },
    request_headers_to_add: [header(EDGE_SECRET_HEADER, FROM_ENVIRONMENT)],
    request_headers_to_remove: [HOP_HEADER],
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
      'access-control-expose-headers': CORS_EXPOSED_HEADERS,
      'access-control-max-age': '600',
      vary: 'Origin',
    }).map(([key, value]) => header(key, value)),
    typed_per_filter_config: PUBLIC,
  }
}

function publicRoute(match: Match, rateLimitFactor: number): object {
  return {
    name: match.path ?? `${match.prefix}*`,
    match,
    route: {
      cluster: CLUSTERS.oauthServer,
      timeout: AUTHORIZATION_SERVER_TIMEOUT,
      retry_policy: UNSEEN_RETRY,
      idle_timeout: PUBLIC_IDLE,
      max_stream_duration: { max_stream_duration: PUBLIC_STREAM },
    },
    typed_per_filter_config: {
      ...PUBLIC,
      ...rateLimited(rateLimitFactor),
      [BUFFER_FILTER]: WHOLE_BODY,
    },
  }
}

function notFound({ addresses }: Gateway): object {
  const description = `nothing is served at this address: see ${addresses.issuer}/`
  return directError(404, { error: 'not_found', error_description: description })
}

/** RFC 9110 section 15.5.20, with the sentence that helps. */
function misdirected({ addresses }: Gateway): object {
  const description = `this gateway answers to ${addresses.issuer} only: use that address`
  const page = renderPage({
    title: 'Another address, please',
    words: 'This gateway does not answer under the name that you used.',
    link: { before: 'It answers here:', url: `${addresses.issuer}/` },
  })
  return {
    name: 'misdirected',
    domains: ['*'],
    routes: [
      {
        match: { prefix: '/', headers: BROWSER_HEADERS },
        ...directly(421, page, { ...PAGE_HEADERS, 'content-type': PAGE_TYPE }),
      },
      directError(421, { error: 'misdirected_request', error_description: description }),
    ],
  }
}

function directError(status: number, body: object): object {
  return {
    match: { prefix: '/' },
    ...directly(status, `${JSON.stringify(body)}\n`, {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    }),
  }
}

function directly(status: number, body: string, headers: Readonly<Record<string, string>>): object {
  return {
    direct_response: { status, body: { inline_string: body } },
    response_headers_to_add: Object.entries(headers).map(([key, value]) => header(key, value)),
    typed_per_filter_config: PUBLIC,
  }
}

/** Whatever the header was, it is this afterwards. */
function header(key: string, value: string): object {
  return { header: { key, value }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' }
}
