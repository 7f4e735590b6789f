/**
 * Tokens that an operator makes for a script: one access token under a grant of its own, in a person's name.
 *
 * The person sees it among what has access, and may end it; whatever ends the person ends it.
 */

import type { MintedToken } from '../../lib/oauth/administration.ts'
import { PERSONAL_CLIENT_ID } from '../../lib/oauth/client-id.ts'
import { missingScopes } from '../../lib/oauth/scope.ts'
import { toSeconds } from '../../lib/platform/clock.ts'
import { mintAccessToken } from '../token/mint.ts'
import { endGrant } from './grants.ts'
import { AdminError, type AdminPorts, toTime } from './operation.ts'

/** What a token for measuring is called: it is none that anybody was given. */
export const PROBE_LABEL = 'measures when the edge refuses'

export interface Wish {
  readonly user: string
  readonly service: string
  readonly scopes: readonly string[]
  readonly lifetimeSeconds: number
  readonly label: string
}

/** @throws AdminError where the person may not have it, also when that came about while it was made. */
export async function mintPersonalToken(ports: AdminPorts, wish: Wish): Promise<MintedToken> {
  requireLifetime(ports, wish)
  const scopes = toScopes(ports, wish)
  await requireAllowed(ports, wish)
  const minted = await mintFor(ports, { ...wish, scopes })
  try {
    // Whatever ended the person between the first look and the grant did not find the grant.
    await requireAllowed(ports, wish)
  } catch (error) {
    await endGrant(ports, minted.grant_id)
    throw error
  }
  return minted
}

/** For whoever has checked it. */
export async function mintFor(ports: AdminPorts, wish: Wish): Promise<MintedToken> {
  const { families, resources } = ports
  const { user, service, scopes, lifetimeSeconds, label } = wish
  const known = await families.users.find(user)
  const grant = await families.grants.create({
    userId: user,
    userName: known?.name ?? '',
    clientId: PERSONAL_CLIENT_ID,
    resource: resources.resourceOf(service),
    scopes,
    authenticatedAt: known?.lastLoginAt ?? toSeconds(ports.clock()),
    label,
  })
  await ports.keyring.cover(lifetimeSeconds * 1000)
  const { accessToken, expiresAt } = mintAccessToken(ports, grant, scopes, lifetimeSeconds)
  // Whoever looks at everybody looks at those with a record: what a token lets in ends by it.
  if (known !== undefined) {
    await families.users.keep(user, { since: known.lastLoginAt, until: expiresAt })
  }
  const keeping = { expiresAt, ttlSeconds: lifetimeSeconds }
  if (!(await families.grants.keep(grant, keeping))) {
    throw new AdminError('refused', `what ${user} has was ended meanwhile`)
  }
  return {
    access_token: accessToken,
    grant_id: grant.id,
    user,
    service,
    url: grant.resource,
    scopes,
    expires_at: toTime(expiresAt),
  }
}

function requireLifetime({ config }: AdminPorts, { lifetimeSeconds }: Wish): void {
  const max = config.PERSONAL_TOKEN_LIFETIME
  if (lifetimeSeconds <= max) return
  throw new AdminError(
    'refused',
    `a token may live for ${max} seconds at most: PERSONAL_TOKEN_LIFETIME says so`,
  )
}

function toScopes({ live, scopes }: AdminPorts, wish: Wish): readonly string[] {
  const { services } = live.current
  if (!services.has(wish.service)) {
    const names = [...services.keys()].join(', ')
    throw new AdminError('not_found', `there is no service ${wish.service}; there are: ${names}`)
  }
  const granted = scopes.grant(wish.service, wish.scopes)
  const missing = missingScopes(wish.scopes, granted)
  if (missing.length === 0) return granted
  throw new AdminError('refused', `the service ${wish.service} has no scope ${missing.join(', ')}`)
}

async function requireAllowed({ families, access }: AdminPorts, wish: Wish): Promise<void> {
  const { user, service } = wish
  if ((await families.users.find(user)) === undefined) {
    throw new AdminError('not_found', `nobody has logged in here as ${user}: they have to once`)
  }
  if (await families.disabledUsers.has(user)) {
    throw new AdminError(
      'refused',
      `${user} is disabled: gateway users enable ${user} lets them in again`,
    )
  }
  if (await access.allows(user, service)) return
  throw new AdminError('refused', `the access rules do not let ${user} use ${service}`)
}
