/** Devices (RFC 8628) and clients that act for themselves (RFC 6749 section 4.4). */

import { type Requirement, RFC } from './requirement.ts'

export const DEVICE_AND_MACHINES = {
  'device-metadata': {
    source: `${RFC}/rfc8628#section-4`,
    behavior: 'the metadata names the device endpoint and the grant type, and both work',
  },
  'device-client-id-opens': {
    source: `${RFC}/rfc8628#section-3.1`,
    behavior:
      'a client with a secret begins by its id alone, polls with its secret in the form and refreshes with Basic',
  },
  'device-grant-registered': {
    source: `${RFC}/rfc8628#section-3.1`,
    behavior: 'a client that did not register the grant is refused and told what to register',
  },
  'device-pending': {
    source: `${RFC}/rfc8628#section-3.5`,
    behavior: 'a poll before the decision gets authorization_pending, and after it tokens',
  },
  'device-slow-down': {
    source: `${RFC}/rfc8628#section-3.5`,
    behavior:
      'a poll within the interval gets slow_down and 5 more seconds, which persist; success stays possible',
  },
  'device-denied': {
    source: `${RFC}/rfc8628#section-3.5`,
    behavior: 'a device that was denied gets access_denied, now and later',
  },
  'device-expired': {
    source: `${RFC}/rfc8628#section-3.5`,
    behavior: 'a device code that has expired gets expired_token, whether it was approved or not',
  },
  'device-code-once': {
    source: `${RFC}/rfc8628#section-3.4`,
    behavior:
      'of 50 polls at once one gets tokens; a device code used again ends them at the edge too',
  },
  'device-code-of-client': {
    source: `${RFC}/rfc8628#section-3.4`,
    behavior: 'another client’s poll gets invalid_grant and takes nothing away',
  },
  'device-phishing': {
    source: `${RFC}/rfc8628#section-5.4`,
    behavior:
      'the page shows client, code, scopes, and the address and time of the request, whatever the link and its headers say, and approves nothing by itself',
  },
  'device-page-bound': {
    source: `${RFC}/rfc9700#section-4.7`,
    behavior: 'the decision counts once, and only from the browser and the page that asked',
  },
  'device-user-code-written-anyhow': {
    source: `${RFC}/rfc8628#section-6.1`,
    behavior: 'a user code counts in any case, with or without dash and blanks',
  },
  'device-user-code-used': {
    source: `${RFC}/rfc8628#section-5.1`,
    behavior: 'a user code leads nowhere once its device was approved or denied',
  },
  'device-user-code-guessed-by-one': {
    source: `${RFC}/rfc8628#section-5.1`,
    behavior:
      'the sixth wrong code of one address or browser gets 429 with Retry-After, as does a right one then',
  },
  'device-class-room': {
    source: `${RFC}/rfc8628#section-5.1`,
    behavior:
      'thirty devices are connected at once from one address, and what guesses there are is bounded as ever',
  },
  'device-user-code-guessed-by-one-forging': {
    source: `${RFC}/rfc8628#section-5.1`,
    behavior: 'an address that a caller writes into headers does not get it another try',
  },
  'device-user-code-guessed-by-many': {
    source: `${RFC}/rfc8628#section-5.1`,
    behavior: 'wrong codes from any number of addresses are bounded together',
  },
  'device-service-chosen': {
    source: `${RFC}/rfc8707#section-2.1`,
    behavior: 'without a resource the person chooses the service, and the token is for that one',
  },
  'machine-token': {
    source: `${RFC}/rfc6749#section-4.4`,
    behavior:
      'a client of the operator’s gets a token for itself, without refresh token, and calls with it',
  },
  'machine-only-configured': {
    source: `${RFC}/rfc6749#section-4.4`,
    behavior: 'no other client gets one, whatever it registers',
  },
  'machine-bounds': {
    source: `${RFC}/rfc6749#section-3.3`,
    behavior: 'a machine gets no service and no scope beyond those written down for it',
  },
  'configured-client-login': {
    source: `${RFC}/rfc6749#section-2`,
    behavior: 'a client written down by the operator logs people in without registering',
  },
  'configured-secret-kept': {
    source: `${RFC}/rfc6819#section-5.1.4.1`,
    behavior: 'a configured secret is in no other process’s environment, no log and no store',
  },
} as const satisfies Record<string, Requirement>
