/**
 * A grant type is for clients that have it, now: one that a client has given up is refused before anything
 * is used up (RFC 6749 section 5.2 `unauthorized_client`, RFC 7591 section 2 `grant_types`).
 */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import type { Client, GrantType } from '../clients/client.ts'

export function requireGrantType(type: GrantType): Koa.Middleware<{ readonly client: Client }> {
  return function requireGrantType(ctx, next) {
    checkGrantType(ctx.state.client, type)
    return next()
  }
}

/** @throws OAuthError `unauthorized_client`. */
export function checkGrantType({ grantTypes }: Pick<Client, 'grantTypes'>, type: GrantType): void {
  if (grantTypes.includes(type)) return
  throw new OAuthError(
    'unauthorized_client',
    `register the client with ${type} among its grant_types`,
  )
}
