/**
 * Tokens are minted for whom the access rules still let in.
 *
 * Asked before anything is used up: whoever may no longer in has lost the grant, and while nobody can tell
 * nothing is lost.
 */

import { OAuthError } from '../../lib/oauth/error.ts'
import type { Ports } from '../ports.ts'
import type { Grant } from '../store/grants.ts'

/** @throws OAuthError `invalid_grant`, or 503 when nobody can tell. */
export async function requirePerson(
  { access, resources }: Pick<Ports, 'access' | 'resources'>,
  { userId, resource }: Grant,
): Promise<void> {
  const meaning = resources.resolve(resource)
  const service = meaning.kind === 'service' ? meaning.service : undefined
  if (await access.stillAllows(userId, service)) return
  throw new OAuthError('invalid_grant', 'this account may no longer use this service', {
    detail: 'refused by the access rules',
  })
}
