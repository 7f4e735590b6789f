/** Yes or no: the only place that says yes. Pure but for its ports; whatever is unforeseen is a denial. */

import {
  type AccessTokenClaims,
  CLOCK_TOLERANCE_SECONDS,
  type FindKey,
  isAhead,
  type Verification,
  verifyAccessToken,
} from '../lib/oauth/access-token.ts'
import { readBearer } from '../lib/oauth/bearer.ts'
import type { Identity } from '../lib/oauth/identity-headers.ts'
import { missingScopes, parseScope } from '../lib/oauth/scope.ts'
import type { Clock } from '../lib/platform/clock.ts'
import type { Presented, RevocationAnswer } from '../lib/store/revocation.ts'
import type { Decision, Denial, DenyReason } from './decision.ts'
import type { FindResource, ProtectedResource } from './resources.ts'
import { toTokenKey, type VerifiedToken, type VerifiedTokens } from './verified-tokens.ts'

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
  readonly revocations: RevocationPorts
  readonly verifiedTokens: VerifiedTokens
}

export interface RevocationPorts {
  /** From memory alone; undefined when memory is too old to say that something is not revoked. */
  readonly recall: (presented: Presented) => RevocationAnswer | undefined
  /** Rejects when the store cannot answer in time. */
  readonly ask: (presented: Presented) => Promise<RevocationAnswer>
}

type Deciding = Decision | Promise<Decision>

/** At once where memory suffices. Never rejects: a failure of ours is a denial that says so. */
export function decide(input: CheckInput, ports: CheckPorts, now: Clock): Deciding {
  try {
    const deciding = decideOrThrow(input, ports, now)
    return deciding instanceof Promise ? deciding.catch(unforeseen) : deciding
  } catch (error) {
    return unforeseen(error)
  }
}

function decideOrThrow(input: CheckInput, ports: CheckPorts, now: Clock): Deciding {
  const resource = input.service === undefined ? undefined : ports.findResource(input.service)
  if (resource === undefined) return deny('unknown_service', `service ${input.service}`)
  if (!input.origin.every(ports.isAllowedOrigin)) {
    return deny('foreign_origin', 'Origin is not allowed', resource)
  }
  const tokenKey = toKey(input)
  const known = tokenKey === undefined ? undefined : recall(tokenKey, input, ports, now)
  if (known !== undefined) return admit(known, resource, ports)
  const bearer = readBearer(input.authorization)
  if (bearer.kind === 'none') return deny('no_token', 'no bearer token', resource)
  if (bearer.kind === 'malformed') return deny('malformed', bearer.detail, resource)
  return verify(bearer.token, { tokenKey, resource, ports, now })
}

/** By which a token is remembered that came alone. */
function toKey({ authorization: [header, ...others] }: CheckInput): string | undefined {
  if (header === undefined || others.length > 0) return undefined
  return toTokenKey(header)
}

/** What was verified before for this very service, and has not expired since. */
function recall(
  tokenKey: string,
  { service }: CheckInput,
  { verifiedTokens }: CheckPorts,
  now: Clock,
): VerifiedToken | undefined {
  const found = verifiedTokens.find(tokenKey)
  if (found === undefined || found.service !== service) return undefined
  const time = now()
  if (isAhead(found.presented.issuedAt, time / 1000)) return undefined
  return time < found.validUntil ? found : undefined
}

interface Verifying {
  readonly tokenKey: string | undefined
  readonly resource: ProtectedResource
  readonly ports: CheckPorts
  readonly now: Clock
}

function verify(token: string, verifying: Verifying): Deciding {
  const { resource, ports, now } = verifying
  const expected = { issuer: ports.issuer, audience: resource.identifier, now }
  const verification = verifyAccessToken(token, ports.findKey, expected)
  if (!(verification instanceof Promise)) return afterVerification(verification, verifying)
  return verification.then(
    (verified) => afterVerification(verified, verifying),
    (error: unknown) =>
      deny('keys_unavailable', `keys are not known: ${describe(error)}`, resource),
  )
}

function afterVerification(verification: Verification, verifying: Verifying): Deciding {
  const { tokenKey, resource, ports } = verifying
  if (!verification.valid) {
    const { reason, detail, claims } = verification
    const caller = claims && { userId: claims.sub, clientId: claims.client_id }
    return { ...deny(reason, detail, resource), caller }
  }
  const verified = toVerifiedToken(verification.claims, resource)
  if (tokenKey !== undefined) ports.verifiedTokens.add(tokenKey, verified)
  return admit(verified, resource, ports)
}

/** Everything that follows from the token alone, once and for all. */
function toVerifiedToken(claims: AccessTokenClaims, resource: ProtectedResource): VerifiedToken {
  const granted = parseScope(claims.scope)
  const isEnough = missingScopes([resource.baseScope], granted).length === 0
  // The one object is what revocations are asked with and what headers are made of: thousands are held.
  const caller = toCaller(claims, granted)
  return {
    service: resource.service,
    presented: caller,
    validUntil: (claims.exp + CLOCK_TOLERANCE_SECONDS) * 1000,
    decision: isEnough
      ? { allow: true, identity: caller, encoded: undefined }
      : {
          ...deny('insufficient_scope', `granted ${claims.scope}`, resource),
          caller: { userId: claims.sub, clientId: claims.client_id },
          granted,
        },
  }
}

/** A token that is what it says: does it still count? Where it must be certain, the store is asked each time. */
function admit(token: VerifiedToken, resource: ProtectedResource, ports: CheckPorts): Deciding {
  const { recall, ask } = ports.revocations
  const remembered = recall(token.presented)
  const isCertain = remembered !== undefined && (remembered.revoked || !resource.asksEachTime)
  if (isCertain) return conclude(remembered, token, resource)
  return ask(token.presented).then(
    (answer) => conclude(answer, token, resource),
    // The store's own connection has logged why; for the caller it is 503, never 401.
    () => deny('store_unavailable', 'revocations are not known', resource),
  )
}

function conclude(
  answer: RevocationAnswer,
  { decision, presented: { userId, clientId } }: VerifiedToken,
  resource: ProtectedResource,
): Decision {
  return answer.revoked
    ? { ...deny('revoked', `by ${answer.by}`, resource), caller: { userId, clientId } }
    : decision
}

function toCaller(claims: AccessTokenClaims, scopes: readonly string[]): Identity & Presented {
  return {
    userId: claims.sub,
    userName: claims.preferred_username,
    clientId: claims.client_id,
    scopes,
    grantId: claims.grant_id,
    tokenId: claims.jti,
    expiresAt: claims.exp,
    issuedAt: claims.iat,
  }
}

function unforeseen(error: unknown): Denial {
  return deny('unforeseen', describe(error))
}

function deny(reason: DenyReason, detail: string, resource?: ProtectedResource): Denial {
  return { allow: false, reason, detail, resource, encoded: undefined }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
