/**
 * What Envoy says itself, when a room is away or a request is none: in the words and form of the rest.
 * A person in a browser reads a page, a program JSON.
 */

import type { Addresses } from '../lib/catalogue/addresses.ts'
import { PATHS_FOR_ANY_PAGE, PREFIXES_FOR_ANY_PAGE } from '../lib/oauth/paths.ts'
import { escapePattern } from '../lib/platform/escape-pattern.ts'
import { detailsAre, holds } from './expressions.ts'
import { HEADERS_MAX } from './header-bounds.ts'
import { BROWSER_HEADERS, PAGE_HEADERS, PAGE_TYPE, renderPage } from './page.ts'

interface Reply {
  readonly status: number
  readonly error: string
  readonly words: string
  /** Whether it helps to come back. */
  readonly retry?: boolean
}

const AWAY = {
  error: 'temporarily_unavailable',
  words: 'a part of the gateway cannot be asked at this moment; try again',
  retry: true,
}

/** No word of what failed inside: that is in the log, under the request's id. */
export const REPLIES: readonly Reply[] = [
  { status: 400, error: 'invalid_request', words: 'the request is not well formed' },
  { status: 408, error: 'invalid_request', words: 'the request did not arrive in time' },
  { status: 413, error: 'invalid_request', words: 'the body is too large' },
  { status: 426, error: 'invalid_request', words: 'HTTP/1.1 or HTTP/2 is needed' },
  {
    status: 429,
    error: 'temporarily_unavailable',
    words: 'too many requests from this address: wait and try again',
    retry: true,
  },
  { status: 431, error: 'invalid_request', words: 'the headers are too large' },
  { status: 500, error: 'server_error', words: 'the gateway could not answer' },
  { status: 501, error: 'invalid_request', words: 'no such transfer coding is understood' },
  { status: 502, ...AWAY },
  { status: 503, ...AWAY },
  { status: 504, ...AWAY },
]

const TITLES: Readonly<Record<number, string>> = {
  429: 'Too many requests',
  502: 'Not available',
  503: 'Not available',
  504: 'Not available',
}

const RETRY_AFTER = added('retry-after', '1', 'ADD_IF_ABSENT')
const API_HEADERS = [
  replaced('cache-control', 'no-store'),
  replaced('x-content-type-options', 'nosniff'),
]

export function localReplies(addresses: Addresses): object {
  return {
    mappers: [
      tooManyHeaders(),
      ...REPLIES.flatMap((reply) => [
        toBrowser(reply, addresses),
        toAnyPage(reply),
        toProgram(reply),
      ]),
      challengeInWords(addresses),
      noUpgrade(),
      noSuchAddress(),
      notEncrypted(),
    ],
  }
}

function toBrowser({ status, words, retry = false }: Reply, { issuer }: Addresses): object {
  return {
    filter: when(statusIs(status), ...BROWSER_HEADERS.map(headerMatches)),
    headers_to_add: [...pageHeaders(), ...(retry ? [RETRY_AFTER] : [])],
    ...withPage({
      title: TITLES[status] ?? 'This does not work',
      words: `${words.charAt(0).toUpperCase()}${words.slice(1)}.`,
      link: { before: 'The gateway’s own page:', url: `${issuer}/` },
    }),
  }
}

/** As the authorization server does for these paths: a script must be able to read why. */
function toAnyPage(reply: Reply): object {
  const prefixes = PREFIXES_FOR_ANY_PAGE.map((prefix) => `${escapePattern(prefix)}.*`)
  const paths = [...PATHS_FOR_ANY_PAGE.map(escapePattern), ...prefixes].join('|')
  const path = { name: ':path', string_match: { safe_regex: { regex: `(?:${paths})(?:\\?.*)?` } } }
  return {
    filter: when(statusIs(reply.status), headerMatches(path)),
    headers_to_add: [
      replaced('access-control-allow-origin', '*'),
      replaced('access-control-expose-headers', 'WWW-Authenticate, Retry-After'),
      ...programHeaders(reply),
    ],
    ...withError(reply),
  }
}

function toProgram(reply: Reply): object {
  return {
    filter: statusIs(reply.status),
    headers_to_add: programHeaders(reply),
    ...withError(reply),
  }
}

/** Whoever opens an MCP endpoint in a browser: the challenge stays, the words are for a person. */
function challengeInWords({ issuer }: Addresses): object {
  return {
    filter: when(statusIs(401), ...BROWSER_HEADERS.map(headerMatches)),
    headers_to_add: pageHeaders(),
    ...withPage({
      title: 'An MCP server',
      words:
        'This address is for MCP clients: programs such as assistants and editors. Add it there, and the client sends you to log in.',
      link: { before: 'How that is done in each of them:', url: `${issuer}/` },
    }),
  }
}

/** WebSocket and its like: there is nothing here that speaks them. */
function noUpgrade(): object {
  const reply = { status: 403, error: 'forbidden', words: 'connections are not upgraded here' }
  return {
    filter: when(statusIs(403), headerMatches({ name: 'upgrade', present_match: true })),
    headers_to_add: programHeaders(reply),
    ...withError(reply),
  }
}

/** No route is asked: `OPTIONS *`, and CONNECT. Whose name such a request has is not looked at. */
function noSuchAddress(): object {
  const reply = { status: 404, error: 'not_found', words: 'nothing is served at this address' }
  const details = detailsAre('absolute_path_rejected', 'route_not_found')
  return {
    filter: when(statusIs(404), holds(details)),
    headers_to_add: programHeaders(reply),
    ...withError(reply),
  }
}

/** A caller's own fit, and with those that a decision adds there are more than Envoy lets there be: it calls that 500. */
function tooManyHeaders(): object {
  const reply = { status: 431, error: 'invalid_request', words: 'there are too many headers' }
  return {
    filter: when(
      statusIs(500),
      holds(`${detailsAre('ext_authz_invalid')} && size(request.headers) > ${HEADERS_MAX}`),
    ),
    status_code: reply.status,
    headers_to_add: programHeaders(reply),
    ...withError(reply),
  }
}

function notEncrypted(): object {
  const words = 'the address is an https one, and the connection is not encrypted'
  const reply = { status: 403, error: 'forbidden', words }
  return {
    filter: when(statusIs(403), holds(detailsAre('http1.https_url_on_plaintext_connection'))),
    headers_to_add: programHeaders(reply),
    ...withError(reply),
  }
}

function withPage(page: Parameters<typeof renderPage>[0]): object {
  return {
    body_format_override: {
      text_format_source: { inline_string: renderPage(page).replaceAll('%', '%%') },
      content_type: PAGE_TYPE,
    },
  }
}

function withError({ error, words }: Reply): object {
  return { body_format_override: { json_format: { error, error_description: words } } }
}

function pageHeaders(): object[] {
  return Object.entries(PAGE_HEADERS).map(([name, value]) => replaced(name, value))
}

function programHeaders({ retry = false }: Reply): object[] {
  return [...API_HEADERS, ...(retry ? [RETRY_AFTER] : [])]
}

function when(...filters: object[]): object {
  return { and_filter: { filters } }
}

function statusIs(value: number): object {
  return {
    status_code_filter: {
      comparison: { op: 'EQ', value: { default_value: value, runtime_key: 'x' } },
    },
  }
}

function headerMatches(header: object): object {
  return { header_filter: { header } }
}

function replaced(key: string, value: string): object {
  return added(key, value, 'OVERWRITE_IF_EXISTS_OR_ADD')
}

function added(key: string, value: string, action: string): object {
  return { header: { key, value }, append_action: action }
}
