/** What an attacker tries at the login, with accounts and a provider of their own. */

import { MCP, type Requirement, RFC } from './requirement.ts'

const PRACTICES = `${MCP}/security_best_practices`
const OIDC = 'https://openid.net/specs/openid-connect-core-1_0.html'

export const PEOPLE_ATTACKS = {
  'people-look-alikes': {
    source: `${OIDC}#ClaimStability`,
    behavior:
      'a rule by a login lets in nobody whose name only looks like it, or is of their own choice',
  },
  'people-injected-code': {
    source: `${RFC}/rfc9700#section-4.5`,
    behavior: 'a code of the attacker’s login is of no use in a login of somebody else',
  },
  'people-foreign-issuer': {
    source: `${RFC}/rfc9207#section-2.4`,
    behavior: 'an answer that names another issuer, or none where one is due, logs nobody in',
  },
  'people-crowd': {
    source: PRACTICES,
    behavior: 'of fifty callbacks with one state at once one goes on',
  },
  'people-two-tabs': {
    source: PRACTICES,
    behavior: 'of two tabs that come back from two providers at once one is answered',
  },
  'people-store': {
    source: `${RFC}/rfc9700#section-4.3.2`,
    behavior:
      'states, nonces, verifiers, codes, cookies and tokens stand neither in the store nor in the log',
  },
  'people-markup': {
    source: PRACTICES,
    behavior: 'what a provider calls somebody is text on every page, and steers nothing',
  },
  'people-forms': {
    source: `${RFC}/rfc9700#section-4.7`,
    behavior:
      'no form of ours can be sent from another site, a neighbour’s or a frame without an origin',
  },
} as const satisfies Record<string, Requirement>
