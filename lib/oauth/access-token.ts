/** Access tokens: signed JWTs of one audience (RFC 9068). Signed by oauth-server, verified at the edge. */

import {
  type CryptoKey,
  errors,
  type JWTHeaderParameters,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from 'jose'
import type { Clock } from '../platform/clock.ts'

/** RFC 9068 section 2.1: keeps ID tokens and other JWTs of ours from passing as access tokens. */
export const ACCESS_TOKEN_TYPE = 'at+jwt'

export const SIGNING_ALGORITHMS = ['ES256', 'RS256', 'EdDSA'] as const
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number]

/** Clocks of two processes may differ by this much before `exp` or `nbf` decides. */
const CLOCK_TOLERANCE_SECONDS = 5

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

/** The key type that `jose` works with, private or public. */
export type VerificationKey = CryptoKey

export interface SigningKey {
  readonly kid: string
  readonly algorithm: SigningAlgorithm
  readonly privateKey: CryptoKey
}

export async function signAccessToken(claims: AccessTokenClaims, key: SigningKey): Promise<string> {
  return await new SignJWT({ ...claims })
    .setProtectedHeader({ alg: key.algorithm, kid: key.kid, typ: ACCESS_TOKEN_TYPE })
    .sign(key.privateKey)
}

/** Finds the key a token names, undefined when the set lacks it; rejects when it cannot be known. */
export type FindKey = (kid: string, algorithm: string) => Promise<VerificationKey | undefined>

export interface VerificationExpectations {
  readonly issuer: string
  /** The one resource the token must be for; undefined where a token for any one of ours will do. */
  readonly audience: string | undefined
  readonly now: Clock
}

export type Verification =
  | { readonly valid: true; readonly claims: AccessTokenClaims }
  | { readonly valid: false; readonly reason: TokenFault; readonly detail: string }

export type TokenFault =
  | 'malformed'
  | 'expired'
  | 'wrong_audience'
  | 'unknown_key'
  | 'bad_signature'

/**
 * Verifies `typ`, key, signature, `iss`, `aud`, `exp` and the shape of every claim we rely on.
 * Rejects only when `findKey` does: that is our fault, not the token's.
 */
export async function verifyAccessToken(
  token: string,
  findKey: FindKey,
  expected: VerificationExpectations,
): Promise<Verification> {
  let ourFault: { readonly cause: unknown } | undefined
  const keyOf = async ({ kid, alg }: JWTHeaderParameters): Promise<VerificationKey> => {
    if (typeof kid !== 'string') throw new UnknownKeyError('the token names no key')
    const key = await findKey(kid, alg).catch((cause: unknown) => {
      ourFault = { cause }
      throw cause
    })
    if (key === undefined) throw new UnknownKeyError('no such key')
    return key
  }
  try {
    const { payload } = await jwtVerify(token, keyOf, {
      algorithms: [...SIGNING_ALGORITHMS],
      typ: ACCESS_TOKEN_TYPE,
      issuer: expected.issuer,
      currentDate: new Date(expected.now()),
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
    })
    return checkClaims(payload, expected.audience, expected.now)
  } catch (error) {
    if (ourFault !== undefined) throw ourFault.cause
    return { valid: false, ...toFault(error) }
  }
}

/** A token whose key is not in the set, known to `toFault` only. */
class UnknownKeyError extends Error {
  override readonly name = 'UnknownKeyError'
}

const TEXT_CLAIMS = ['sub', 'client_id', 'scope', 'jti', 'grant_id', 'preferred_username'] as const
const TIME_CLAIMS = ['iat', 'exp', 'auth_time'] as const

function checkClaims(payload: JWTPayload, audience: string | undefined, now: Clock): Verification {
  const fault = (reason: TokenFault, detail: string): Verification => ({
    valid: false,
    reason,
    detail,
  })
  for (const name of TEXT_CLAIMS) {
    if (typeof payload[name] !== 'string') return fault('malformed', `claim ${name} is not a text`)
  }
  for (const name of TIME_CLAIMS) {
    if (!Number.isInteger(payload[name])) return fault('malformed', `claim ${name} is not a time`)
  }
  const claims = payload as unknown as AccessTokenClaims
  if (claims.iat > now() / 1000 + CLOCK_TOLERANCE_SECONDS) {
    return fault('malformed', 'the token was issued in the future')
  }
  // A list would make one token good for two servers: only the one text counts.
  if (typeof payload.aud !== 'string' || payload.aud !== (audience ?? payload.aud))
    return fault('wrong_audience', `aud is ${JSON.stringify(payload.aud)}`)
  return { valid: true, claims }
}

function toFault(error: unknown): { reason: TokenFault; detail: string } {
  const detail = error instanceof Error ? error.message : String(error)
  if (error instanceof errors.JWTExpired) return { reason: 'expired', detail }
  if (error instanceof UnknownKeyError) return { reason: 'unknown_key', detail }
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return { reason: 'bad_signature', detail }
  return { reason: 'malformed', detail }
}
