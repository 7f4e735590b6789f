/**
 * The headers that carry a caller's identity from the edge to an upstream.
 *
 * Envoy removes whatever a caller sends under `x-user-` and `x-auth-` before any routing, and sets
 * these from the decision; who reads them behind Envoy may believe them.
 */

/** Every name we manage. A decision sets each of them or removes it: never neither. */
export const IDENTITY_HEADERS = {
  userId: 'x-user-id',
  userName: 'x-user-name',
  clientId: 'x-auth-client',
  scopes: 'x-auth-scopes',
  grantId: 'x-auth-grant',
  tokenId: 'x-auth-token-id',
  expiresAt: 'x-auth-expires',
} as const

/** What lets a caller in ends at the edge: an upstream gets words about the caller instead (no token passthrough). */
export const CREDENTIAL_HEADERS = ['authorization', 'proxy-authorization', 'cookie'] as const

/** Who calls, as the token says. */
export interface Identity {
  /** `sub`: `<provider>:<stable id>`. */
  readonly userId: string
  /** The login, for people's eyes; empty when the provider has none. */
  readonly userName: string
  readonly clientId: string
  readonly scopes: readonly string[]
  readonly grantId: string
  readonly tokenId: string
  /** Epoch seconds. */
  readonly expiresAt: number
}

/**
 * UTF-8, percent-encoded where a byte is not visible ASCII (and `%` itself), so that
 * `decodeURIComponent` gives the text back and `github:583231` stays readable.
 */
export function encodeIdentity(text: string): string {
  return text.replaceAll(/[^\x21-\x24\x26-\x7e]+/gu, (run) =>
    [...Buffer.from(run.toWellFormed())]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  )
}

export function decodeIdentity(text: string): string {
  return text.includes('%') ? decodeURIComponent(text) : text
}

/** Each managed header with its value; an empty value means that the header must not exist. */
export function toIdentityHeaders(identity: Identity): Readonly<Record<string, string>> {
  return {
    [IDENTITY_HEADERS.userId]: encodeIdentity(identity.userId),
    [IDENTITY_HEADERS.userName]: encodeIdentity(identity.userName),
    [IDENTITY_HEADERS.clientId]: encodeIdentity(identity.clientId),
    [IDENTITY_HEADERS.scopes]: identity.scopes.join(' '),
    [IDENTITY_HEADERS.grantId]: identity.grantId,
    [IDENTITY_HEADERS.tokenId]: identity.tokenId,
    [IDENTITY_HEADERS.expiresAt]: String(identity.expiresAt),
  }
}

/** Reads the headers back, or answers undefined when one that must be there is not. */
export function parseIdentityHeaders(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): Identity | undefined {
  const one = (name: string): string | undefined => {
    const value = headers[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const userId = one(IDENTITY_HEADERS.userId)
  const clientId = one(IDENTITY_HEADERS.clientId)
  const grantId = one(IDENTITY_HEADERS.grantId)
  const tokenId = one(IDENTITY_HEADERS.tokenId)
  const expiresAt = Number(one(IDENTITY_HEADERS.expiresAt))
  if (!userId || !clientId || !grantId || !tokenId || !Number.isInteger(expiresAt)) return undefined
  return {
    userId: decodeIdentity(userId),
    userName: decodeIdentity(one(IDENTITY_HEADERS.userName) ?? ''),
    clientId: decodeIdentity(clientId),
    scopes: (one(IDENTITY_HEADERS.scopes) ?? '').split(' ').filter((scope) => scope !== ''),
    grantId,
    tokenId,
    expiresAt,
  }
}

/** Set by Envoy towards the bridge: the proof that a request came through the edge. */
export const EDGE_SECRET_HEADER = 'x-gateway-edge'

/** Between bridge processes: the one that a request came to has passed it on to the one it belongs to. */
export const HOP_HEADER = 'x-gateway-hop'
