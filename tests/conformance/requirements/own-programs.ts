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
