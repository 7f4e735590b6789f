/** A form body into parameters (RFC 6749 appendix B). */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import { mediaType, readBody } from '../http/body.ts'
import { type Params, parseParams, refuseRepeated } from '../http/params.ts'
import type { LogState } from './log-access.ts'

export interface FormState extends LogState {
  params: Params
}

const BODY_BYTES_MAX = 32_768

export async function readForm(
  ctx: Koa.ParameterizedContext<FormState>,
  next: Koa.Next,
): Promise<void> {
  if (mediaType(ctx.req) !== 'application/x-www-form-urlencoded') {
    throw new OAuthError(
      'invalid_request',
      'the body must be sent as application/x-www-form-urlencoded',
      { status: 415 },
    )
  }
  const params = parseParams(await readBody(ctx, BODY_BYTES_MAX))
  refuseRepeated(params)
  ctx.state.params = params
  await next()
}
