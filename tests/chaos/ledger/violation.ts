/** What must never happen, whatever breaks. */

export const INVARIANTS = {
  'revoked-accepted': 'no revoked token is let in later than two seconds after the revocation',
  'foreign-accepted': 'no token of another endpoint, person or issuer is ever accepted',
  'good-refused': 'no good token is called bad',
  'code-twice': 'no code is redeemed twice',
  'refresh-twice': 'no refresh token is redeemed twice but for the same answer within the grace',
  'registration-lost': 'no acknowledged registration is lost',
  'grant-lost': 'no acknowledged grant is lost',
  'consent-lost': 'no acknowledged consent is lost',
  'revocation-lost': 'no acknowledged revocation is lost',
  'message-foreign': 'no message is delivered to somebody else',
  'process-unaccounted': 'every process is accounted for',
  'descriptor-unaccounted': 'every descriptor is accounted for',
  'outage-too-long': 'what a fault takes away is back in time',
  'store-unsound': 'the store can write, and nothing it holds is damaged',
} as const

export type Invariant = keyof typeof INVARIANTS

export interface Violation {
  readonly invariant: Invariant
  /** Milliseconds since the run began. */
  readonly atMs: number
  readonly words: string
}

export type Report = (invariant: Invariant, words: string) => void
