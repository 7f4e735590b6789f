/** Public keys of a client, for `private_key_jwt` (RFC 7591 section 2, RFC 7517). */

import { OAuthError } from '../../lib/oauth/error.ts'
import { isObject } from '../../lib/platform/json.ts'
import { outboundUrlFault } from '../../lib/platform/outbound/outbound-url.ts'
import type { ClientKeys } from './client.ts'

const KEYS_MAX = 10
const KEY_BYTES_MAX = 4096

/** Members that only a private or a symmetric key has (RFC 7518 section 6). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const
const KEY_TYPES: readonly unknown[] = ['EC', 'RSA', 'OKP']

/** What a key is verified with and chosen by (RFC 7517 section 4); nothing else is kept of it. */
const TEXT_MEMBERS = ['kty', 'crv', 'x', 'y', 'n', 'e', 'kid', 'use', 'alg'] as const

/** @throws OAuthError `invalid_client_metadata`. */
export function parseClientKeys(
  document: Readonly<Record<string, unknown>>,
): ClientKeys | undefined {
  const { jwks, jwks_uri: jwksUri } = document
  const [hasSet, hasUri] = [isGiven(jwks), isGiven(jwksUri)]
  if (hasSet && hasUri) throw invalid('jwks and jwks_uri exclude each other')
  if (hasUri) return { jwksUri: parseUri(jwksUri) }
  return hasSet ? { jwks: { keys: parseSet(jwks) } } : undefined
}

function parseUri(value: unknown): string {
  if (typeof value !== 'string') throw invalid('jwks_uri must be a text')
  const fault = outboundUrlFault(value)
  if (fault !== undefined) throw invalid(`jwks_uri ${fault}`)
  return value
}

function parseSet(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  const keys = isObject(value) ? value['keys'] : undefined
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > KEYS_MAX) {
    throw invalid(`jwks must have 1 to ${KEYS_MAX} keys`)
  }
  return keys.map(parseKey)
}

function parseKey(key: unknown): Readonly<Record<string, unknown>> {
  if (!isObject(key) || !KEY_TYPES.includes(key['kty'])) {
    throw invalid(`each key of jwks must be a public key of type ${KEY_TYPES.join(', ')}`)
  }
  if (PRIVATE_MEMBERS.some((member) => Object.hasOwn(key, member))) {
    throw invalid('jwks has a private key: keep it, and register the public one')
  }
  const kept = keepMembers(key)
  if (JSON.stringify(kept).length > KEY_BYTES_MAX) throw invalid('a key of jwks is too large')
  return kept
}

function keepMembers(key: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const texts = TEXT_MEMBERS.filter((name) => isGiven(key[name]))
  const wrong = texts.find((name) => typeof key[name] !== 'string')
  if (wrong !== undefined) throw invalid(`${wrong} of a key of jwks must be a text`)
  const { key_ops: operations } = key
  const isList = Array.isArray(operations) && operations.every((one) => typeof one === 'string')
  if (isGiven(operations) && !isList) throw invalid('key_ops must be a list of texts')
  const kept = texts.map((name) => [name, key[name]])
  return Object.fromEntries(isList ? [...kept, ['key_ops', operations]] : kept)
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== ''
}

function invalid(description: string): OAuthError {
  return new OAuthError('invalid_client_metadata', description)
}
