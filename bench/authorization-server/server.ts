/** What the benchmark knows of an authorization server, ours or the peer. */

import { createHash, randomBytes } from 'node:crypto'
import type { SigningAlgorithm } from '../../lib/oauth/jws.ts'
import { formatRequest, sendOnce } from './load.ts'

export const ISSUER = 'http://localhost:8642'
export const HOST = 'localhost:8642'
/** The one MCP endpoint that all tokens are for. */
export const RESOURCE = `${ISSUER}/echo/mcp`
export const REDIRECT_URI = 'http://127.0.0.1/callback'

export interface ServerOptions {
  readonly algorithm: SigningAlgorithm
  readonly valkeySocket: string
  /** For sockets and what else a process leaves. */
  readonly folder: string
}

export interface RegisteredClient {
  readonly id: string
  /** Undefined for a public client. */
  readonly secret: string | undefined
}

export interface IssuedCode {
  readonly code: string
  readonly verifier: string
}

export interface AuthorizationServer {
  readonly title: string
  readonly pid: number
  readonly socket: string
  readonly metadata: ServerMetadata
  /** A public client of the authorization code grant. */
  readonly app: RegisteredClient
  /** A confidential client of the same. */
  readonly webApp: RegisteredClient
  /** A client of the client credentials grant; undefined where there is none. */
  readonly machine: RegisteredClient | undefined
  /** Writes them into the store, as an approved authorization request does. */
  issueCodes(client: RegisteredClient, count: number): Promise<readonly IssuedCode[]>
  /** Writes them into the store, as an exchanged code does. */
  issueRefreshTokens(client: RegisteredClient, count: number): Promise<readonly string[]>
  stop(): Promise<void>
}

/** RFC 8414, as far as it matters here; endpoints as paths. */
export interface ServerMetadata {
  readonly token: string
  readonly registration: string
  readonly introspection: string | undefined
  readonly revocation: string | undefined
  readonly grantTypes: readonly string[]
}

export async function readMetadata(socket: string): Promise<ServerMetadata> {
  const path = '/.well-known/openid-configuration'
  const { body } = await sendOnce(socket, formatRequest({ method: 'GET', path, host: HOST }))
  const document = JSON.parse(body) as Record<string, unknown>
  const pathOf = (name: string): string | undefined => {
    const url = document[name]
    return typeof url === 'string' ? new URL(url).pathname : undefined
  }
  return {
    token: pathOf('token_endpoint') ?? '',
    registration: pathOf('registration_endpoint') ?? '',
    introspection: pathOf('introspection_endpoint'),
    revocation: pathOf('revocation_endpoint'),
    grantTypes: document['grant_types_supported'] as string[],
  }
}

export function toRegistration(changes: object = {}): string {
  return JSON.stringify({
    client_name: 'Benchmark',
    application_type: 'native',
    redirect_uris: [REDIRECT_URI],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    ...changes,
  })
}

export const CONFIDENTIAL = { token_endpoint_auth_method: 'client_secret_basic' }

export async function register(
  socket: string,
  path: string,
  changes: object = {},
): Promise<RegisteredClient> {
  const headers = { 'content-type': 'application/json' }
  const body = toRegistration(changes)
  const answer = await sendOnce(socket, formatRequest({ path, host: HOST, headers, body }))
  if (answer.status !== 201) throw new Error(`not registered: ${answer.body}`)
  const { client_id, client_secret } = JSON.parse(answer.body) as Record<string, string>
  return { id: client_id ?? '', secret: client_secret }
}

export interface Challenge {
  readonly verifier: string
  readonly challenge: string
}

export function createChallenge(): Challenge {
  const verifier = randomBytes(32).toString('base64url')
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}

/** In batches, so that a store is not given everything at once. */
export async function produce<T>(count: number, make: () => Promise<T>): Promise<readonly T[]> {
  const made: T[] = []
  while (made.length < count) {
    const batch = Math.min(BATCH, count - made.length)
    made.push(...(await Promise.all(Array.from({ length: batch }, make))))
  }
  return made
}

const BATCH = 200
