/** The edge, the services behind it, and the life of a login through the whole gateway. */

import { MCP, type Requirement, RFC } from './requirement.ts'

export const EDGE_AND_LIFE = {
  'challenge-every-method': {
    source: `${RFC}/rfc9728#section-5.1`,
    behavior: 'POST, GET, HEAD and DELETE without a token get 401 and the whole challenge',
  },
  'challenge-whatever-the-headers': {
    source: `${RFC}/rfc9728#section-5.1`,
    behavior: 'the challenge comes before any judgement of body, Accept or protocol version',
  },
  'challenge-no-error-without-token': {
    source: `${RFC}/rfc6750#section-3`,
    behavior: 'a request without credentials gets no error code, one with a bad token does',
  },
  'token-only-in-header': {
    source: `${RFC}/rfc6750#section-2`,
    behavior: 'a token in the query, in a form, in a message or twice in headers does not count',
  },
  'token-in-every-request': {
    source: `${RFC}/rfc6750#section-2`,
    behavior: 'a request without a token is refused on the connection of one that had a good one',
  },
  'token-too-long': {
    source: `${RFC}/rfc6585#section-5`,
    behavior: 'a token of a megabyte or of a hundred thousand dots is refused at once',
  },
  'token-scheme-case': {
    source: `${RFC}/rfc9110#section-11.1`,
    behavior: 'the scheme Bearer is accepted in any case',
  },
  'token-audience': {
    source: `${RFC}/rfc8707#section-2`,
    behavior: 'only a token for exactly this resource is accepted',
  },
  'token-lifetime': {
    source: `${RFC}/rfc9068#section-4`,
    behavior: 'a token that is expired, from the future, or without sound times is refused',
  },
  'token-type': {
    source: `${RFC}/rfc9068#section-4`,
    behavior: 'only at+jwt passes: an ID token or another JWT of ours does not',
  },
  'token-signature': {
    source: `${RFC}/rfc8725#section-3`,
    behavior:
      'none, a symmetric key made of the public one, foreign keys, altered tokens and other forms are refused, and no address in a token is looked at',
  },
  'token-issuer': {
    source: `${RFC}/rfc9068#section-4`,
    behavior: 'a token of another issuer is refused though our key signed it',
  },
  'token-scope': {
    source: `${RFC}/rfc6750#section-3.1`,
    behavior: 'too small a scope is 403 and names granted plus missing scopes',
  },
  'revocation-token-grant-client-user': {
    source: `${RFC}/rfc7009#section-2`,
    behavior: 'what is revoked by token, grant, client or user is refused at the edge with 401',
  },
  'revoked-while-running': {
    source: `${RFC}/rfc7009#section-2`,
    behavior: 'what a revoked caller has open ends within 5 seconds, and nobody else notices',
  },
  'identity-never-forged': {
    source: `${RFC}/rfc9700#section-4.13`,
    behavior:
      'whatever a caller sends under our header names, the upstream sees the token’s identity',
  },
  'identity-none-left-over': {
    source: `${RFC}/rfc9700#section-4.13`,
    behavior: 'a user without a name leaves no room for the caller’s X-User-Name',
  },
  'identity-never-on-public-routes': {
    source: `${RFC}/rfc9700#section-4.13`,
    behavior: 'identity headers of a caller do not pass on routes without a decision either',
  },
  'identity-underscore-alias': {
    source: `${RFC}/rfc9700#section-4.13`,
    behavior: 'a header name with an underscore is refused',
  },
  'identity-percent-encoded': {
    source: `${RFC}/rfc3986#section-2.1`,
    behavior: 'a name outside ASCII reaches the upstream percent-encoded',
  },
  'no-token-passthrough': {
    source: `${MCP}/authorization#access-token-privilege-restriction`,
    behavior: 'Authorization, Proxy-Authorization and Cookie do not travel upstream',
  },
  'origin-checked': {
    source: `${MCP}/transports#security-warning`,
    behavior: 'a web page of a foreign origin gets 403, an allowed one CORS headers on 401 too',
  },
  'origin-other-scheme': {
    source: `${MCP}/transports#security-warning`,
    behavior:
      'our own host under another scheme or port is a foreign origin, and so is this machine',
  },
  'origin-preflight': {
    source: 'https://fetch.spec.whatwg.org/#cors-preflight-fetch',
    behavior: 'the preflight of an allowed page gets 204 and every header MCP clients send',
  },
  'host-misdirected': {
    source: `${RFC}/rfc9110#section-15.5.20`,
    behavior: 'a Host that is not ours gets 421 and the right address, with any path',
  },
  'paths-made-one': {
    source: `${RFC}/rfc3986#section-6.2.2.3`,
    behavior: 'doubled slashes and dot segments are made one path before anybody reads it',
  },
  'host-with-its-port': {
    source: `${RFC}/rfc9110#section-4.2.2`,
    behavior: 'a public name is the same with port 443 and without, and with no other',
  },
  'path-tricks': {
    source: `${RFC}/rfc3986#section-6.2.2`,
    behavior: 'no spelling of a path leads past the decision or to another service',
  },
  'outage-authz-away': {
    source: `${RFC}/rfc9110#section-15.6.4`,
    behavior:
      'with ext-authz gone every MCP request gets 503 with Retry-After, and serves again later',
  },
  'outage-authz-rubbish': {
    source: `${RFC}/rfc9110#section-15.6.4`,
    behavior: 'whatever else answers in the place of ext-authz, it is 503 and nothing is let in',
  },
  'outage-store-frozen': {
    source: `${RFC}/rfc9110#section-15.6.4`,
    behavior:
      'with a frozen store a good token gets 503 with Retry-After, never 401 and never a yes',
  },
  'outage-not-serving-before-load': {
    source: `${RFC}/rfc9110#section-15.6.4`,
    behavior: 'before keys and epoch are read nothing is let in',
  },
  'layout-hosts': {
    source: `${RFC}/rfc9728#section-3.1`,
    behavior: 'in the host layout each service is its own host with its own audience and metadata',
  },
  'identity-end-to-end': {
    source: `${RFC}/rfc9700#section-4.13`,
    behavior: 'a service sees who logged in, whatever identity headers the client sends',
  },
  'token-audience-end-to-end': {
    source: `${RFC}/rfc8707#section-2`,
    behavior: 'a token for one service is refused at another with the challenge',
  },
  'challenge-exact': {
    source: `${RFC}/rfc9728#section-5.1`,
    behavior: 'no token, an expired one and a tampered one get exactly their challenge',
  },
  'refresh-by-the-sdk': {
    source: `${RFC}/rfc6749#section-6`,
    behavior: 'an expired login renews itself without a person, and the refresh token rotates',
  },
  'users-are-separate': {
    source: `${MCP}/security_best_practices#session-hijacking`,
    behavior: 'two users see neither each other’s data nor sessions',
  },
  'stream-longer-than-timeouts': {
    source: `${MCP}/transports#sending-messages-to-the-server`,
    behavior: 'a call of 30 seconds streams its progress while it runs',
  },
  'logins-interleaved': {
    source: `${RFC}/rfc6749#section-10.12`,
    behavior: 'three logins begun at once in one browser finish in any order',
  },
  'logins-apart': {
    source: `${RFC}/rfc6265#section-8.5`,
    behavior: 'two gateways on one machine keep their logins apart though cookies ignore ports',
  },
  'login-denied': {
    source: `${RFC}/rfc6749#section-4.1.2.1`,
    behavior: 'who denies sends access_denied with issuer to the client, and no code',
  },
  'any-process-killed': {
    source: `${RFC}/rfc9110#section-15.6.4`,
    behavior: 'each part comes back after SIGKILL with every login intact',
  },
  'state-survives-restart': {
    source: `${RFC}/rfc6749#section-1.5`,
    behavior: 'a second start is quick and keeps every login',
  },
  'nothing-left-behind': {
    source: `${MCP}/lifecycle#shutdown`,
    behavior: 'SIGKILL of the supervisor leaves no process after 5 seconds',
  },
  'layout-hosts-end-to-end': {
    source: `${RFC}/rfc8414#section-3`,
    behavior:
      'with a host for each service a client logs in and calls, older ones by the copy of the metadata',
  },
  'tls-end-to-end': {
    source: `${RFC}/rfc9700#section-2.6`,
    behavior: 'behind TLS every endpoint named is https, and plain http is not answered',
  },
  'secrets-at-rest': {
    source: `${RFC}/rfc6819#section-5.1.4.1`,
    behavior: 'no code, verifier, token or client secret is in a log or in the store in clear',
  },
  'child-cannot-forge': {
    source: `${RFC}/rfc9700#section-4.13`,
    behavior: 'a child that posts a forged identity to everything it can reach gets nowhere',
  },
} as const satisfies Record<string, Requirement>
