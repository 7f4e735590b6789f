/** What is tried at the edge to get past the decision, to be somebody else, or to shut everybody out. */

import { MCP, type Requirement, RFC } from './requirement.ts'

export const EDGE_ATTACKS = {
  'edge-paths': {
    source: `${RFC}/rfc3986#section-6.2.2`,
    behavior:
      'no way of writing a path, in HTTP/1.1 or HTTP/2, reaches a service without its token, or another service with one',
  },
  'edge-hosts': {
    source: `${RFC}/rfc9110#section-7.2`,
    behavior:
      'no way of naming a host reaches a service; the same name with a dot, in capitals or with its port is the same',
  },
  'edge-methods': {
    source: `${RFC}/rfc9110#section-9`,
    behavior:
      'CONNECT, TRACE, OPTIONS * and method overrides open nothing, and no connection is upgraded',
  },
  'edge-identity-repeated': {
    source: `${RFC}/rfc9700#section-4.13`,
    behavior:
      'an identity header sent once, twice or thrice, in any case, in HTTP/1.1 or HTTP/2, is the gateway’s one upstream',
  },
  'edge-identity-smuggled': {
    source: `${RFC}/rfc9110#section-6.5.1`,
    behavior: 'trailers, folded lines and chunk extensions bring no header to a service',
  },
  'edge-header-names': {
    source: `${RFC}/rfc9110#section-5.1`,
    behavior:
      'a header name with an underscore, a space or anything else that is no name is refused; with a dot it is removed',
  },
  'edge-internal-headers': {
    source: `${RFC}/rfc9110#section-7.6.3`,
    behavior:
      'headers that steer proxies or name a user to them neither change a route nor reach a service',
  },
  'edge-smuggling': {
    source: `${RFC}/rfc9112#section-11.2`,
    behavior:
      'a call whose length can be read in two ways is refused with a good token too, and nothing of it reaches a service',
  },
  'edge-http2-malformed': {
    source: `${RFC}/rfc9113#section-8.1.1`,
    behavior: 'malformed HTTP/2 requests reach no service',
  },
  'edge-bodies': {
    source: `${RFC}/rfc9110#section-10.1.1`,
    behavior:
      'the decision waits for no body: without a token a call is refused at its headers, with one it streams',
  },
  'edge-admin-inside': {
    source: `${RFC}/rfc9110#section-17.1`,
    behavior: 'administration and figures are not reachable through the public address',
  },
  'edge-slow-headers': {
    source: `${RFC}/rfc9110#section-15.5.9`,
    behavior: 'headers that never end are given up after ten seconds, in HTTP/1.1 and HTTP/2',
  },
  'edge-http2-floods': {
    source: `${RFC}/rfc9113#section-10.5`,
    behavior:
      'resets, pings, settings, priorities, empty frames and endless headers end their connection, and nobody else notices',
  },
  'edge-large-headers': {
    source: `${RFC}/rfc6585#section-5`,
    behavior: 'too many or too large headers are refused with 431, and reach nothing',
  },
  'edge-no-slow-parsing': {
    source: `${RFC}/rfc9110#section-17.6`,
    behavior: 'no value of a header takes long to read',
  },
  'edge-rate-limit': {
    source: `${RFC}/rfc6585#section-4`,
    behavior:
      'whoever asks public endpoints too often gets 429 with Retry-After that web pages can read, and calls on',
  },
  'edge-log-without-secrets': {
    source: `${RFC}/rfc6819#section-5.1.6`,
    behavior: 'the access log says who asked what and never holds a token, code, query or cookie',
  },
  'edge-errors-say-little': {
    source: `${RFC}/rfc9110#section-15.6`,
    behavior:
      'what the edge says itself is JSON in the form of the rest, without a word of what failed inside',
  },
  'edge-cors-on-refusals': {
    source: 'https://fetch.spec.whatwg.org/#http-cors-protocol',
    behavior:
      'an allowed page can read 401, 403 and 503 of an MCP endpoint and 413 and 503 of the token endpoint; others cannot',
  },
  'edge-preflights': {
    source: 'https://fetch.spec.whatwg.org/#cors-preflight-fetch',
    behavior:
      'the preflights of MCP endpoint, token, registration, revocation and metadata are 204 with every header clients send',
  },
  'edge-pages-for-people': {
    source: `${RFC}/rfc9110#section-12.5.1`,
    behavior:
      'a person in a browser reads a page wherever a program would read JSON, with the same status',
  },
  'edge-pages-on-service-hosts': {
    source: `${RFC}/rfc9110#section-12.5.1`,
    behavior:
      'a person who opens the host of a service is sent to the gateway’s page or told that there is nothing',
  },
  'edge-nested-json': {
    source: `${MCP}/transports#sending-messages-to-the-server`,
    behavior: 'JSON nested a hundred thousand deep is refused everywhere and harms nothing',
  },
  'edge-nothing-reflected': {
    source: `${RFC}/rfc9728#section-3.1`,
    behavior: 'metadata of what is not ours is 404, and nothing of the address comes back',
  },
} as const satisfies Record<string, Requirement>
