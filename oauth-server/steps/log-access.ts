/** One line per request, and its figures; what is logged and recorded meanwhile names the request. */

import type Koa from 'koa'
import type { Clock } from '../../lib/platform/clock.ts'
import { type Log, REQUEST_ID_HEADER } from '../../lib/platform/log.ts'
import { withinRequest } from '../../lib/platform/request-context.ts'
import { clientAddress } from '../http/client-address.ts'
import type { RequestFacts } from '../records/figures.ts'

export interface LogState {
  /** The room's; the request's id comes by itself (request-context.ts). */
  log: Log
  /** Name of the row of the route table that answers. */
  route?: string
}

const REQUEST_ID_CHARACTERS_MAX = 128

/** The query never stands in the log: it carries states and codes. */
export function logAccess(
  log: Log,
  clock: Clock,
  countRequest: (facts: RequestFacts) => void,
): Koa.Middleware<LogState> {
  const answer = async (ctx: Koa.ParameterizedContext<LogState>, next: Koa.Next) => {
    const startedAt = clock()
    ctx.state.log = log
    await next()
    const { method, path, status, state } = ctx
    const durationMs = clock() - startedAt
    countRequest({ route: state.route ?? 'none', status, seconds: durationMs / 1000 })
    // A probe that is answered well is no news.
    const level = path === '/healthz' && status === 200 ? 'debug' : 'info'
    log[level]({ method, path, status, duration_ms: durationMs }, 'request')
  }
  return function logAccess(ctx, next) {
    const requestId = ctx.get(REQUEST_ID_HEADER).slice(0, REQUEST_ID_CHARACTERS_MAX) || undefined
    return withinRequest({ requestId, address: clientAddress(ctx) }, () => answer(ctx, next))
  }
}
