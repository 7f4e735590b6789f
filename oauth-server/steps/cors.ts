/** CORS for what web pages may read: documents and endpoints that no cookie protects. */

import type Koa from 'koa'

const ALLOWED_HEADERS =
  'authorization, content-type, mcp-protocol-version, mcp-session-id, mcp-method, mcp-name, last-event-id'

/** What pages read of MCP endpoints: here too, since clients ask all addresses alike. */
const PREFLIGHT_EXPOSED_HEADERS = 'WWW-Authenticate, Mcp-Session-Id'

const PREFLIGHT_SECONDS = 7200

export function allowAnyOrigin({ res }: Koa.Context, next: Koa.Next): Promise<unknown> {
  // Not through Koa, which takes several times as long.
  res.setHeader('Access-Control-Allow-Origin', '*')
  res.setHeader('Access-Control-Expose-Headers', 'WWW-Authenticate, Retry-After')
  return next()
}

/** Answers a preflight for a path with these methods. */
export function answerPreflight(methods: readonly string[]): Koa.Middleware {
  return async function answerPreflight(ctx) {
    ctx.set({
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Allow-Methods': methods.join(', '),
      'Access-Control-Allow-Headers': ALLOWED_HEADERS,
      'Access-Control-Expose-Headers': PREFLIGHT_EXPOSED_HEADERS,
      'Access-Control-Max-Age': String(PREFLIGHT_SECONDS),
    })
    ctx.status = 204
  }
}
