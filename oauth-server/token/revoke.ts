/**
 * POST /revoke: token revocation (RFC 7009).
 *
 * A refresh token ends its grant, whatever generation it is; an access token ends alone. What is not a
 * token of the asking client is answered like one that was revoked, and nothing happens.
 */

import { decodeJwt, decodeProtectedHeader } from 'jose'
import type Koa from 'koa'
import { ACCESS_TOKEN_TYPE } from '../../lib/oauth/access-token.ts'
import { OAuthError } from '../../lib/oauth/error.ts'
import { toSeconds } from '../../lib/platform/clock.ts'
import type { Client } from '../clients/client.ts'
import type { Ports } from '../ports.ts'
import { authenticateClient, type ClientState } from '../steps/authenticate-client.ts'
import { noStore } from '../steps/headers.ts'
import type { LogState } from '../steps/log-access.ts'
import { readForm } from '../steps/read-form.ts'
import { toRevocation } from './revoke-grant.ts'

type Context = Koa.ParameterizedContext<ClientState>

export function revoke(ports: Ports): Koa.Middleware[] {
  const steps: Koa.Middleware<ClientState>[] = [
    noStore,
    readForm,
    authenticateClient(ports),

    /** The token tells what it is by itself: the hint is not read. */
    async function revokeToken(ctx) {
      const token = ctx.state.params.get('token')
      if (token === undefined) throw new OAuthError('invalid_request', 'token is missing')
      const presented = ports.refreshTokens.parse(token)
      if (presented !== undefined) await endGrant(ctx, ports, presented.family)
      else await revokeAccessToken(ctx, ports, token)
      ctx.body = ''
    },
  ]
  return steps
}

async function endGrant(ctx: Context, ports: Ports, family: string): Promise<void> {
  const { client } = ctx.state
  const expiresAt = toSeconds(ports.clock()) + ports.config.ACCESS_TOKEN_LIFETIME
  const grant = await ports.families.refreshFamilies.end(family, client.id, expiresAt)
  if (grant === undefined) return
  logRevocation(ctx.state, client, { grant: grant.id })
  ports.records.add(toRevocation(grant, 'revoked by the client'))
}

async function revokeAccessToken(ctx: Context, ports: Ports, token: string): Promise<void> {
  refuseOtherTypes(token, ports.gateway.addresses.issuer)
  const { client } = ctx.state
  const claims = await ports.verifiedTokens.verify(token)
  if (claims?.client_id !== client.id) return
  await ports.families.revocations.revoke('token', claims.jti, claims.exp)
  logRevocation(ctx.state, client, { token_id: claims.jti })
  ports.records.add({
    action: 'revocation/token',
    outcome: 'ok',
    user: claims.sub,
    client_id: client.id,
    target: claims.jti,
    details: { reason: 'revoked by the client' },
  })
}

/**
 * RFC 7009 section 2.2.1: whoever believes an ID token to be revoked would be wrong. It is not
 * verified: nothing is told but what the sender can read in it.
 */
function refuseOtherTypes(token: string, issuer: string): void {
  const type = readOwnType(token, issuer)
  if (type === undefined || type === ACCESS_TOKEN_TYPE) return
  throw new OAuthError(
    'unsupported_token_type',
    'only access tokens and refresh tokens can be revoked',
  )
}

/** What somebody else has made is as unknown as any text (RFC 7009 section 2.2). */
function readOwnType(token: string, issuer: string): string | undefined {
  try {
    return decodeJwt(token).iss === issuer ? decodeProtectedHeader(token).typ : undefined
  } catch {
    // Not a JWT: then it is no token of any type.
    return undefined
  }
}

function logRevocation({ log }: LogState, { id }: Client, ended: object): void {
  log.info({ ...ended, client_id: id }, 'token revoked')
}
