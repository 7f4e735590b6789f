/** Yes or no: the only place that says yes. Pure but for its ports; whatever is unforeseen is a denial. */

import {
  type AccessTokenClaims,
  type FindKey,
  type TokenFault,
  verifyAccessToken,
} from '../lib/oauth/access-token.ts'
import { readBearer } from '../lib/oauth/bearer.ts'
import { missingScopes, parseScope } from '../lib/oauth/scope.ts'
import type { Clock } from '../lib/platform/clock.ts'
import type { Presented, RevocationAnswer } from '../lib/store/revocations.ts'
import type { Decision, Denial, DenyReason } from './decision.ts'
import type { FindResource, ProtectedResource } from './resources.ts'

/** What the decision depends on. `Mcp-*` headers are not part of it: real clients get them wrong. */
export interface CheckInput {
  /** The service of the matched route; undefined when the route says none. */
  readonly service: string | undefined
  /** Every value of the header, apart. */
  readonly authorization: readonly string[]
  readonly origin: readonly string[]
}

export interface CheckPorts {
  readonly issuer: string
  readonly findResource: FindResource
  readonly isAllowedOrigin: (origin: string) => boolean
  /** Rejects when the keys cannot be known. */
  readonly findKey: FindKey
  /** Rejects when the store cannot answer in time. */
  readonly askRevocations: (presented: Presented) => Promise<RevocationAnswer>
}

/** Resolves always: a failure of ours is a denial that says so. */
export async function decide(input: CheckInput, ports: CheckPorts, now: Clock): Promise<Decision> {
  try {
    return await decideOrThrow(input, ports, now)
  } catch (error) {
    return { allow: false, reason: 'unforeseen', detail: describe(error) }
  }
}

async function decideOrThrow(input: CheckInput, ports: CheckPorts, now: Clock): Promise<Decision> {
  const resource = input.service === undefined ? undefined : ports.findResource(input.service)
  if (resource === undefined) return deny('unknown_service', `service ${input.service}`)
  if (!input.origin.every(ports.isAllowedOrigin)) {
    return deny('foreign_origin', 'Origin is not allowed', resource)
  }
  const bearer = readBearer(input.authorization)
  if (bearer.kind === 'none') return deny('no_token', 'no bearer token', resource)
  if (bearer.kind === 'malformed') return deny('malformed', bearer.detail, resource)
  const verified = await verify(bearer.token, resource, ports, now)
  if ('reason' in verified) return deny(verified.reason, verified.detail, resource)
  return await admit(verified.claims, resource, ports)
}

/** A token that is what it says: does it still count, and is it enough? */
async function admit(
  claims: AccessTokenClaims,
  resource: ProtectedResource,
  ports: CheckPorts,
): Promise<Decision> {
  const answer = await askRevocations(claims, ports)
  if (answer === undefined) return deny('store_unavailable', 'revocations are not known', resource)
  if (answer.revoked) return deny('revoked', `by ${answer.by}`, resource)
  const granted = parseScope(claims.scope)
  if (missingScopes([resource.baseScope], granted).length > 0) {
    return { ...deny('insufficient_scope', `granted ${claims.scope}`, resource), granted }
  }
  return { allow: true, identity: toIdentity(claims, granted) }
}

type Verified =
  | { readonly claims: AccessTokenClaims }
  | { readonly reason: TokenFault | 'store_unavailable'; readonly detail: string }

async function verify(
  token: string,
  resource: ProtectedResource,
  ports: CheckPorts,
  now: Clock,
): Promise<Verified> {
  const expected = { issuer: ports.issuer, audience: resource.identifier, now }
  try {
    const verification = await verifyAccessToken(token, ports.findKey, expected)
    return verification.valid ? { claims: verification.claims } : verification
  } catch (error) {
    return { reason: 'store_unavailable', detail: `keys are not known: ${describe(error)}` }
  }
}

async function askRevocations(
  claims: AccessTokenClaims,
  ports: CheckPorts,
): Promise<RevocationAnswer | undefined> {
  try {
    return await ports.askRevocations({
      tokenId: claims.jti,
      grantId: claims.grant_id,
      clientId: claims.client_id,
      userId: claims.sub,
      issuedAt: claims.iat,
    })
  } catch {
    // The store's own connection has logged why; for the caller it is 503, never 401.
    return undefined
  }
}

function toIdentity(claims: AccessTokenClaims, scopes: readonly string[]) {
  return {
    userId: claims.sub,
    userName: claims.preferred_username,
    clientId: claims.client_id,
    scopes,
    grantId: claims.grant_id,
    tokenId: claims.jti,
    expiresAt: claims.exp,
  }
}

function deny(reason: DenyReason, detail: string, resource?: ProtectedResource): Denial {
  return { allow: false, reason, detail, resource }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
