/** What attackers send to the authorization server, and what must happen; what real clients send, and need. */

import { MCP, type Requirement, RFC } from './requirement.ts'

const TOKEN_ENDPOINT = {
  'code-flow-every-authentication': {
    source: `${RFC}/rfc6749#section-2.3.1`,
    behavior:
      'clients with and without a secret log in, by Basic raw or encoded and by form, whichever they registered',
  },
  'metadata-pkce-s256-alone': {
    source: `${RFC}/rfc8414#section-2`,
    behavior: 'S256 is the one challenge method that is advertised',
  },
  'metadata-endpoints-of-the-issuer': {
    source: `${RFC}/rfc8414#section-3.3`,
    behavior: 'every endpoint is under the issuer, and no other issuer has metadata here',
  },
  'access-token-short-lived': {
    source: `${RFC}/rfc9700#section-2.2.1`,
    behavior: 'an access token lives an hour at most, and says so truly',
  },
  'token-answers-never-stored': {
    source: `${RFC}/rfc6749#section-5.1`,
    behavior: 'no answer of the token endpoint may be stored, whatever its status',
  },
  'grants-of-the-past-refused': {
    source: `${RFC}/rfc9700#section-2.4`,
    behavior: 'there is no implicit grant and no password grant',
  },
  'client-secret-in-header-or-body': {
    source: `${RFC}/rfc6749#section-2.3.1`,
    behavior: 'a secret in the query authenticates nobody',
  },
  'basic-failure-challenged': {
    source: `${RFC}/rfc6749#section-5.2`,
    behavior: 'who fails with Basic gets 401 and a Basic challenge, who fails otherwise none',
  },
  'client-authentication-once': {
    source: `${RFC}/rfc6749#section-2.3`,
    behavior: 'two ways of client authentication in one request are refused',
  },
  'basic-malformed': {
    source: `${RFC}/rfc7617#section-2`,
    behavior: 'Basic without id, colon, base64 or UTF-8, or twice, lets nobody in',
  },
  'parameters-not-repeated': {
    source: `${RFC}/rfc6749#section-3.2`,
    behavior: 'a repeated parameter is refused, in query and form',
  },
  'parameters-unknown-ignored': {
    source: `${RFC}/rfc6749#section-3.2`,
    behavior: 'an unknown parameter is ignored and an empty one is an omitted one',
  },
  'token-endpoint-post-form-only': {
    source: `${RFC}/rfc6749#section-3.2`,
    behavior: 'the token endpoint takes POST with one form and nothing else',
  },
  'grant-type-exact': {
    source: `${RFC}/rfc6749#section-4`,
    behavior: 'a grant type is one exact word: no list, no other case, no white space',
  },
  'form-read-one-way': {
    source: 'https://url.spec.whatwg.org/#urlencoded-parsing',
    behavior:
      'semicolons, brackets, names of objects and a query beside the body change nothing of what a form says',
  },
  'form-bounded': {
    source: `${RFC}/rfc9110#section-15.5.14`,
    behavior: 'a form too large is 413, one of ten thousand parameters holds nobody up',
  },
  'stalled-bodies-hold-nobody-up': {
    source: `${RFC}/rfc9110#section-15.5.9`,
    behavior: 'two thousand bodies that never end leave the server to everybody else',
  },
  'token-endpoint-over-http2': {
    source: `${RFC}/rfc9113#section-8`,
    behavior: 'over HTTP/2 each request gets the answer it gets over HTTP/1.1',
  },
} as const satisfies Record<string, Requirement>

