/** A span for each request: what was asked of which route, and what came of it. */

import type Koa from 'koa'
import { REQUEST_ID_HEADER } from '../../lib/platform/log.ts'
import { TRACEPARENT, type Tracing } from '../../lib/platform/tracing/tracing.ts'

export interface RouteState {
  /** As the route table has it, where it was found by what it says. */
  route?: string
}

/** The route as the table has it: an address as it was asked for may hold what is nobody's business. */
export function traceRequest(tracing: Tracing): Koa.Middleware<RouteState> {
  return async function traceRequest(ctx, next) {
    const { method } = ctx
    const span = tracing.start(method, {
      kind: 'server',
      parent: ctx.get(TRACEPARENT),
      attributes: {
        'http.request.method': method,
        'mcp_gateway.request': ctx.get(REQUEST_ID_HEADER) || undefined,
      },
    })
    try {
      await tracing.within(span, next)
    } finally {
      const route = ctx.state.route ?? (ctx['_matchedRoute'] as string | undefined)
      if (route !== undefined) span.rename(`${method} ${route}`)
      span.set({ 'http.route': route, 'http.response.status_code': ctx.status })
      if (ctx.status >= 500) span.fail(String(ctx.status))
      span.end()
    }
  }
}
