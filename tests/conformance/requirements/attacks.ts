/** What attackers send to the authorization server, and what must happen; what real clients send, and need. */

import { type Requirement, RFC } from './requirement.ts'

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

export const ATTACKS = {
  ...TOKEN_ENDPOINT,
} as const satisfies Record<string, Requirement>
