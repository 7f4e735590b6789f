/** A token request may name the resource that was granted, or none (RFC 8707 section 2.2). */

import { OAuthError } from '../../lib/oauth/error.ts'
import type { Params } from '../http/params.ts'
import type { Resources } from '../resources.ts'
import type { Grant } from '../store/grants.ts'

/** @throws OAuthError `invalid_target`. */
export function requireGrantedResource(params: Params, grant: Grant, resources: Resources): void {
  const sent = params.get('resource')
  if (sent === undefined) return
  const meaning = resources.resolve(sent)
  // The bare origin names no service: whatever the person chose is meant.
  if (meaning.kind === 'default') return
  if (meaning.kind === 'service' && resources.resourceOf(meaning.service) === grant.resource) return
  throw new OAuthError('invalid_target', 'the resource is not the one that was granted')
}
