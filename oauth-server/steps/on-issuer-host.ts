/** Pages live on the issuer's host alone: their cookies do, and what people are shown to trust. */

import type Koa from 'koa'
import type { Addresses } from '../../lib/catalogue/addresses.ts'
import { askedHost } from '../http/asked-host.ts'

/**
 * Older clients take a service's own host for the authorization server: they are sent on, with the query
 * that `toSearch` makes of theirs.
 */
export function onIssuerHost(
  addresses: Addresses,
  toSearch: (ctx: Koa.Context) => string = (ctx) => ctx.search,
): Koa.Middleware {
  const { layout, issuer, issuerHost } = addresses
  return async function onIssuerHost(ctx, next) {
    const isForeign = layout === 'host' && askedHost(ctx, addresses) !== issuerHost
    if (!isForeign) return await next()
    ctx.status = 303
    ctx.set('Location', issuer + ctx.path + toSearch(ctx))
  }
}
