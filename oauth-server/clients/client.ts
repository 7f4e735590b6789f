/** A client: what it said about itself and what it may do (RFC 7591 section 2). */

export const AUTH_METHODS = [
  'none',
  'client_secret_post',
  'client_secret_basic',
  'private_key_jwt',
] as const
export type AuthMethod = (typeof AUTH_METHODS)[number]

export const DEVICE_CODE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

export const GRANT_TYPES = [
  'authorization_code',
  'refresh_token',
  DEVICE_CODE_GRANT,
  'client_credentials',
] as const
export type GrantType = (typeof GRANT_TYPES)[number]

/** Those that a client may give itself: `client_credentials` is the operator's to give. */
export const OPEN_GRANT_TYPES = [
  'authorization_code',
  'refresh_token',
  DEVICE_CODE_GRANT,
] as const satisfies readonly GrantType[]

/** Public keys for `private_key_jwt`: the set itself, or the address it is fetched from. */
export type ClientKeys =
  | { readonly jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] } }
  | { readonly jwksUri: string }

export interface ClientMetadata {
  /** Empty only for clients whose grants need no redirect. */
  readonly redirectUris: readonly string[]
  readonly authMethod: AuthMethod
  readonly grantTypes: readonly GrantType[]
  /** For people's eyes; control characters are gone. */
  readonly name: string | undefined
  readonly keys?: ClientKeys | undefined
  /** What is only echoed: links, contacts, software, scope; by wire name. */
  readonly echoed: Readonly<Record<string, string | readonly string[]>>
}

/**
 * How this server knows it: registered by itself (RFC 7591), written down by the operator, or described
 * by the document that its id is the address of.
 */
export type ClientKind = 'registered' | 'configured' | 'document'

export interface Client extends ClientMetadata {
  readonly id: string
  readonly kind: ClientKind
  /** Hash of the secret; a public client and one with keys have none. */
  readonly secretDigest: string | undefined
  /** Hash of the registration access token (RFC 7592 section 3); registered clients only. */
  readonly managementDigest?: string | undefined
  /** Epoch seconds. */
  readonly registeredAt: number
  /** What it registered before the operator let answers go to other places only: for the words alone. */
  readonly refusedRedirectUris?: readonly string[] | undefined
  /** Services an operator allows it to act for; configured clients only. */
  readonly services?: readonly string[] | undefined
  /** Of a document: changes whenever it says something else, so that a person can be asked anew. */
  readonly revision?: string | undefined
}

export function usesSecret({ authMethod }: Pick<ClientMetadata, 'authMethod'>): boolean {
  return authMethod === 'client_secret_basic' || authMethod === 'client_secret_post'
}
