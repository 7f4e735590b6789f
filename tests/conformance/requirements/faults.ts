/** What a caller meets while processes and stores come and go under load. */

import { type Requirement, RFC } from './requirement.ts'

const UNAVAILABLE = `${RFC}/rfc9110#section-15.6.4`

export const FAULTS = {
  'fault-one-decider-killed': {
    source: UNAVAILABLE,
    behavior: 'one of two ext-authz killed under load: no request fails, none is let in wrongly',
  },
  'fault-one-decider-ended': {
    source: UNAVAILABLE,
    behavior: 'both ext-authz restarted one after the other under load: no request fails',
  },
  'fault-deciders-killed': {
    source: UNAVAILABLE,
    behavior:
      'all ext-authz killed: 503 with Retry-After at once, and served again once one is back',
  },
  'fault-one-decider-frozen': {
    source: UNAVAILABLE,
    behavior:
      'one of two ext-authz frozen under load: the other decides, what waited for the first included',
  },
  'fault-deciders-frozen': {
    source: UNAVAILABLE,
    behavior: 'all ext-authz frozen: 503 in bounded time, never a yes',
  },
  'fault-store-killed': {
    source: UNAVAILABLE,
    behavior:
      'store killed: decided from memory for at most 2 s, then 503, never 401 for a good token',
  },
  'fault-store-frozen': {
    source: UNAVAILABLE,
    behavior: 'store frozen: as killed, and served again when it thaws',
  },
  'fault-store-restarted': {
    source: UNAVAILABLE,
    behavior: 'store restarted with what it held: what was revoked just before stays revoked',
  },
  'fault-store-emptied': {
    source: `${RFC}/rfc7009#section-2`,
    behavior: 'store emptied while it runs: 2 s later no token of the store before is let in',
  },
  'fault-store-lost': {
    source: `${RFC}/rfc7009#section-2`,
    behavior: 'store restarted without its files: 2 s later no token of the store before is let in',
  },
  'fault-store-older': {
    source: `${RFC}/rfc7009#section-2`,
    behavior: 'store replaced by an older backup: what was revoked after it stays revoked',
  },
  'fault-authorization-server-ended': {
    source: UNAVAILABLE,
    behavior: 'both oauth-servers restarted one after the other under load: no request fails',
  },
  'fault-authorization-server-killed': {
    source: `${RFC}/rfc6749#section-6`,
    behavior:
      'an oauth-server killed amid logins and refreshes: no login is lost, the other serves at once',
  },
  'fault-decider-of-the-gateway-killed': {
    source: UNAVAILABLE,
    behavior: 'an ext-authz killed under load: nobody notices, and it is started again',
  },
  'fault-store-of-the-gateway-killed': {
    source: UNAVAILABLE,
    behavior: 'the store killed under load: no login is lost, and it is started again',
  },
} as const satisfies Record<string, Requirement>
