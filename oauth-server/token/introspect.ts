/**
 * POST /introspect: what a token stands for, told to whom it concerns (RFC 7662).
 *
 * Whatever is not alive, not ours, or not the caller's business is `{"active":false}` and nothing more.
 */

import type Koa from 'koa'
import type { AccessTokenClaims } from '../../lib/oauth/access-token.ts'
import { OAuthError } from '../../lib/oauth/error.ts'
import { formatScope } from '../../lib/oauth/scope.ts'
import { type Clock, toSeconds } from '../../lib/platform/clock.ts'
import type { Client } from '../clients/client.ts'
import type { Ports } from '../ports.ts'
import { serviceOf } from '../resources.ts'
import { authenticateClient, type ClientState } from '../steps/authenticate-client.ts'
import { noStore } from '../steps/headers.ts'
import { readForm } from '../steps/read-form.ts'
import type { LiveRefreshToken } from '../store/refresh-families.ts'
import { isRevoked } from './is-revoked.ts'

/** A token that is alive. */
type Found =
  | { readonly kind: 'access'; readonly claims: AccessTokenClaims }
  | { readonly kind: 'refresh'; readonly token: LiveRefreshToken }

interface IntrospectionState extends ClientState {
  /** A look-up that is under way already; undefined for what costs more than a look. */
  early: Promise<Found | undefined> | undefined
}

type Step = Koa.Middleware<IntrospectionState>

export function introspect(ports: Ports): Koa.Middleware[] {
  const { gateway, resources, clock } = ports
  const steps: Step[] = [
    noStore,
    readForm,

    /** The client and the token are looked up in one go: who is not let in learns nothing of it. */
    function beginLookUp(ctx, next) {
      const token = ctx.state.params.get('token')
      ctx.state.early = token === undefined ? undefined : lookUpEarly(ports, token)
      // When the caller is refused nobody asks for the outcome.
      ctx.state.early?.catch(() => {})
      return next()
    },

    challengeClient,
    authenticateClient(ports),

    /** RFC 7662 section 2.1: a name alone is no authorization; who need not sign elsewhere has to here. */
    function requireCredentials(ctx, next) {
      if (!ctx.state.hasCredentials) {
        throw new OAuthError('invalid_client', 'only a client with credentials may ask here')
      }
      return next()
    },

    async function sendState(ctx) {
      const { params, early, client } = ctx.state
      const token = params.get('token')
      if (token === undefined) throw new OAuthError('invalid_request', 'token is missing')
      const found = await (early ?? verifyAccessToken(ports, token))
      ctx.body =
        found !== undefined && maySee(client, found, (resource) => serviceOf(resources, resource))
          ? describe(found, gateway.addresses.issuer, clock)
          : { active: false }
    },
  ]
  return steps
}

/** RFC 9110 section 15.5.2: every 401 says how to do better. */
async function challengeClient(ctx: Koa.Context, next: Koa.Next): Promise<void> {
  try {
    await next()
  } catch (error) {
    if (OAuthError.from(error).status === 401) {
      ctx.set('WWW-Authenticate', 'Basic realm="introspection", charset="UTF-8"')
    }
    throw error
  }
}

/**
 * A client sees the tokens it was issued; a service that an operator wrote down sees the access tokens
 * that are meant for it, and never a refresh token.
 */
export function maySee(
  client: Pick<Client, 'id' | 'kind' | 'services'>,
  found: Found,
  serviceOf: (resource: string) => string | undefined,
): boolean {
  if (found.kind === 'refresh') return found.token.grant.clientId === client.id
  if (found.claims.client_id === client.id) return true
  const service = serviceOf(found.claims.aud)
  if (client.kind !== 'configured' || service === undefined) return false
  return client.services?.includes(service) ?? false
}

/** What one round trip tells. A signature is verified for nobody but an authenticated client. */
function lookUpEarly(ports: Ports, token: string): Promise<Found | undefined> | undefined {
  const presented = ports.refreshTokens.parse(token)
  if (presented !== undefined) {
    return ports.families.refreshFamilies
      .inspect(presented)
      .then((live) => live && { kind: 'refresh', token: live })
  }
  const claims = ports.verifiedTokens.recall(token)
  return claims === undefined ? undefined : toLiveAccessToken(ports, claims)
}

async function verifyAccessToken(ports: Ports, token: string): Promise<Found | undefined> {
  const claims = await ports.verifiedTokens.verify(token)
  return claims === undefined ? undefined : await toLiveAccessToken(ports, claims)
}

async function toLiveAccessToken(
  { families }: Ports,
  claims: AccessTokenClaims,
): Promise<Found | undefined> {
  return (await isRevoked(families.revocations, claims)) ? undefined : { kind: 'access', claims }
}

/** RFC 7662 section 2.2. */
function describe(found: Found, issuer: string, clock: Clock): object {
  if (found.kind === 'access') {
    const { preferred_username, ...claims } = found.claims
    return { active: true, token_type: 'Bearer', ...withUsername(preferred_username), ...claims }
  }
  const { grant, ttlSeconds } = found.token
  return {
    active: true,
    // Nobody may take it for an access token: the type is another, and only this server is addressed.
    token_type: 'refresh_token',
    ...withUsername(grant.userName),
    iss: issuer,
    sub: grant.userId,
    aud: issuer,
    client_id: grant.clientId,
    scope: formatScope(grant.scopes),
    exp: toSeconds(clock()) + ttlSeconds,
    auth_time: grant.authenticatedAt,
    grant_id: grant.id,
  }
}

function withUsername(name: string): object {
  return name === '' ? {} : { username: name }
}
