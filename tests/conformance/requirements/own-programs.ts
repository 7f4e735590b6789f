/** What is asked of the client that comes with the gateway, of its services, and of its commands to the store. */

import { MCP, type Requirement, RFC } from './requirement.ts'

const STDIO = `${MCP}/transports#stdio`

export const OWN_PROGRAMS = {
  'own-client-logs-in': {
    source: `${RFC}/rfc7636#section-4.3`,
    behavior: 'our own client logs in with PKCE, calls, and its logout counts at the edge too',
  },
  'own-client-own-answers': {
    source: `${RFC}/rfc6749#section-10.12`,
    behavior: 'our own client takes no answer with the state of another login',
  },
  'own-client-renews': {
    source: `${RFC}/rfc6749#section-6`,
    behavior: 'our own client renews a token by the clock, and when the edge refuses it',
  },
  'own-client-on-a-pipe': {
    source: STDIO,
    behavior:
      'our own client writes messages alone, an answer for each request and none for a notification, and no token',
  },
  'fetchs-reaches-nothing-inside': {
    source: `${RFC}/rfc6890#section-2.2.2`,
    behavior: 'fetchs reads what it may, and neither this machine nor redirects to it',
  },
  'fetchs-speaks': {
    source: `${MCP}/lifecycle#initialization`,
    behavior:
      'fetchs gives each client a session of its own, takes notifications, sends no nulls and refuses unknown arguments',
  },
  'echo-keeps-people-apart': {
    source: `${MCP}/security_best_practices#session-hijacking`,
    behavior: 'echo repeats to each session what it was told there, and shows nothing of others',
  },
  'shared-root-secret': {
    source: `${RFC}/rfc9068#section-4`,
    behavior: 'two gateways with one root secret take no token, code or cookie of each other',
  },
  'device-of-another-gateway': {
    source: `${RFC}/rfc8628#section-5.1`,
    behavior: 'nor a user code or device code, though both hash them with the same key',
  },
  'redirect-changed-while-asked': {
    source: `${RFC}/rfc9700#section-4.1`,
    behavior: 'a client that changes its redirect while a person is asked gets no answer at all',
  },
  'login-ends-the-one-before': {
    source: `${MCP}/security_best_practices#session-hijacking`,
    behavior: 'who signs in as somebody else in a browser ends the login that was there before',
  },
  'decisions-race': {
    source: `${RFC}/rfc9700#section-4.7`,
    behavior: 'of approvals and denials of one page that race, one counts',
  },
  'paths-spelled-otherwise': {
    source: `${RFC}/rfc3986#section-6.2.2.2`,
    behavior: 'no spelling of a path of a service is let in without its token',
  },
  'forms-spelled-otherwise': {
    source: `${RFC}/rfc6749#appendix-B`,
    behavior: 'names in another case, lists, other separators, charsets and types buy nothing',
  },
  'messages-of-odd-shape': {
    source: 'https://www.jsonrpc.org/specification#request_object',
    behavior: 'messages, ids and headers of odd shape are no fault of the gateway',
  },
  'requests-search-no-keys': {
    source: 'https://valkey.io/commands/keys/',
    behavior: 'no request makes the store look at all of its keys',
  },
  'secrets-of-any-length': {
    source: `${RFC}/rfc6819#section-5.1.4.2.2`,
    behavior:
      'a secret, proof or token of another length or alphabet is refused like any wrong one',
  },
} as const satisfies Record<string, Requirement>
