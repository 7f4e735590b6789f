/** Access tokens: signed JWTs of one audience (RFC 9068). Signed by oauth-server, verified at the edge. */

import { type KeyObject, sign } from 'node:crypto'
import { type CryptoKey, errors, type JWTHeaderParameters, type JWTPayload, jwtVerify } from 'jose'
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

/** The key type that `jose` verifies with. */
export type VerificationKey = CryptoKey

export interface SigningKey {
  readonly kid: string
  readonly algorithm: SigningAlgorithm
  readonly privateKey: KeyObject
}

export function signAccessToken(claims: AccessTokenClaims, key: SigningKey): string {
  return signJwt(ACCESS_TOKEN_TYPE, claims, key)
}

/**
 * A JWT in compact form (RFC 7515 section 7.1). Keys and verification are jose's; signing is most of
 * what a token costs, and jose signs through WebCrypto, which on one core takes four times as long for
 * ES256 and a quarter longer for RS256 (see bench/).
 */
export function signJwt(typ: string, claims: object, key: SigningKey): string {
  const header = toBase64url({ alg: key.algorithm, kid: key.kid, typ })
  const text = `${header}.${toBase64url(claims)}`
  return `${text}.${signText(text, key).toString('base64url')}`
}

function toBase64url(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

function signText(text: string, { algorithm, privateKey }: SigningKey): Buffer {
  const bytes = Buffer.from(text)
  if (algorithm === 'EdDSA') return sign(null, bytes, privateKey)
  const signature = sign('sha256', bytes, privateKey)
  return algorithm === 'ES256' ? toConcatenated(signature) : signature
}

const P256_BYTES = 32

/**
 * ECDSA signatures come as DER and stand in a JWS as two numbers side by side (RFC 7518 section 3.4).
 * Node can convert them itself, for more than the signature takes.
 */
function toConcatenated(der: Buffer): Buffer {
  // 30 length, 02 length r, 02 length s: for this curve each length is one byte.
  const endOfR = 4 + (der[3] ?? 0)
  const [r, s] = [der.subarray(4, endOfR), der.subarray(endOfR + 2)]
  const both = Buffer.alloc(2 * P256_BYTES)
  for (const [number, end] of [
    [r, P256_BYTES],
    [s, 2 * P256_BYTES],
  ] as const) {
    // DER drops leading zeros, and adds one where the first bit is set.
    const digits = number.subarray(Math.max(0, number.length - P256_BYTES))
    both.set(digits, end - digits.length)
  }
  return both
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
