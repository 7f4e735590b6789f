/**
 * Signed JWTs in compact form (RFC 7515 section 7.1): made, taken apart and verified.
 *
 * Keys, their thumbprints and everything else of JOSE are `jose`'s. The signature itself is made and
 * verified by `node:crypto`: through WebCrypto, as `jose` does it, signing takes four times as long for
 * ES256 and verifying a quarter longer, twice as long for RS256 (see bench/). Each token costs one of
 * the first, each new token at the edge one of the second.
 */

import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto'

export const SIGNING_ALGORITHMS = ['ES256', 'RS256', 'EdDSA'] as const
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number]

export interface SigningKey {
  readonly kid: string
  readonly algorithm: SigningAlgorithm
  readonly privateKey: KeyObject
}

export interface ParsedJws {
  readonly algorithm: SigningAlgorithm
  readonly kid: string
  /** In lower case, without `application/`; empty when there is none. */
  readonly typ: string
  readonly payload: Readonly<Record<string, unknown>>
  /** What the signature is over. */
  readonly signed: string
  readonly signature: Buffer
}

export function signJwt(typ: string, claims: object, key: SigningKey): string {
  const header = toBase64url({ alg: key.algorithm, kid: key.kid, typ })
  const text = `${header}.${toBase64url(claims)}`
  return `${text}.${signText(text, key).toString('base64url')}`
}

/** The parts of a JWT, nothing of them believed yet; a text says why it is none that we could have made. */
export function parseJws(token: string): ParsedJws | string {
  const [header, payload, signature, ...more] = token.split('.')
  if (header === undefined || payload === undefined || signature === undefined || more.length > 0)
    return 'not three parts'
  const signatureBytes = decode(signature)
  const fields = parseObject(header)
  const claims = parseObject(payload)
  if (signatureBytes === undefined || fields === undefined || claims === undefined)
    return 'a part is not what it has to be'
  // RFC 7515 section 4.1.11: whoever does not know an extension that is marked so must refuse.
  if (Object.hasOwn(fields, 'crit')) return 'an extension is critical'
  const { alg, kid, typ } = fields
  if (!isSigningAlgorithm(alg)) return 'the algorithm is not one of ours'
  if (typeof kid !== 'string') return 'no key is named'
  return {
    algorithm: alg,
    kid,
    typ: typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : '',
    payload: claims,
    signed: token.slice(0, token.length - signature.length - 1),
    signature: signatureBytes,
  }
}

/** The key has to be one of `toVerificationKey` for the same algorithm. */
export function hasValidSignature(
  { algorithm, signed, signature }: Pick<ParsedJws, 'algorithm' | 'signed' | 'signature'>,
  key: KeyObject,
): boolean {
  const bytes = Buffer.from(signed)
  if (algorithm === 'EdDSA') return verify(null, bytes, key, signature)
  if (algorithm === 'RS256') return verify('sha256', bytes, key, signature)
  const der = toDer(signature)
  return der !== undefined && verify('sha256', bytes, key, der)
}

/** @throws TypeError for a key of another kind than the algorithm that it names. */
export function toVerificationKey(jwk: { readonly alg: string }): KeyObject {
  // Of a symmetric key there is no public half: this refuses it.
  const key = createPublicKey({ key: { ...jwk }, format: 'jwk' })
  if (isSigningAlgorithm(jwk.alg) && IS_OF_KIND[jwk.alg](key)) return key
  throw new TypeError(`a key of type ${key.asymmetricKeyType} cannot verify ${jwk.alg}`)
}

const RSA_BITS_MIN = 2048

const IS_OF_KIND: Record<SigningAlgorithm, (key: KeyObject) => boolean> = {
  ES256: ({ asymmetricKeyType, asymmetricKeyDetails }) =>
    asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1',
  RS256: ({ asymmetricKeyType, asymmetricKeyDetails }) =>
    asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= RSA_BITS_MIN,
  EdDSA: ({ asymmetricKeyType }) => asymmetricKeyType === 'ed25519',
}

function isSigningAlgorithm(name: unknown): name is SigningAlgorithm {
  return SIGNING_ALGORITHMS.includes(name as SigningAlgorithm)
}

/** Only the one way to write these bytes: another would be a second token with the same signature. */
function decode(part: string): Buffer | undefined {
  const bytes = Buffer.from(part, 'base64url')
  return bytes.toString('base64url') === part ? bytes : undefined
}

function parseObject(part: string): Record<string, unknown> | undefined {
  const bytes = decode(part)
  if (bytes === undefined) return undefined
  try {
    const value: unknown = JSON.parse(bytes.toString())
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    // Not JSON: no JWT.
    return undefined
  }
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
 * Node can convert them itself, in both directions, but only for a key inside of options: looking
 * through those takes as long as a signature.
 */
function toConcatenated(der: Buffer): Buffer {
  // 30 length, 02 length r, 02 length s: for this curve each length is one byte.
  const endOfR = 4 + (der[3] ?? 0)
  const both = Buffer.alloc(2 * P256_BYTES)
  copyDigits(der, { from: 4, to: endOfR }, both, P256_BYTES)
  copyDigits(der, { from: endOfR + 2, to: der.length }, both, 2 * P256_BYTES)
  return both
}

/** DER drops leading zeros, and adds one where the first bit is set. */
function copyDigits(der: Buffer, { from, to }: Range, both: Buffer, end: number): void {
  const first = Math.max(from, to - P256_BYTES)
  der.copy(both, end - (to - first), first, to)
}

interface Range {
  readonly from: number
  readonly to: number
}

const DER_SEQUENCE = 0x30
const DER_INTEGER = 0x02
/** Two numbers, each with two bytes before it and perhaps a zero, behind two bytes. */
const DER_BYTES_MAX = 2 + 2 * (2 + 1 + P256_BYTES)

/** The way back; undefined for what is not two numbers of this curve. */
function toDer(both: Buffer): Buffer | undefined {
  if (both.length !== 2 * P256_BYTES) return undefined
  const der = Buffer.alloc(DER_BYTES_MAX)
  const endOfR = writeInteger(der, 2, both, 0)
  const end = writeInteger(der, endOfR, both, P256_BYTES)
  der[0] = DER_SEQUENCE
  der[1] = end - 2
  return der.subarray(0, end)
}

/** Without leading zeros, but with one where the first bit is set: it would be the sign. Where it ends. */
function writeInteger(der: Buffer, at: number, both: Buffer, begin: number): number {
  const end = begin + P256_BYTES
  let first = begin
  while (first < end - 1 && both[first] === 0) first += 1
  const sign = (both[first] ?? 0) < 0x80 ? 0 : 1
  der[at] = DER_INTEGER
  der[at + 1] = sign + end - first
  const digits = at + 2 + sign
  both.copy(der, digits, first, end)
  return digits + end - first
}
