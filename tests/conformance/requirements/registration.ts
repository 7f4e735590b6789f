/** Registration and its management (RFC 7591, RFC 7592). */

import { type Requirement, RFC } from './requirement.ts'

const DCR = `${RFC}/rfc7591`
const MANAGEMENT = `${RFC}/rfc7592`

export const REGISTRATION = {
  'registration-answer': {
    source: `${DCR}#section-3.2.1`,
    behavior: '201 JSON that nobody stores, with an id of ours and everything as really registered',
  },
  'registration-secret-expiry': {
    source: `${DCR}#section-3.2.1`,
    behavior: 'whoever gets a secret is told when it expires, and nobody else',
  },
  'registration-default-method': {
    source: `${DCR}#section-2`,
    behavior: 'without a method a client is registered for client_secret_basic, and it works',
  },
  'registration-unknown-ignored': {
    source: `${DCR}#section-2`,
    behavior: 'unknown members, grants and response types are ignored, and the truth is echoed',
  },
  'registration-errors': {
    source: `${DCR}#section-3.2.2`,
    behavior: 'bad redirects and bad metadata have their own codes, and nothing is registered',
  },
  'registration-keys-once': {
    source: `${DCR}#section-2`,
    behavior: 'jwks and jwks_uri exclude each other, and private keys are refused',
  },
  'registration-consistent': {
    source: `${DCR}#section-2.1`,
    behavior: 'grant types and response types agree',
  },
  'registration-id-is-ours': {
    source: `${DCR}#section-3.2.1`,
    behavior: 'a client id in the request is ignored, and two registrations are two clients',
  },
  'registration-body-bounds': {
    source: `${DCR}#section-5`,
    behavior: 'only JSON of at most 16 KB is read',
  },
  'registration-dangerous-redirects': {
    source: `${RFC}/rfc9700#section-4.1.3`,
    behavior:
      'scripts, look-alikes of loopback, http elsewhere, fragments and wildcards are refused',
  },
  'registration-real-clients': {
    source: `${RFC}/rfc8252#section-7`,
    behavior: 'what real clients register is registered, custom schemes and portless loopback too',
  },
  'management-needs-its-token': {
    source: `${MANAGEMENT}#section-2.1`,
    behavior: 'no, a wrong and another client’s token are one refusal that tells nothing',
  },
  'management-read': {
    source: `${MANAGEMENT}#section-2.1`,
    behavior: 'a client reads what it registered',
  },
  'management-replace': {
    source: `${MANAGEMENT}#section-2.2`,
    behavior: 'replacing removes what is left out and rotates the registration token',
  },
  'management-repeated': {
    source: `${MANAGEMENT}#section-2.2`,
    behavior:
      'whoever lost the answer of a replacement gets it again with the same token and body, and nobody else',
  },
  'management-grants-given-up': {
    source: `${RFC}/rfc6749#section-5.2`,
    behavior: 'a grant type that a client has given up is unauthorized_client, and uses nothing up',
  },
  'management-guessing': {
    source: `${MANAGEMENT}#section-5`,
    behavior:
      'guesses at registration tokens get 429 and the time to wait, the right token does not',
  },
  'registration-read-one-way': {
    source: `${RFC}/rfc8259#section-4`,
    behavior:
      'members that occur twice, prototypes and towers are refused, and no key keeps what means nothing',
  },
  'management-delete-reaches-the-edge': {
    source: `${MANAGEMENT}#section-2.3`,
    behavior:
      'after a deletion its tokens are refused here at once, and at the edge within two seconds',
  },
  'registration-unused-ends': {
    source: `${DCR}#section-5`,
    behavior: 'a registration that nobody approves is gone after a day, an approved one is not',
  },
  'registration-flood': {
    source: `${DCR}#section-5`,
    behavior: 'a flood of one address gets 429 and the time to wait, a class room does not',
  },
} as const satisfies Record<string, Requirement>
