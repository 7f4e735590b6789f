/**
 * The authorization code grant (RFC 6749 section 4.1.3, RFC 7636 section 4.6).
 *
 * A code is looked at, checked, and used up in one step with what it buys. Whatever does not match the
 * authorization request uses it up too: there is no second try. Another resource alone does not.
 */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import { toSeconds } from '../../lib/platform/clock.ts'
import type { Client } from '../clients/client.ts'
import type { Params } from '../http/params.ts'
import type { Ports } from '../ports.ts'
import type { Records } from '../records/records.ts'
import { OPENID } from '../scopes.ts'
import type { ClientState } from '../steps/authenticate-client.ts'
import { requireGrantType } from '../steps/require-grant-type.ts'
import type { AuthorizationCode, FoundCode } from '../store/codes.ts'
import type { Grant, GrantKeys } from '../store/grants.ts'
import { signIdToken } from './id-token.ts'
import { keepPerson } from './keep-person.ts'
import { mintAccessToken, type TokenAnswer, toTokenBody } from './mint.ts'
import { verifyChallenge } from './pkce.ts'
import { requireGrantedResource } from './require-granted-resource.ts'
import { toRevocation } from './revoke-grant.ts'

/** In the order in which the steps below bring them about. */
interface ExchangeState extends ClientState {
  readonly lookUp: Promise<FoundCode | undefined> | undefined
  /** As the client sent it. */
  text: string
  found: FoundCode
  grant: Grant
}

type Step = Koa.Middleware<ExchangeState>

export function lookUpCode({ families }: Ports) {
  return (params: Params): Promise<FoundCode | undefined> | undefined => {
    const text = params.get('code')
    return text === undefined ? undefined : families.codes.find(text)
  }
}

export function exchangeCode(ports: Ports): Koa.Middleware[] {
  const { resources, clock } = ports
  const steps: Step[] = [
    requireGrantType('authorization_code'),

    async function findCode(ctx, next) {
      const text = ctx.state.params.get('code')
      if (text === undefined) throw new OAuthError('invalid_request', 'code is missing')
      const found = await ctx.state.lookUp
      if (found === undefined) throw refused('unknown')
      Object.assign(ctx.state, { text, found })
      await next()
    },

    async function checkRequest(ctx, next) {
      const { found, client, params } = ctx.state
      const fault = findFault(found, client, params)
      if (fault !== undefined) {
        await spoil(ctx, ports)
        throw refused(fault)
      }
      await next()
    },

    function requireGrant(ctx, next) {
      const { grant } = ctx.state.found
      if (grant === undefined) throw refused('the grant has ended')
      ctx.state.grant = grant
      return next()
    },

    function checkResource(ctx, next) {
      requireGrantedResource(ctx.state.params, ctx.state.grant, resources)
      return next()
    },

    async function sendTokens(ctx) {
      const { grant, client } = ctx.state
      const answer = await redeem(ctx, ports)
      ctx.state.log.info({ user: grant.userId, client_id: client.id }, 'code exchanged')
      ctx.body = toTokenBody(answer, clock)
    },
  ]
  return steps
}

/** Why this request gets nothing for the code; undefined when it may. */
function findFault(
  { code, isUsed }: FoundCode,
  client: Client,
  params: Params,
): string | undefined {
  if (isUsed) return 'replayed'
  if (code.clientId !== client.id) return 'the code belongs to another client'
  // Optional in OAuth 2.1 section 4.1.3; if sent it must be the one of the authorization request.
  const redirectUri = params.get('redirect_uri')
  if (redirectUri !== undefined && redirectUri !== code.redirectUri) {
    return 'redirect_uri differs from the authorization request'
  }
  const isProven = verifyChallenge(params.get('code_verifier'), code.codeChallenge)
  return isProven ? undefined : 'code_verifier does not match'
}

/** RFC 6749 section 4.1.2: what the first use of a replayed code bought may be in the wrong hands. */
async function spoil(
  ctx: Koa.ParameterizedContext<ExchangeState>,
  { families, config, clock, records }: Ports,
): Promise<void> {
  const { text, found } = ctx.state
  const expiresAt = toSeconds(clock()) + config.ACCESS_TOKEN_LIFETIME
  const wasUsed = await families.codes.spoil(text, toGrantKeys(found.code), expiresAt)
  if (wasUsed) tellReplay(ctx, records)
}

/** Signs and keeps first: when the script has used the code up, nothing is left that could fail. */
async function redeem(
  ctx: Koa.ParameterizedContext<ExchangeState>,
  ports: Ports,
): Promise<TokenAnswer> {
  const { text, found, grant, client } = ctx.state
  const access = mintAccessToken(ports, grant, grant.scopes)
  const withId = grant.scopes.includes(OPENID)
    ? { ...access, idToken: await signIdToken(ports, grant, found.code.nonce) }
    : access
  const { config, families, refreshTokens } = ports
  const isRefreshable = client.grantTypes.includes('refresh_token')
  const first = isRefreshable ? refreshTokens.begin() : undefined
  const ttlSeconds = isRefreshable ? config.REFRESH_TOKEN_LIFETIME : config.ACCESS_TOKEN_LIFETIME
  const keeping = { expiresAt: access.expiresAt, ttlSeconds }
  await keepPerson(ports, grant, ttlSeconds)
  const redemption = await families.codes.redeem(text, { grant, keeping, family: first?.family })
  if (redemption === 'replayed') tellReplay(ctx, ports.records)
  if (redemption !== 'redeemed') throw refused(redemption)
  return first === undefined ? withId : { ...withId, refreshToken: refreshTokens.format(first) }
}

function toGrantKeys({ grantId, userId, clientId }: AuthorizationCode): GrantKeys {
  return { id: grantId, userId, clientId }
}

function tellReplay({ state }: Koa.ParameterizedContext<ExchangeState>, records: Records): void {
  const { grantId, userId, clientId } = state.found.code
  const facts = { grant: grantId, user: userId, client_id: clientId }
  const reason = 'authorization code replayed'
  state.log.warn({ ...facts, reason }, 'grant revoked')
  records.add(toRevocation(toGrantKeys(state.found.code), reason))
}

function refused(detail: string): OAuthError {
  return new OAuthError('invalid_grant', 'the authorization code is not valid', { detail })
}
