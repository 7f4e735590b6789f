/** Protections of logins, consent and pages. */

import { type Mutation, unit } from './mutation.ts'

export const PEOPLE: readonly Mutation[] = [
  {
    takesOut: 'an address that is not verified is none',
    file: 'oauth-server/login/providers/oidc/identity.ts',
    from: "const isVerified = trustsEmail || verified === true || verified === 'true'",
    to: 'const isVerified = true',
    noticedBy:
      'a login is the claim for it exactly as it is written, else a verified address, else none',
    test: unit('oauth-server/login/oidc-identity'),
  },
  {
    takesOut: 'an identity is the provider’s id, not a name',
    file: 'oauth-server/access/evaluate.ts',
    from: 'return user.id === bound || user.id === `${rule.provider}:${rule.login}`',
    to: 'return user.login === rule.login',
    noticedBy: 'rules of a service narrow it, and open it to nobody who may not in',
    test: unit('oauth-server/access/evaluate'),
  },
]
