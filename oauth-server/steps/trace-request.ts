/** A span for each request: what was asked of which route, and what came of it. */

import type Koa from 'koa'
import { REQUEST_ID_HEADER } from '../../lib/platform/log.ts'
import { TRACEPARENT, type Tracing } from '../../lib/platform/tracing/tracing.ts'

export interface RouteState {
  /** Of the row of the route table that answers, with its parameters' names. */
  routePath?: string
}

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
      const route = ctx.state.routePath
      if (route !== undefined) span.rename(`${method} ${route}`)
      span.set({ 'http.route': route, 'http.response.status_code': ctx.status })
      if (ctx.status >= 500) span.fail(String(ctx.status))
      span.end()
    }
  }
}
