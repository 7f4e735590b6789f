/** A bearer token in the `Authorization` header (RFC 6750 section 2.1), and the refusal of one. */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'

const BEARER = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i

/** @throws OAuthError with status 401 and a challenge when there is none. */
export function requireBearer(ctx: Koa.Context, description: string): string {
  const token = BEARER.exec(ctx.get('authorization'))?.[1]
  if (token === undefined) throw refuseBearer(ctx, description)
  return token
}

/** The error to throw, once its challenge is set. */
export function refuseBearer(ctx: Koa.Context, description: string): OAuthError {
  // RFC 6750 section 3: no error code in the challenge where no credentials were sent.
  const error = ctx.get('authorization') === '' ? '' : ' error="invalid_token"'
  ctx.set('WWW-Authenticate', `Bearer${error}`)
  return new OAuthError('invalid_token', description)
}
