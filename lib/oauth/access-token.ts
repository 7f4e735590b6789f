/** Access tokens: signed JWTs of one audience (RFC 9068). Signed by oauth-server, verified at the edge. */

import type { KeyObject } from 'node:crypto'
import type { Clock } from '../platform/clock.ts'
import { hasValidSignature, type ParsedJws, parseJws, type SigningKey, signJwt } from './jws.ts'

/** RFC 9068 section 2.1: keeps ID tokens and other JWTs of ours from passing as access tokens. */
export const ACCESS_TOKEN_TYPE = 'at+jwt'

/** So long after its `exp` a token still counts: the clock that made it may have been a little behind. */
export const CLOCK_TOLERANCE_SECONDS = 5

/** From a clock that is ahead of ours by more than this nothing counts, whatever our signature says. */
const AHEAD_SECONDS_MAX = 30

/** Epochs are whole seconds. */
export interface AccessTokenClaims {
  readonly iss: string
  readonly sub: string
  /** The MCP endpoint this token is for, byte for byte: exactly one. */
  readonly aud: string
  readonly client_id: string
  readonly scope: string
  readonly jti: string
  readonly iat: number
  readonly exp: number
  readonly auth_time: number
  readonly grant_id: string
  readonly preferred_username: string
}

/** Of `toVerificationKey`. */
export type VerificationKey = KeyObject

export function signAccessToken(claims: AccessTokenClaims, key: SigningKey): string {
  return signJwt(ACCESS_TOKEN_TYPE, claims, key)
}

type FoundKey = VerificationKey | undefined

/** Finds the key a token names, undefined when the set lacks it; rejects when it cannot be known. */
export type FindKey = (kid: string, algorithm: string) => FoundKey | Promise<FoundKey>

export interface VerificationExpectations {
  readonly issuer: string
  /** The one resource the token must be for; undefined where a token for any one of ours will do. */
  readonly audience: string | undefined
  readonly now: Clock
}

export type Verification =
  | { readonly valid: true; readonly claims: AccessTokenClaims }
  | {
      readonly valid: false
      readonly reason: TokenFault
      readonly detail: string
      /** Whose it was, where it is ours and only too old or for something else: for the log. */
      readonly claims?: Pick<AccessTokenClaims, 'sub' | 'client_id'>
    }

export type TokenFault =
  | 'malformed'
  | 'expired'
  | 'wrong_audience'
  | 'unknown_key'
  | 'bad_signature'

/**
 * Verifies `typ`, key, signature, `iss`, `aud`, `exp` and the shape of every claim we rely on. At once when
 * `findKey` answers at once. Rejects only when `findKey` does: that is our fault, not the token's.
 */
export function verifyAccessToken(
  token: string,
  findKey: FindKey,
  expected: VerificationExpectations,
): Verification | Promise<Verification> {
  const parsed = parseJws(token)
  if (typeof parsed === 'string') return fault('malformed', parsed)
  if (parsed.typ !== ACCESS_TOKEN_TYPE) return fault('malformed', 'not an access token')
  const key = findKey(parsed.kid, parsed.algorithm)
  return key instanceof Promise
    ? key.then((found) => verifyWith(found, parsed, expected))
    : verifyWith(key, parsed, expected)
}

function verifyWith(
  key: FoundKey,
  parsed: ParsedJws,
  expected: VerificationExpectations,
): Verification {
  if (key === undefined) return fault('unknown_key', 'no such key')
  if (!hasValidSignature(parsed, key)) return fault('bad_signature', 'the signature is not ours')
  return checkClaims(parsed.payload, expected)
}

const TEXT_CLAIMS = ['sub', 'client_id', 'scope', 'jti', 'grant_id', 'preferred_username'] as const
const TIME_CLAIMS = ['iat', 'exp', 'auth_time'] as const

function checkClaims(
  payload: ParsedJws['payload'],
  { issuer, audience, now }: VerificationExpectations,
): Verification {
  for (const name of TEXT_CLAIMS) {
    if (typeof payload[name] !== 'string') return fault('malformed', `claim ${name} is not a text`)
  }
  for (const name of TIME_CLAIMS) {
    if (!Number.isInteger(payload[name])) return fault('malformed', `claim ${name} is not a time`)
  }
  const claims = payload as unknown as AccessTokenClaims & { readonly nbf?: unknown }
  if (claims.iss !== issuer) return fault('malformed', 'the token is of another issuer')
  const untimely = checkTimes(claims, now() / 1000)
  if (untimely !== undefined) return { ...untimely, claims }
  // A list would make one token good for two servers: only the one text counts.
  if (typeof payload['aud'] !== 'string' || payload['aud'] !== (audience ?? payload['aud']))
    return { ...fault('wrong_audience', `aud is ${JSON.stringify(payload['aud'])}`), claims }
  return { valid: true, claims }
}

function checkTimes(
  { exp, iat, nbf }: Pick<AccessTokenClaims, 'exp' | 'iat'> & { readonly nbf?: unknown },
  now: number,
): Verification | undefined {
  if (exp <= now - CLOCK_TOLERANCE_SECONDS) return fault('expired', `exp was ${exp}`)
  if (isAhead(iat, now)) return fault('malformed', 'the token was issued in the future')
  if (nbf !== undefined && !(typeof nbf === 'number' && !isAhead(nbf, now)))
    return fault('malformed', 'the token does not count yet')
  return undefined
}

/** Epoch seconds. Whether a token begins later than clocks may differ: also one that was verified before ours was put back. */
export function isAhead(begins: number, now: number): boolean {
  return begins > now + AHEAD_SECONDS_MAX
}

function fault(reason: TokenFault, detail: string): Verification {
  return { valid: false, reason, detail }
}
