/** Refuses forms that another site sends, beside the cookie that binds them (RFC 9700 section 4.7). */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'

export function requireOwnOrigin(issuer: string): Koa.Middleware {
  return async function requireOwnOrigin(ctx, next) {
    const origin = ctx.get('origin')
    const site = ctx.get('sec-fetch-site')
    // Our own Referrer-Policy makes browsers write `null` here: then Sec-Fetch-Site has to tell.
    const isOwn = origin === 'null' ? site === 'same-origin' : origin === '' || origin === issuer
    if (!isOwn || site === 'cross-site') {
      throw new OAuthError('invalid_request', 'This form was sent by another site.', {
        status: 403,
        explain: 'otherSite',
        detail: `origin ${origin}`,
      })
    }
    await next()
  }
}
