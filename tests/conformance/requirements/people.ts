/** Who may in: what the rules of an operator have to mean at every door, for as long as they stand. */

import { type Requirement, RFC } from './requirement.ts'

const OIDC = 'https://openid.net/specs/openid-connect-core-1_0.html'

export const PEOPLE = {
  'people-refused': {
    source: `${RFC}/rfc6749#section-4.1.2.1`,
    behavior: 'whom no rule lets in gets access_denied after the login, no code and no session',
  },
  'people-removed': {
    source: `${RFC}/rfc6750#section-3.1`,
    behavior:
      'whoever is taken out of the rules is refused at the edge, at refresh and as a session at once',
  },
  'people-membership': {
    source: `${RFC}/rfc6749#section-5.2`,
    behavior:
      'whoever leaves the organisation that let them in gets invalid_grant, and their tokens die',
  },
  'people-outage': {
    source: `${RFC}/rfc9110#section-15.6.4`,
    behavior: 'a provider that is away costs nobody their login: what it told before counts',
  },
  'people-names': {
    source: `${OIDC}#ClaimStability`,
    behavior: 'a name in a rule is one account’s, renamed or not, also when two swap their names',
  },
  'people-other-issuer': {
    source: `${RFC}/rfc9068#section-4`,
    behavior: 'a token of another issuer on the same store and secret opens nothing here',
  },
} as const satisfies Record<string, Requirement>