const CODES_AND_REFRESH = {
  'store-restarted-mid-flow': {
    source: `${RFC}/rfc9110#section-15.6.4`,
    behavior:
      'while the store is away each step of a login is 503 with Retry-After, and the same step succeeds after it',
  },
  'code-replayed-kills-grant': {
    source: `${RFC}/rfc6749#section-4.1.2`,
    behavior:
      'a replayed code is refused, and what it bought is dead here and, within two seconds, at the edge',
  },
  'code-of-another-client': {
    source: `${RFC}/rfc6749#section-5.2`,
    behavior: 'a code in another client’s hands is refused and used up',
  },
  'code-short-lived': {
    source: `${RFC}/rfc6749#section-4.1.2`,
    behavior: 'a code lives a minute at most and buys nothing afterwards',
  },
  'code-of-an-ended-grant': {
    source: `${RFC}/rfc7009#section-2.1`,
    behavior: 'a code buys nothing when its user or client was revoked meanwhile',
  },
  'code-of-another-resource': {
    source: `${RFC}/rfc8707#section-2.2`,
    behavior: 'a code for one resource buys nothing for another',
  },
  'code-altered': {
    source: `${RFC}/rfc6749#section-10.10`,
    behavior: 'a code with anything added, cut or changed is unknown, and uses the real one not up',
  },
  'code-redirect-uri-bound': {
    source: `${RFC}/rfc6749#section-4.1.3`,
    behavior:
      'a redirect_uri at the token endpoint is the one of the authorization request, or left out',
  },
  'pkce-required': {
    source: `${RFC}/rfc7636#section-4.4.1`,
    behavior: 'without an S256 challenge every client gets invalid_request with iss and state',
  },
  'pkce-first-failure-counts': {
    source: `${RFC}/rfc7636#section-4.6`,
    behavior: 'a code whose verifier is missing, wrong or malformed is used up by that',
  },
  'refresh-rotates': {
    source: `${RFC}/rfc9700#section-4.14.2`,
    behavior: 'each refresh yields a new refresh token and an access token that works',
  },
  'refresh-reuse-ends-the-family': {
    source: `${RFC}/rfc9700#section-4.14.2`,
    behavior:
      'an old refresh token after the grace ends the newest one and every access token at the edge',
  },
  'refresh-of-another-client': {
    source: `${RFC}/rfc6749#section-6`,
    behavior:
      'a refresh token in other hands, or without its client’s secret, yields nothing and ends nothing',
  },
  'refresh-scope-never-wider': {
    source: `${RFC}/rfc6749#section-6`,
    behavior: 'a refresh never yields more than was granted, and less only for that access token',
  },
  'refresh-other-resource': {
    source: `${RFC}/rfc8707#section-2.2`,
    behavior: 'a refresh for another resource is invalid_target and uses nothing up',
  },
  'refresh-token-altered': {
    source: `${RFC}/rfc6749#section-10.10`,
    behavior: 'a refresh token with any part changed is unknown, and ends nothing',
  },
  'tokens-not-interchangeable': {
    source: `${RFC}/rfc8725#section-3.12`,
    behavior: 'no kind of token or code passes for another, at the edge or at the token endpoint',
  },
  'refresh-token-of-another-gateway': {
    source: `${RFC}/rfc6749#section-10.4`,
    behavior:
      'a refresh token whose records are here but that another secret made is refused, and ends nothing',
  },
} as const satisfies Record<string, Requirement>

const REDIRECTS = {
  'redirect-compared-by-text': {
    source: `${RFC}/rfc9700#section-4.1.3`,
    behavior:
      'a redirect_uri that differs from every registered one in any character gets a page, never a redirect',
  },
  'redirect-loopback-any-port': {
    source: `${RFC}/rfc8252#section-7.3`,
    behavior: 'on localhost, 127.0.0.1 and [::1] any port is accepted, whichever was registered',
  },
  'redirect-loopback-look-alikes': {
    source: `${RFC}/rfc8252#section-8.3`,
    behavior: 'nothing that only looks like a loopback address, and no trick with its port, passes',
  },
  'redirect-custom-scheme-exact': {
    source: `${RFC}/rfc8252#section-7.1`,
    behavior: 'a private-use scheme is compared as exactly as any other redirect_uri',
  },
  'redirect-uri-omitted': {
    source: `${RFC}/rfc6749#section-3.1.2.3`,
    behavior:
      'an omitted redirect_uri means the one registered, and nothing where there are several',
  },
  'redirect-query-kept': {
    source: `${RFC}/rfc6749#section-3.1.2`,
    behavior: 'the query of a registered redirect_uri is kept as it is',
  },
  'unknown-client-never-redirected': {
    source: `${RFC}/rfc6749#section-4.1.2.1`,
    behavior:
      'an unknown or malformed client_id gets a page, wherever the request wants to be sent',
  },
  'iss-exactly-once': {
    source: `${RFC}/rfc9207#section-2`,
    behavior:
      'every redirect to a client, good or bad, has one iss, that of the metadata, and one state; none is registered with its own',
  },
  'redirect-never-repeats-the-form': {
    source: `${RFC}/rfc9700#section-4.12`,
    behavior: 'after a form the browser is sent on with 303, and the address carries no token',
  },
} as const satisfies Record<string, Requirement>

