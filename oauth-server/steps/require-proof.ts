/** Refuses a form that was shown under another login, beside the check of its origin. */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import { equalInConstantTime } from '../../lib/platform/constant-time.ts'
import { formProof } from '../http/form-proof.ts'
import type { FormState } from './read-form.ts'

export interface ProvedState extends FormState {
  /** Of the login. */
  cookie: string
}

/** @param purpose of the form. @param remedy what the person has to do instead. */
export function requireProof(purpose: string, remedy: string): Koa.Middleware<ProvedState> {
  return async function requireProof(ctx, next) {
    const { params, cookie } = ctx.state
    if (!equalInConstantTime(params.get('proof') ?? '', formProof(purpose, cookie))) {
      throw new OAuthError('invalid_request', `This page belongs to an earlier login. ${remedy}`, {
        status: 403,
        explain: 'otherLogin',
      })
    }
    await next()
  }
}
