/** From an approval to a code: the grant, and what a client is told of it (RFC 6749 section 4.1.2). */

import { OAuthError } from '../../lib/oauth/error.ts'
import type { Ports } from '../ports.ts'
import type { Interaction } from '../store/interactions.ts'
import type { Login } from '../store/logins.ts'

export interface Approved {
  readonly interaction: Interaction
  readonly login: Login
  readonly service: string
}

export interface Access {
  readonly grantId: string
  readonly code: string
}

/**
 * Resolves with a code, or with undefined when the person has signed out meanwhile: asked after the
 * grant is made, because signing out ends those that it finds. So does a change of the access rules: whoever
 * calls has asked them before. A code that is told to nobody, and a grant without one, go by themselves
 * within seconds.
 * @throws OAuthError `access_denied` where the rules have changed meanwhile.
 */
export async function grantAccess(
  { families, scopes, resources, access }: Ports,
  { interaction, login, service }: Approved,
): Promise<Access | undefined> {
  const { id: loginId, userId, userName, authenticatedAt } = login
  const grant = await families.grants.create({
    userId,
    userName,
    authenticatedAt,
    loginId,
    clientId: interaction.clientId,
    resource: resources.resourceOf(service),
    scopes: scopes.grant(service, interaction.requestedScopes),
  })
  if (!(await families.logins.stands(login))) return undefined
  if (!(await access.allows(userId, service))) {
    throw new OAuthError('access_denied', 'this account may no longer use this service')
  }
  const code = await families.codes.issue({
    grantId: grant.id,
    userId: grant.userId,
    clientId: grant.clientId,
    redirectUri: interaction.redirectUri,
    codeChallenge: interaction.codeChallenge,
    nonce: interaction.nonce,
  })
  return { grantId: grant.id, code }
}
