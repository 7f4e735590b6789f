/** What registering and managing a client have in common (RFC 7591 section 3.2.1, RFC 7592 section 3). */

import { digest, randomText } from '../../lib/platform/seal.ts'
import { type Client, type ClientMetadata, usesSecret } from './client.ts'

/** What is said once and kept as a hash only. */
export interface Handed {
  readonly secret?: string | undefined
  readonly managementToken: string
}

/** The record for this metadata, and what its client has to be told. A secret it has already stays. */
export function issueClient(
  metadata: ClientMetadata,
  held: Pick<Client, 'id' | 'registeredAt'> & Partial<Pick<Client, 'secretDigest'>>,
): { readonly client: Client; readonly handed: Handed } {
  const needsSecret = usesSecret(metadata)
  const secret = needsSecret && held.secretDigest === undefined ? randomText() : undefined
  const managementToken = randomText()
  const client: Client = {
    ...metadata,
    kind: 'registered',
    id: held.id,
    secretDigest: secret === undefined && needsSecret ? held.secretDigest : toDigest(secret),
    managementDigest: digest(managementToken),
    registeredAt: held.registeredAt,
  }
  return { client, handed: { secret, managementToken } }
}

function toDigest(secret: string | undefined): string | undefined {
  return secret === undefined ? undefined : digest(secret)
}

/**
 * Everything as really registered; what there is not is left out: a `null` breaks clients' parsers. A
 * secret that was handed out before is not repeated, since only its hash is kept.
 */
export function toRegistrationBody(issuer: string, client: Client, handed: Handed): object {
  const hasRedirects = client.redirectUris.length > 0
  return {
    client_id: client.id,
    client_id_issued_at: client.registeredAt,
    ...(handed.secret === undefined ? {} : { client_secret: handed.secret }),
    // 0: the secret ends with the registration only (RFC 7591 section 3.2.1).
    ...(client.secretDigest === undefined ? {} : { client_secret_expires_at: 0 }),
    registration_access_token: handed.managementToken,
    registration_client_uri: `${issuer}/register/${client.id}`,
    ...(client.name === undefined ? {} : { client_name: client.name }),
    ...(hasRedirects ? { redirect_uris: client.redirectUris } : {}),
    token_endpoint_auth_method: client.authMethod,
    grant_types: client.grantTypes,
    ...(hasRedirects ? { response_types: ['code'] } : {}),
    ...toKeyMembers(client),
    ...client.echoed,
  }
}

function toKeyMembers({ keys }: Client): object {
  if (keys === undefined) return {}
  return 'jwks' in keys ? { jwks: keys.jwks } : { jwks_uri: keys.jwksUri }
}
