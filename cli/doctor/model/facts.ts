/** What a walk has found out so far: later checks build on it. */

export interface Challenge {
  readonly scope: string | undefined
  readonly resourceMetadata: string | undefined
}

export type Document = Readonly<Record<string, unknown>>

export interface ResourceMetadata {
  readonly url: string
  readonly document: Document
  readonly issuer: string | undefined
}

export interface ServerMetadata {
  readonly url: string
  /** What the resource names as its authorization server. */
  readonly expectedIssuer: string
  readonly document: Document
  readonly issuer: string
  readonly authorizationEndpoint: string
  readonly tokenEndpoint: string
}

export interface KnownClient {
  readonly clientId: string
  readonly clientSecret: string | undefined
  readonly authMethod: 'none' | 'client_secret_post' | 'client_secret_basic'
}

/** Where the registration can be ended again (RFC 7592). */
export interface Registration {
  readonly clientId: string
  readonly uri: string
  readonly token: string
}

export interface AuthorizationRequest {
  readonly url: string
  readonly state: string
  readonly verifier: string
  readonly redirectUri: string
  readonly scope: string | undefined
}

export interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string | undefined
  /** As granted, where the server says so. */
  readonly scope: string | undefined
}

export interface McpSession {
  readonly era: 'initialize' | 'discover'
  readonly version: string
  readonly id: string | undefined
}

export interface Tool {
  readonly name: string
  readonly isReadOnly: boolean
  readonly required: readonly string[]
}

export interface Facts {
  challenge?: Challenge
  resourceMetadata?: ResourceMetadata
  /** What tokens are asked for (RFC 8707). */
  resource?: string
  server?: ServerMetadata
  client?: KnownClient
  registration?: Registration
  request?: AuthorizationRequest
  code?: string
  tokens?: Tokens
  refreshToken?: string
  /** As it was before the last refresh. */
  usedRefreshToken?: string
  session?: McpSession
  tools?: readonly Tool[]
}

export type FactName = keyof Facts

/** Each fact, and the check that finds it. */
export const FACTS: Readonly<Record<FactName, { readonly words: string; readonly from: string }>> =
  {
    challenge: { words: 'a challenge', from: 'challenge' },
    resourceMetadata: { words: 'the metadata of the resource', from: 'resource-metadata' },
    resource: { words: 'an identifier of the resource', from: 'resource' },
    server: { words: 'the metadata of the authorization server', from: 'server-metadata' },
    client: { words: 'a client that the server knows', from: 'registration' },
    registration: { words: 'a registration that can be managed', from: 'registration' },
    request: { words: 'an authorization request that was accepted', from: 'authorize' },
    code: { words: 'an authorization code', from: 'login' },
    tokens: { words: 'tokens', from: 'token' },
    refreshToken: { words: 'a refresh token', from: 'token' },
    usedRefreshToken: { words: 'a refresh token that was used', from: 'refresh' },
    session: { words: 'an MCP session', from: 'session' },
    tools: { words: 'the list of tools', from: 'tools-list' },
  }
