/** Making tokens for a grant (RFC 9068 section 2.2), and the body that carries them (RFC 6749 section 5.1). */

import { randomUUID } from 'node:crypto'
import { signAccessToken } from '../../lib/oauth/access-token.ts'
import { formatScope } from '../../lib/oauth/scope.ts'
import { type Clock, toSeconds } from '../../lib/platform/clock.ts'
import type { Ports } from '../ports.ts'
import type { Grant } from '../store/grants.ts'

/** What a successful token request yields. */
export interface TokenAnswer {
  readonly accessToken: string
  /** `exp` of the access token, epoch seconds. */
  readonly expiresAt: number
  readonly scope: string
  readonly refreshToken?: string
  readonly idToken?: string
}

export function mintAccessToken(
  { gateway, config, keyring, clock }: Ports,
  grant: Grant,
  scopes: readonly string[],
  lifetimeSeconds = config.ACCESS_TOKEN_LIFETIME,
): TokenAnswer {
  const issuedAt = toSeconds(clock())
  const expiresAt = issuedAt + lifetimeSeconds
  const scope = formatScope(scopes)
  const claims = {
    iss: gateway.addresses.issuer,
    sub: grant.userId,
    aud: grant.resource,
    client_id: grant.clientId,
    scope,
    jti: randomUUID(),
    iat: issuedAt,
    exp: expiresAt,
    auth_time: grant.authenticatedAt,
    grant_id: grant.id,
    preferred_username: grant.userName,
  }
  return { accessToken: signAccessToken(claims, keyring.current()), expiresAt, scope }
}

export function toTokenBody(answer: TokenAnswer, clock: Clock): object {
  const { accessToken, expiresAt, scope, refreshToken, idToken } = answer
  return {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: Math.max(0, expiresAt - toSeconds(clock())),
    scope,
    ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
    ...(idToken === undefined ? {} : { id_token: idToken }),
  }
}
