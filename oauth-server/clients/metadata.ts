/**
 * Client metadata as it is sent (RFC 7591 section 2): lenient in what clients really send, strict where
 * it is dangerous. What is not understood is dropped, never echoed.
 */

import { OAuthError } from '../../lib/oauth/error.ts'
import { formatScope, parseScope } from '../../lib/oauth/scope.ts'
import { fewMarks } from '../pages/few-marks.ts'
import {
  AUTH_METHODS,
  type AuthMethod,
  type ClientMetadata,
  type GrantType,
  OPEN_GRANT_TYPES,
} from './client.ts'
import { parseClientKeys } from './key-metadata.ts'
import { redirectUriFault } from './redirect-uri.ts'

/** Wire names to values of any type. */
export type MetadataDocument = Readonly<Record<string, unknown>>

const REDIRECT_URIS_MAX = 20
const TEXT_CHARACTERS_MAX = 200
const LINK_CHARACTERS_MAX = 2048
const CONTACTS_MAX = 10

const LINKS = ['client_uri', 'logo_uri', 'tos_uri', 'policy_uri'] as const
const TEXTS = ['software_id', 'software_version', 'application_type'] as const

/**
 * @throws OAuthError `invalid_redirect_uri` or `invalid_client_metadata`.
 */
export function parseClientMetadata(
  document: MetadataDocument,
  knownScopes: readonly string[],
): ClientMetadata {
  const grantTypes = parseGrantTypes(document['grant_types'])
  const authMethod = parseAuthMethod(document['token_endpoint_auth_method'])
  const keys = parseClientKeys(document)
  if (authMethod === 'private_key_jwt' && keys === undefined) {
    throw invalid('private_key_jwt needs jwks or jwks_uri')
  }
  return {
    redirectUris: parseRedirectUris(document['redirect_uris'], grantTypes),
    authMethod,
    grantTypes,
    keys,
    name: parseText(document['client_name'], 'client_name'),
    echoed: {
      ...parseLinks(document),
      ...parseTexts(document),
      ...parseContacts(document['contacts']),
      ...parseKnownScope(document['scope'], knownScopes),
    },
  }
}

function parseRedirectUris(value: unknown, grantTypes: readonly GrantType[]): readonly string[] {
  // A device never sees a redirect (RFC 8628 section 3.1).
  if (!isPresent(value) && !grantTypes.includes('authorization_code')) return []
  const uris = isTextList(value) ? [...new Set(value)] : []
  if (uris.length === 0 || uris.length > REDIRECT_URIS_MAX) {
    throw new OAuthError(
      'invalid_redirect_uri',
      `redirect_uris must be a list of 1 to ${REDIRECT_URIS_MAX} URIs`,
    )
  }
  for (const uri of uris) {
    const fault = redirectUriFault(uri)
    if (fault !== undefined) {
      const shown = uri.slice(0, TEXT_CHARACTERS_MAX)
      throw new OAuthError('invalid_redirect_uri', `redirect URI ${shown} ${fault}`)
    }
  }
  return uris
}

/** RFC 7591 section 2: if omitted, the default is `client_secret_basic`. */
function parseAuthMethod(value: unknown): AuthMethod {
  if (!isPresent(value)) return 'client_secret_basic'
  const method = AUTH_METHODS.find((one) => one === value)
  if (method !== undefined) return method
  // Registering a weaker method than the one asked for would be worse than refusing.
  throw invalid(`token_endpoint_auth_method must be one of ${AUTH_METHODS.join(', ')}`)
}

/**
 * What was asked for and is supported; the rest is dropped, because clients name all they know. A
 * refresh token alone would have nothing to come from: the code is meant with it.
 */
function parseGrantTypes(value: unknown): readonly GrantType[] {
  if (!isPresent(value)) return ['authorization_code', 'refresh_token']
  if (!isTextList(value)) throw invalid('grant_types must be a list')
  const kept = OPEN_GRANT_TYPES.filter((type) => value.includes(type))
  if (kept.length === 1 && kept[0] === 'refresh_token') return ['authorization_code', ...kept]
  if (kept.length > 0) return kept
  if (value.length === 0) return ['authorization_code', 'refresh_token']
  throw invalid(
    `grant_types has none of ${OPEN_GRANT_TYPES.join(', ')}; ` +
      'for client_credentials the operator writes the client into gateway.yaml',
  )
}

function parseLinks(document: MetadataDocument): Record<string, string> {
  return collect(LINKS, (name) => {
    const link = document[name]
    if (!isPresent(link)) return undefined
    const isWeb = typeof link === 'string' && /^https?:$/.test(URL.parse(link)?.protocol ?? '')
    if (isWeb && link.length <= LINK_CHARACTERS_MAX) return link
    throw invalid(`${name} must be an http or https URL`)
  })
}

function parseTexts(document: MetadataDocument): Record<string, string> {
  return collect(TEXTS, (name) => parseText(document[name], name))
}

function parseText(value: unknown, name: string): string | undefined {
  if (!isPresent(value)) return undefined
  if (typeof value !== 'string') throw invalid(`${name} must be a text`)
  // Control and bidirectional characters would let a name rewrite the page it stands on; what nobody sees, be nameless.
  const visible = value.replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{DI}\p{Zl}\p{Zp}]/gu, '').trim()
  const text = fewMarks(visible)
  return text === '' ? undefined : [...text].slice(0, TEXT_CHARACTERS_MAX).join('')
}

function parseContacts(value: unknown): Record<string, readonly string[]> {
  if (!isTextList(value) || value.length === 0) return {}
  return {
    contacts: value.slice(0, CONTACTS_MAX).map((one) => one.slice(0, TEXT_CHARACTERS_MAX)),
  }
}

/** Registering a scope grants nothing: what is granted is asked and answered at each authorization. */
function parseKnownScope(value: unknown, known: readonly string[]): Record<string, string> {
  if (typeof value !== 'string') return {}
  const scope = formatScope(parseScope(value).filter((one) => known.includes(one)))
  return scope === '' ? {} : { scope }
}

function collect(
  names: readonly string[],
  read: (name: string) => string | undefined,
): Record<string, string> {
  const found = names.map((name): [string, string | undefined] => [name, read(name)])
  return Object.fromEntries(
    found.filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}

/** Clients write `null` and `""` for what they leave out. */
function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null && value !== ''
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((member) => typeof member === 'string')
}

function invalid(description: string): OAuthError {
  return new OAuthError('invalid_client_metadata', description)
}
