/**
 * A client ID metadata document as a client (draft-ietf-oauth-client-id-metadata-document section 4).
 *
 * Strict as a whole: one redirect URI that may not be used spoils the document. To drop it would let a
 * document in that was altered or made for somebody else, and no known client publishes one.
 */

import { OAuthError } from '../../../lib/oauth/error.ts'
import type { JsonObject } from '../../../lib/platform/json.ts'
import { digest } from '../../../lib/platform/seal.ts'
import type { AuthMethod, Client, ClientMetadata } from '../client.ts'
import { parseClientMetadata } from '../metadata.ts'
import { redirectUriFault } from '../redirect-uri.ts'
import type { OwnHosts } from './document-url.ts'
import { parseClientKeys } from './keys.ts'
import { parseStrictJson } from './strict-json.ts'

export interface DocumentRules {
  readonly knownScopes: readonly string[]
  readonly ownHosts: OwnHosts
}

/** Everybody can read a document: it can hold nothing that only two may know. */
const SHARED_SECRETS = ['client_secret', 'client_secret_expires_at']
const SHARED_SECRET_METHODS = ['client_secret_post', 'client_secret_basic', 'client_secret_jwt']

/**
 * @throws OAuthError `invalid_client_metadata`, to be read after "the document cannot be used:". It quotes
 * nothing: what was fetched may not have been meant for whoever reads this.
 */
export function parseClientDocument(url: string, text: string, rules: DocumentRules): Client {
  const document = parseStrictJson(text)
  if (document['client_id'] !== url)
    throw invalid('its client_id is not the URL it was fetched from')
  if (SHARED_SECRETS.some((name) => document[name] !== undefined)) {
    throw invalid('it contains a client secret')
  }
  checkRedirectUris(document['redirect_uris'])
  const authMethod = parseAuthMethod(document)
  const keys = parseClientKeys(document, rules.ownHosts)
  if (authMethod === 'private_key_jwt' && keys === undefined) {
    throw invalid('private_key_jwt needs jwks or jwks_uri')
  }
  const described = { ...document, token_endpoint_auth_method: authMethod }
  const metadata = parseClientMetadata(described, rules.knownScopes)
  // The MCP authorization specification asks for one; who registers may leave it out.
  if (metadata.name === undefined) throw invalid('it has no client_name that can be shown')
  return {
    ...metadata,
    kind: 'document',
    id: url,
    secretDigest: undefined,
    registeredAt: 0,
    revision: toRevision(metadata),
    // A public client that can sign as well may do so (RP Metadata Choices).
    keys: listMethods(document).includes('private_key_jwt') ? keys : undefined,
  }
}

/** Before the metadata as a whole, whose errors quote the URI. */
function checkRedirectUris(value: unknown): void {
  if (!Array.isArray(value)) throw invalid('it has no list of redirect_uris')
  for (const [index, uri] of value.entries()) {
    const fault = typeof uri === 'string' ? redirectUriFault(uri) : 'is not a text'
    if (fault !== undefined) throw invalid(`redirect_uris[${index}] ${fault}`)
  }
}

/** The method it declares, and the others it says it can use: ChatGPT's document names two. */
function listMethods(document: JsonObject): readonly unknown[] {
  const { token_endpoint_auth_method: declared, token_endpoint_auth_methods_supported: others } =
    document
  return [declared, others].flat().filter((method) => method !== undefined)
}

/** The least that it offers: PKCE binds the code, and the redirect URI proves who it is. */
function parseAuthMethod(document: JsonObject): AuthMethod {
  const methods = listMethods(document)
  if (SHARED_SECRET_METHODS.some((method) => document['token_endpoint_auth_method'] === method)) {
    throw invalid('its token_endpoint_auth_method needs a client secret')
  }
  if (methods.length === 0 || methods.includes('none')) return 'none'
  if (methods.includes('private_key_jwt')) return 'private_key_jwt'
  throw invalid('its token_endpoint_auth_method must be none or private_key_jwt')
}

/** Of what a person is asked about; keys change without anybody having to agree. */
function toRevision({
  name,
  redirectUris,
  authMethod,
  grantTypes,
  echoed,
}: ClientMetadata): string {
  return digest(JSON.stringify([name, redirectUris, authMethod, grantTypes, echoed]))
}

function invalid(description: string): OAuthError {
  return new OAuthError('invalid_client_metadata', description)
}
