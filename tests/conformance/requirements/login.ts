/** Logging in at a provider: what a proxy of logins owes to its people (RFC 9700, MCP security practices). */

import { MCP, type Requirement, RFC } from './requirement.ts'

const PRACTICES = `${MCP}/security_best_practices`
const OIDC = 'https://openid.net/specs/openid-connect-core-1_0.html'

export const LOGIN = {
  'login-approval-first': {
    source: PRACTICES,
    behavior: 'nobody is sent to a provider before they have approved the client here',
  },
  'login-each-client-asks': {
    source: PRACTICES,
    behavior: 'a client that a person has not approved gets no code from a session or a provider',
  },
  'login-state-fresh': {
    source: `${RFC}/rfc9700#section-4.7.1`,
    behavior: 'each departure has a state and a challenge of its own, and no secret of ours',
  },
  'login-state-browser': {
    source: `${RFC}/rfc9700#section-4.7.1`,
    behavior:
      'what a login brings is of use only in the browser that began it, and burnt elsewhere',
  },
  'login-state-once': {
    source: PRACTICES,
    behavior: 'a callback works once; a state that is missing, unknown or repeated leads nowhere',
  },
  'login-state-ten-minutes': {
    source: PRACTICES,
    behavior: 'a state leads in for ten minutes, and nowhere after them',
  },
  'login-mix-up': {
    source: `${RFC}/rfc9700#section-4.4.2`,
    behavior: 'an answer at the callback of another provider leads nowhere and is burnt',
  },
  'login-callback-page': {
    source: PRACTICES,
    behavior: 'what is wrong at the callback ends on a page that can be neither framed nor kept',
  },
  'login-callback-methods': {
    source: `${RFC}/rfc6749#section-4.1.2`,
    behavior: 'only GET is served at the callback, and a look by HEAD uses nothing up',
  },
  'login-identity': {
    source: `${OIDC}#ClaimStability`,
    behavior: 'a person is known by the id that the provider never gives again, not by a name',
  },
  'login-fails-closed': {
    source: PRACTICES,
    behavior:
      'a provider that fails in whatever way logs nobody in, and costs nobody their request',
  },
  'login-redirects': {
    source: `${RFC}/rfc9700#section-4.11`,
    behavior: 'signing in without a client ends on two pages of ours and nowhere else',
  },
  'login-forged': {
    source: `${RFC}/rfc9700#section-4.7`,
    behavior: 'no other site can sign a browser in, not as the attacker either',
  },
} as const satisfies Record<string, Requirement>