const PAGES_AND_HEADERS = {
  'client-name-escaped': {
    source: `${RFC}/rfc7591#section-5`,
    behavior: 'whatever a client calls itself is text on the page, without control characters',
  },
  'client-links-harmless': {
    source: `${RFC}/rfc7591#section-5`,
    behavior: 'links of a client are http or refused, and none of them is loaded by a page',
  },
  'reflected-values-escaped': {
    source: `${RFC}/rfc9700#section-4.16`,
    behavior: 'nothing of a request stands on a page as markup, whatever the page says',
  },
  'error-description-printable': {
    source: `${RFC}/rfc6749#section-5.2`,
    behavior: 'an error description is printable ASCII without quotes, whatever was sent',
  },
  'header-injection': {
    source: `${RFC}/rfc9110#section-5.5`,
    behavior: 'line breaks in parameters, ids and headers make no header of an answer',
  },
  'requests-not-smuggled': {
    source: `${RFC}/rfc9112#section-11.2`,
    behavior:
      'a request whose length can be read in two ways is refused, and nothing of it is left',
  },
  'page-headers-everywhere': {
    source: `${RFC}/rfc9700#section-4.16`,
    behavior:
      'every page, those of errors too, can be neither framed, scripted, sniffed, stored nor leak its address',
  },
  'methods-on-every-path': {
    source: `${RFC}/rfc9110#section-15.5.6`,
    behavior: 'other methods get 405 and the list of those served, and TRACE repeats nothing',
  },
  'cors-where-web-clients-need-it': {
    source: 'https://fetch.spec.whatwg.org/#http-cors-protocol',
    behavior:
      'metadata, keys, registration and token endpoint answer any web page, errors and preflights too, without credentials',
  },
  'cors-nowhere-else': {
    source: `${RFC}/rfc9700#section-2.6`,
    behavior:
      'no page, no form and nothing that a cookie or a resource server’s secret protects does',
  },
  'caching-as-the-answer-allows': {
    source: `${RFC}/rfc9111#section-5.2.2`,
    behavior:
      'documents that are the same for everybody may be kept for five minutes, nothing else',
  },
} as const satisfies Record<string, Requirement>

const REAL_CLIENTS = {
  'clients-of-today': {
    source: `${MCP}/authorization#authorization-flow`,
    behavior:
      'each client discovers, registers, logs in, calls and refreshes with exactly the requests it sends',
  },
  'clients-of-yesterday': {
    source: 'https://modelcontextprotocol.io/specification/2025-03-26/basic/authorization',
    behavior:
      'clients of earlier revisions, which name no resource or find no metadata of it, do too',
  },
  'clients-closed': {
    source: `${MCP}/authorization#authorization-flow`,
    behavior:
      'claude.ai, ChatGPT, VS Code and Cursor, registered or known by their document, are let in with the requests that are known of them',
  },
  'client-fetches-authorize-itself': {
    source: `${RFC}/rfc9110#section-9.2.1`,
    behavior:
      'a client that fetches the authorize address itself, without cookies, takes nothing from the browser after it',
  },
  'client-names-the-origin': {
    source: `${RFC}/rfc8707#section-2`,
    behavior:
      'the bare origin as resource means the service that the person chose, in all three requests',
  },
  'client-refreshes-with-more-scope': {
    source: `${RFC}/rfc6749#section-6`,
    behavior:
      'a client that refreshes with the scope it once asked for gets the one it was granted',
  },
  'client-asks-for-every-scope': {
    source: `${RFC}/rfc6749#section-3.3`,
    behavior: 'a client that asks for all that the metadata lists gets what belongs to the service',
  },
  'client-without-refresh': {
    source: `${RFC}/rfc7591#section-2`,
    behavior: 'a client that registered authorization_code alone gets no refresh token',
  },
  'client-registers-twice': {
    source: `${RFC}/rfc7591#section-3`,
    behavior: 'a client that registers twice for one login is two clients, and either works',
  },
  'client-registers-anew': {
    source: `${RFC}/rfc6749#section-5.2`,
    behavior:
      'an old refresh token with a new client_id is invalid_grant, and the old client’s login lives on',
  },
  'refresh-storm-of-real-clients': {
    source: `${RFC}/rfc9700#section-4.14.2`,
    behavior:
      'processes that share one login and refresh it all at once keep it: nobody logs in again',
  },
  'client-in-a-web-page': {
    source: 'https://fetch.spec.whatwg.org/#http-cors-protocol',
    behavior:
      'a client in a web page reads each answer of its login and refresh, preflights included',
  },
} as const satisfies Record<string, Requirement>

const SECOND_OPINION = {
  'answers-as-a-certified-server': {
    source: `${RFC}/rfc6749#section-5.2`,
    behavior:
      'a bad request gets the status, code and headers that a certified server gives, or there is a rule that says otherwise',
  },
} as const satisfies Record<string, Requirement>

export const ATTACKS = {
  ...TOKEN_ENDPOINT,
  ...CODES_AND_REFRESH,
  ...REDIRECTS,
  ...PAGES_AND_HEADERS,
  ...REAL_CLIENTS,
  ...SECOND_OPINION,
} as const satisfies Record<string, Requirement>
