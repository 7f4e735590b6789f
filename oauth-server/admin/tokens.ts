/**
 * `tokens/…`: what a token is, ending one, and making one for a script.
 *
 * Access tokens are signed and not kept: nobody can list them. What is kept is the grant that each belongs to.
 */

import { z } from 'zod'
import { ACCESS_TOKEN_TYPE } from '../../lib/oauth/access-token.ts'
import type { TokenDescription } from '../../lib/oauth/administration.ts'
import { PERSONAL_CLIENT_ID } from '../../lib/oauth/client-id.ts'
import { parseScope } from '../../lib/oauth/scope.ts'
import { toSeconds } from '../../lib/platform/clock.ts'
import { instantOfGrant } from '../../lib/store/instant.ts'
import { isRevoked } from '../token/is-revoked.ts'
import { endGrant } from './grants.ts'
import { AdminError, type AdminPorts, change, look, text, toTime } from './operation.ts'
import { mintFor, mintPersonalToken, PROBE_LABEL } from './personal-tokens.ts'
import { requirePerson } from './users.ts'

const TOKEN_MAX = 16_384
const tokenInput = z.strictObject({ token: z.string().min(1).max(TOKEN_MAX) })

export const showToken = look(tokenInput, (ports, { token }) => describeToken(ports, token))

/** An access token of a client ends alone, a refresh token with its grant, as clients may do it themselves (RFC 7009). */
export const revokeToken = change(tokenInput, async (ports, { token }) => {
  const described = await describeToken(ports, token)
  const target = described.token_id ?? described.grant_id
  if (!described.active || target === null) {
    const reason = described.reason ?? 'no live token of this gateway'
    throw new AdminError('not_found', `it does not count any more: ${reason}`)
  }
  // Of a personal token the grant has no other purpose.
  const isLast = described.client_id === PERSONAL_CLIENT_ID || described.kind === 'refresh'
  if (isLast) await endGrant(ports, described.grant_id ?? target)
  else await ports.families.revocations.revoke('token', target, secondsOf(described.expires_at))
  return {
    body: { ...described, active: false, reason: 'revoked' },
    targets: [{ target, outcome: 'ok' }],
  }
})

export const mintToken = change(
  z.strictObject({
    user: text,
    service: text,
    scopes: z.array(text).max(100),
    lifetime: z.int().min(60),
    label: z.string().max(100),
  }),
  async (ports, { lifetime, ...wish }) => {
    const minted = await mintPersonalToken(ports, { ...wish, lifetimeSeconds: lifetime })
    const { grant_id: target, service } = minted
    return { body: minted, targets: [{ target, outcome: 'ok', service }] }
  },
)

const PROBE_SECONDS = 60

/** For measuring when the edge refuses a person: it goes with whatever ends them, or in a minute. */
export const probeUser = change(z.strictObject({ user: text }), async (ports, { user }) => {
  await requirePerson(ports, user)
  const [service] = ports.live.current.services.keys()
  if (service === undefined) throw new AdminError('refused', 'no service is served')
  const scopes = ports.scopes.grant(service, [])
  const probe = await mintFor(ports, {
    user,
    service,
    scopes,
    lifetimeSeconds: PROBE_SECONDS,
    label: PROBE_LABEL,
  })
  return { body: probe, targets: [{ target: user, outcome: 'ok', service }] }
})

async function describeToken(ports: AdminPorts, token: string): Promise<TokenDescription> {
  const presented = ports.refreshTokens.parse(token)
  if (presented === undefined) return await describeAccessToken(ports, token)
  const live = await ports.families.refreshFamilies.inspect(presented)
  if (live === undefined) return { ...NOTHING, kind: 'refresh', reason: 'used, revoked or expired' }
  const { grant, ttlSeconds } = live
  return {
    kind: 'refresh',
    active: true,
    reason: null,
    user: grant.userId,
    client_id: grant.clientId,
    grant_id: grant.id,
    token_id: null,
    resource: grant.resource,
    scopes: grant.scopes,
    issued_at: new Date(instantOfGrant(grant.id) ?? 0).toISOString(),
    expires_at: toTime(toSeconds(ports.clock()) + ttlSeconds),
  }
}

async function describeAccessToken(ports: AdminPorts, token: string): Promise<TokenDescription> {
  const claims = await ports.verifiedTokens.verify(token)
  if (claims === undefined) {
    return {
      ...NOTHING,
      reason: `expired, or no ${ACCESS_TOKEN_TYPE} that this gateway has signed`,
    }
  }
  const revoked = await isRevoked(ports.families.revocations, claims)
  return {
    kind: 'access',
    active: !revoked,
    reason: revoked ? 'revoked' : null,
    user: claims.sub,
    client_id: claims.client_id,
    grant_id: claims.grant_id,
    token_id: claims.jti,
    resource: claims.aud,
    scopes: parseScope(claims.scope),
    issued_at: toTime(claims.iat),
    expires_at: toTime(claims.exp),
  }
}

const NOTHING: TokenDescription = {
  kind: 'unknown',
  active: false,
  reason: null,
  user: null,
  client_id: null,
  grant_id: null,
  token_id: null,
  resource: null,
  scopes: [],
  issued_at: null,
  expires_at: null,
}

function secondsOf(time: string | null): number {
  return toSeconds(Date.parse(time ?? ''))
}
