/**
 * The refresh token grant: rotation with grace (RFC 6749 section 6, RFC 9700 section 4.14.2).
 *
 * Everything that can be refused is refused before the token is used up.
 */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import { DEFAULT_SCOPE, parseScope } from '../../lib/oauth/scope.ts'
import { toSeconds } from '../../lib/platform/clock.ts'
import type { Params } from '../http/params.ts'
import type { Ports } from '../ports.ts'
import type { ClientState } from '../steps/authenticate-client.ts'
import { requireGrantType } from '../steps/require-grant-type.ts'
import type { Grant, Keeping } from '../store/grants.ts'
import type { Generation } from '../store/refresh-families.ts'
import { keepPerson } from './keep-person.ts'
import { mintAccessToken, type TokenAnswer, toTokenBody } from './mint.ts'
import { openAnswer, sealAnswer } from './refresh-tokens.ts'
import { requireGrantedResource } from './require-granted-resource.ts'
import { requirePerson } from './require-person.ts'
import { revokeGrant } from './revoke-grant.ts'

/** A token that we made, and its grant unless that has ended. */
interface HeldToken {
  readonly presented: Generation
  readonly grant: Grant | undefined
}

/** In the order in which the steps below bring them about. */
interface RefreshState extends ClientState {
  readonly lookUp: Promise<HeldToken> | undefined
  refreshToken: string
  presented: Generation
  grant: Grant
  scopes: readonly string[]
}

type Step = Koa.Middleware<RefreshState>

/** Undefined without a token of ours: then there is nothing to look for. */
export function lookUpRefreshToken({ families, refreshTokens }: Ports) {
  return (params: Params): Promise<HeldToken> | undefined => {
    const presented = refreshTokens.parse(params.get('refresh_token') ?? '')
    if (presented === undefined) return undefined
    return families.refreshFamilies
      .findGrant(presented.family)
      .then((grant) => ({ presented, grant }))
  }
}

export function refresh(ports: Ports): Koa.Middleware[] {
  const { resources, clock } = ports
  const steps: Step[] = [
    requireGrantType('refresh_token'),

    async function findGrant(ctx, next) {
      const refreshToken = ctx.state.params.get('refresh_token')
      if (refreshToken === undefined) {
        throw new OAuthError('invalid_request', 'refresh_token is missing')
      }
      const held = await ctx.state.lookUp
      if (held === undefined) throw refused('not a token of ours')
      if (held.grant === undefined) throw refused('the grant has ended')
      Object.assign(ctx.state, { refreshToken, presented: held.presented, grant: held.grant })
      await next()
    },

    /** A wrong client learns nothing and destroys nothing. */
    function checkClient(ctx, next) {
      const { grant, client } = ctx.state
      if (grant.clientId !== client.id) throw refused('the token belongs to another client')
      return next()
    },

    function checkResource(ctx, next) {
      requireGrantedResource(ctx.state.params, ctx.state.grant, resources)
      return next()
    },

    function narrowScope(ctx, next) {
      ctx.state.scopes = narrow(ctx.state.params, ctx.state.grant)
      return next()
    },

    async function checkPerson(ctx, next) {
      await requirePerson(ports, ctx.state.grant)
      await next()
    },

    async function rotateToken(ctx) {
      const { grant, client } = ctx.state
      const answer = await rotate(ports, ctx.state)
      ctx.state.log.info({ user: grant.userId, client_id: client.id }, 'token refreshed')
      ctx.body = toTokenBody(answer, clock)
    },
  ]
  return steps
}

/**
 * Clients repeat the scope they once asked for, granted or not: what was not granted is left out, and
 * when nothing remains all of the grant is meant. Refusing would cost people their login. The base scope
 * stays, because a token without it opens nothing.
 */
function narrow(params: Params, { scopes }: Grant): readonly string[] {
  const asked = parseScope(params.get('scope'))
  if (!scopes.some((scope) => asked.includes(scope))) return scopes
  return scopes.filter((scope) => scope === DEFAULT_SCOPE || asked.includes(scope))
}

/** Signs first: when the script has swapped the generation, nothing is left that could fail. */
async function rotate(ports: Ports, state: RefreshState): Promise<TokenAnswer> {
  const { refreshToken, presented, grant, scopes, client } = state
  const access = mintAccessToken(ports, grant, scopes)
  const next = { family: presented.family, generation: presented.generation + 1 }
  const answer = { ...access, refreshToken: ports.refreshTokens.format(next) }
  const sealed = sealAnswer(refreshToken, JSON.stringify(answer))
  const keeping = toKeeping(ports, access)
  // All leave at once: neither the registration's life nor the person's record costs a round trip of its own.
  const [rotation] = await Promise.all([
    ports.families.refreshFamilies.rotate(presented, sealed, { grant, keeping }),
    ports.clients.keep(client),
    keepPerson(ports, grant, keeping.ttlSeconds),
  ])
  if (rotation.outcome === 'rotated') return answer
  if (rotation.outcome === 'repeated') return await repeat(ports, state, rotation.sealedAnswer)
  if (rotation.outcome === 'reused') await revokeGrant(ports, grant, 'refresh token reused')
  throw refused(rotation.outcome)
}

function toKeeping({ config }: Ports, { expiresAt }: TokenAnswer): Keeping {
  return { expiresAt, ttlSeconds: config.REFRESH_TOKEN_LIFETIME }
}

/**
 * The same pair for everybody who presents the same token within the grace. Where access tokens live
 * shorter than that, a new one takes the place of the one that is dead.
 */
async function repeat(
  ports: Ports,
  { refreshToken, grant }: RefreshState,
  sealed: string,
): Promise<TokenAnswer> {
  const answer = parseAnswer(refreshToken, sealed)
  // In its last second it would be dead on arrival.
  if (answer.expiresAt > toSeconds(ports.clock()) + 1) return answer
  const access = mintAccessToken(ports, grant, parseScope(answer.scope))
  const isAlive = await ports.families.grants.keep(grant, toKeeping(ports, access))
  if (!isAlive) throw refused('dead')
  return { ...answer, ...access }
}

function parseAnswer(refreshToken: string, sealed: string): TokenAnswer {
  const answer = openAnswer(refreshToken, sealed)
  if (answer === undefined) throw new Error('a sealed answer of ours does not open')
  return JSON.parse(answer) as TokenAnswer
}

function refused(detail: string): OAuthError {
  return new OAuthError('invalid_grant', 'the refresh token is not valid', { detail })
}
