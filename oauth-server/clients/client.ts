/** A registered client: what it said about itself and what it may do (RFC 7591 section 2). */

export const AUTH_METHODS = [
  'none',
  'client_secret_post',
  'client_secret_basic',
  'private_key_jwt',
] as const
export type AuthMethod = (typeof AUTH_METHODS)[number]

export const GRANT_TYPES = ['authorization_code', 'refresh_token'] as const
export type GrantType = (typeof GRANT_TYPES)[number]

/** The public keys of a client that signs its assertions, or where it publishes them. */
export type ClientKeys =
  | { readonly jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] } }
  | { readonly jwksUri: string }

export interface ClientMetadata {
  readonly redirectUris: readonly string[]
  readonly authMethod: AuthMethod
  readonly grantTypes: readonly GrantType[]
  /** For people's eyes; control characters are gone. */
  readonly name: string | undefined
  /** What is only echoed: links, contacts, software, scope; by wire name. */
  readonly echoed: Readonly<Record<string, string | readonly string[]>>
  readonly keys?: ClientKeys | undefined
}

/**
 * How this server knows it: registered by itself (RFC 7591), written down by the operator, or described
 * by the document that its id is the address of.
 */
export type ClientKind = 'registered' | 'configured' | 'document'

export interface Client extends ClientMetadata {
  readonly id: string
  readonly kind: ClientKind
  /** Hash of the secret; a public client has none. */
  readonly secretDigest: string | undefined
  /** Epoch seconds. */
  readonly registeredAt: number
  /** Of a document: changes whenever it says something else, so that a person can be asked anew. */
  readonly revision?: string | undefined
}
