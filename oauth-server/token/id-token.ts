/**
 * ID tokens: who logged in, told to the client (OpenID Connect Core section 2). A refresh yields none, as
 * section 12.2 allows: nobody has logged in.
 */

import { signJwt } from '../../lib/oauth/jws.ts'
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
