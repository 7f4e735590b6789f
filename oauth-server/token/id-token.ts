/**
 * ID tokens: who logged in, told to the client (OpenID Connect Core section 2). A refresh yields none, as
 * section 12.2 allows: nobody has logged in.
 */

import { hasValidSignature, parseJws, signJwt } from '../../lib/oauth/jws.ts'
import { toSeconds } from '../../lib/platform/clock.ts'
import type { Ports } from '../ports.ts'
import { PROFILE } from '../scopes.ts'
import type { Grant } from '../store/grants.ts'
import { emailClaims } from './email-claims.ts'

/** Seconds: read by the client at once, never by a server of ours. */
export const ID_TOKEN_LIFETIME = 300

export async function signIdToken(
  ports: Ports,
  grant: Grant,
  nonce: string | undefined,
): Promise<string> {
  const { gateway, keyring, clock } = ports
  const issuedAt = toSeconds(clock())
  const claims = {
    iss: gateway.addresses.issuer,
    sub: grant.userId,
    aud: grant.clientId,
    iat: issuedAt,
    exp: issuedAt + ID_TOKEN_LIFETIME,
    auth_time: grant.authenticatedAt,
    ...(nonce === undefined ? {} : { nonce }),
    ...(grant.scopes.includes(PROFILE) ? { preferred_username: grant.userName } : {}),
    ...(await emailClaims(ports, grant.userId, grant.scopes)),
  }
  return signJwt('JWT', claims, keyring.current())
}

/**
 * Whom an ID token of ours for this client is about; undefined for anything else. How old it is does not
 * matter: as a hint it outlives what it was made for (OpenID Connect Core 3.1.2.1).
 */
export async function findIdTokenSubject(
  { gateway, keyring }: Pick<Ports, 'gateway' | 'keyring'>,
  token: string,
  clientId: string,
): Promise<string | undefined> {
  const parsed = parseJws(token)
  if (typeof parsed === 'string' || parsed.typ !== 'jwt') return undefined
  const key = await keyring.find(parsed.kid, parsed.algorithm)
  if (key === undefined || !hasValidSignature(parsed, key)) return undefined
  const { iss, aud, sub } = parsed.payload
  const isForThem = iss === gateway.addresses.issuer && aud === clientId
  return isForThem && typeof sub === 'string' ? sub : undefined
}
