/** Ends logins, and what was granted under them. */

import { OAuthError } from '../../lib/oauth/error.ts'
import { toSeconds } from '../../lib/platform/clock.ts'
import type { Ports } from '../ports.ts'
import type { Login } from '../store/logins.ts'
import { revokeGrant } from '../token/revoke-grant.ts'

/** This browser's login, or all of the person's. */
export type Extent = 'browser' | 'everywhere'

/** @throws OAuthError for what is neither. */
export function parseExtent(text: string | undefined): Extent {
  if (text === undefined || text === 'browser') return 'browser'
  if (text === 'everywhere') return 'everywhere'
  throw new OAuthError('invalid_request', 'The form says neither browser nor everywhere.')
}

export interface SigningOut {
  readonly cookie: string
  readonly login: Login
  readonly extent: Extent
}

/**
 * Grants are ended twice: before the login ends, so that with a failing store the form can be sent
 * again; and after, because one may have been made in between. None is made under a login that has ended.
 */
export async function signOut(ports: Ports, signingOut: SigningOut): Promise<void> {
  await revokeGrants(ports, signingOut)
  await closeLogins(ports, signingOut)
  await revokeGrants(ports, signingOut)
}

async function closeLogins(
  { families }: Ports,
  { cookie, login, extent }: SigningOut,
): Promise<void> {
  if (extent === 'everywhere') await families.logins.closeOfUser(login.userId)
  await families.logins.close(cookie)
}

async function revokeGrants(ports: Ports, { login, extent }: SigningOut): Promise<void> {
  const { families, config, clock } = ports
  if (extent === 'everywhere') {
    const expiresAt = toSeconds(clock()) + config.ACCESS_TOKEN_LIFETIME
    return await families.grants.revokeOfUser(login.userId, expiresAt)
  }
  await revokeGrantsUnder(ports, login)
}

/** What a login has vouched for ends with it. */
async function revokeGrantsUnder(ports: Ports, login: Login): Promise<void> {
  const { grants: family } = ports.families
  const ids = await family.ofUser(login.userId)
  const grants = await Promise.all(ids.map((id) => family.find(id)))
  for (const grant of grants) {
    if (grant?.loginId === login.id) await revokeGrant(ports, grant, 'signed out')
  }
}

/** For whoever approves under a login that has ended by then: nothing is made, or used up. */
export function signedOutMeanwhile(): OAuthError {
  return new OAuthError(
    'invalid_request',
    'You have signed out while this page was open. Go back and send it again.',
    { status: 403, explain: 'otherLogin' },
  )
}
