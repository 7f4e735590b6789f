/** The keys that a document names (RFC 7591 section 2: `jwks`, `jwks_uri`), and sets of them (RFC 7517). */

import { OAuthError } from '../../../lib/oauth/error.ts'
import { isObject, type JsonObject } from '../../../lib/platform/json.ts'
import type { ClientKeys } from '../client.ts'
import { askedUrlFault, type OwnHosts } from './document-url.ts'

export interface KeySet {
  readonly keys: readonly JsonObject[]
}

const KEYS_MAX = 50
const PUBLIC_TYPES: readonly unknown[] = ['EC', 'RSA', 'OKP']
/** Private halves, and the whole of a symmetric key (RFC 7518 sections 6.2.2, 6.3.2, 6.4.1). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']

/** @throws OAuthError `invalid_client_metadata`. */
export function parseClientKeys(document: JsonObject, ownHosts: OwnHosts): ClientKeys | undefined {
  const { jwks, jwks_uri: jwksUri } = document
  if (jwks !== undefined && jwksUri !== undefined) {
    throw invalid('jwks and jwks_uri exclude each other')
  }
  if (jwks !== undefined) {
    const { keys } = parseKeySet(jwks)
    if (keys.every(isPublicKey)) return { jwks: { keys } }
    throw invalid('jwks has a key that is not public')
  }
  if (jwksUri === undefined) return undefined
  if (typeof jwksUri !== 'string') throw invalid('jwks_uri must be a URL')
  const fault = askedUrlFault(jwksUri, ownHosts)
  if (fault !== undefined) throw invalid(`jwks_uri ${fault}`)
  return { jwksUri }
}

/** @throws OAuthError `invalid_client_metadata`. */
export function parseKeySet(value: unknown): KeySet {
  const keys = isObject(value) ? value['keys'] : undefined
  if (Array.isArray(keys) && keys.length <= KEYS_MAX && keys.every(isObject)) return { keys }
  throw invalid(`a key set must have a list of at most ${KEYS_MAX} keys`)
}

/** What nothing can be verified with is not there. */
export function publicKeysOf({ keys }: KeySet): KeySet {
  return { keys: keys.filter(isPublicKey) }
}

function isPublicKey(key: JsonObject): boolean {
  return (
    PUBLIC_TYPES.includes(key['kty']) && PRIVATE_MEMBERS.every((name) => key[name] === undefined)
  )
}

function invalid(description: string): OAuthError {
  return new OAuthError('invalid_client_metadata', description)
}
