/**
 * The authorization code grant (RFC 6749 section 4.1.3, RFC 7636 section 4.6).
 *
 * Looking a code up consumes it: whatever is wrong with the rest, there is no second try.
 */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import type { Ports } from '../ports.ts'
import { OPENID } from '../scopes.ts'
import type { ClientState } from '../steps/authenticate-client.ts'
import type { AuthorizationCode } from '../store/codes.ts'
import type { Grant } from '../store/grants.ts'
import { signIdToken } from './id-token.ts'
import { mintAccessToken, toTokenBody } from './mint.ts'
import { verifyChallenge } from './pkce.ts'
import { requireGrantedResource } from './require-granted-resource.ts'
import { revokeGrant } from './revoke-grant.ts'

/** In the order in which the steps below bring them about. */
interface ExchangeState extends ClientState {
  code: AuthorizationCode
  grant: Grant
}

type Step = Koa.Middleware<ExchangeState>

export function exchangeCode(ports: Ports): Koa.Middleware[] {
  const { families, resources, clock } = ports
  const steps: Step[] = [
    async function redeemCode(ctx, next) {
      const code = ctx.state.params.get('code')
      if (code === undefined) throw new OAuthError('invalid_request', 'code is missing')
      ctx.state.code = await redeem(ports, code)
      await next()
    },

    async function checkClient(ctx, next) {
      const { code, client } = ctx.state
      if (code.clientId !== client.id) throw refused('the code belongs to another client')
      await next()
    },

    /** Optional in OAuth 2.1 section 4.1.3; if sent it must be the one of the authorization request. */
    async function checkRedirectUri(ctx, next) {
      const sent = ctx.state.params.get('redirect_uri')
      if (sent !== undefined && sent !== ctx.state.code.redirectUri) {
        throw refused('redirect_uri differs from the authorization request')
      }
      await next()
    },

    async function checkVerifier(ctx, next) {
      const verifier = ctx.state.params.get('code_verifier')
      if (!verifyChallenge(verifier, ctx.state.code.codeChallenge)) {
        throw refused('code_verifier does not match')
      }
      await next()
    },

    async function findGrant(ctx, next) {
      const grant = await families.grants.find(ctx.state.code.grantId)
      if (grant === undefined) throw refused('the grant has ended')
      requireGrantedResource(ctx.state.params, grant, resources)
      ctx.state.grant = grant
      await next()
    },

    async function mintTokens(ctx) {
      const { grant, client, code } = ctx.state
      const access = await mintAccessToken(ports, grant, grant.scopes)
      const withId = grant.scopes.includes(OPENID)
        ? { ...access, idToken: await signIdToken(ports, grant, code.nonce) }
        : access
      const refreshToken = await openGrant(ports, grant, {
        expiresAt: access.expiresAt,
        refreshable: client.grantTypes.includes('refresh_token'),
      })
      const answer = refreshToken === undefined ? withId : { ...withId, refreshToken }
      ctx.state.log.info({ user: grant.userId, client_id: client.id }, 'code exchanged')
      ctx.body = toTokenBody(answer, clock)
    },
  ]
  return steps
}

async function redeem(ports: Ports, text: string): Promise<AuthorizationCode> {
  const redemption = await ports.families.codes.redeem(text)
  if (redemption.outcome === 'fresh') return redemption.code
  if (redemption.outcome === 'replayed') {
    // RFC 6749 section 4.1.2: what the first use bought may be in the wrong hands.
    const { grantId, userId, clientId } = redemption.code
    await revokeGrant(ports, { id: grantId, userId, clientId }, 'authorization code replayed')
  }
  throw new OAuthError('invalid_grant', 'the authorization code is not valid', {
    detail: redemption.outcome,
  })
}

/** The grant lives from here on; whoever revoked it meanwhile wins. */
async function openGrant(
  { families, config, refreshTokens }: Ports,
  grant: Grant,
  { expiresAt, refreshable }: { expiresAt: number; refreshable: boolean },
): Promise<string | undefined> {
  if (!refreshable) {
    const keeping = { expiresAt, ttlSeconds: config.ACCESS_TOKEN_LIFETIME }
    if (await families.grants.keep(grant, keeping)) return undefined
    throw refused('the grant has ended')
  }
  const first = refreshTokens.begin()
  const keeping = { expiresAt, ttlSeconds: config.REFRESH_TOKEN_LIFETIME }
  if (await families.refreshFamilies.open(first.family, { grant, keeping })) {
    return refreshTokens.format(first)
  }
  throw refused('the grant has ended')
}

function refused(detail: string): OAuthError {
  return new OAuthError('invalid_grant', 'the authorization code is not valid', { detail })
}
