/** Headers that several endpoints share. */

import type Koa from 'koa'

/** What every answer carries. That browsers shall come over TLS, Envoy says for all rooms. */
export function hardenAnswer({ res }: Koa.Context, next: Koa.Next): Promise<unknown> {
  // Not through Koa, which takes several times as long.
  res.setHeader('X-Content-Type-Options', 'nosniff')
  return next()
}

/** RFC 6749 section 5.1: nothing with a token or a secret in it may be kept by anybody. */
export function noStore({ res }: Koa.Context, next: Koa.Next): Promise<unknown> {
  res.setHeader('Cache-Control', 'no-store')
  res.setHeader('Pragma', 'no-cache')
  return next()
}

/** Documents that are the same for everybody. */
export async function publicDocument(ctx: Koa.Context, next: Koa.Next): Promise<void> {
  ctx.set('Cache-Control', 'public, max-age=300')
  await next()
}

/**
 * What every page carries. There is no `form-action`: Chrome would hold it against the redirect to
 * the client that follows the form. Nor an opener policy: clients on the web wait in the page behind.
 */
export function setPageHeaders(ctx: Koa.Context): void {
  ctx.set({
    'Cache-Control': 'no-store',
    'Content-Security-Policy':
      "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
  })
}

/** For endpoints that answer people, whatever the answer is. */
export async function securePage(ctx: Koa.Context, next: Koa.Next): Promise<void> {
  setPageHeaders(ctx)
  await next()
}
