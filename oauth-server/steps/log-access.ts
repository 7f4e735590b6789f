/** One line per request, and the log that a request's other lines are written to. */

import type Koa from 'koa'
import type { Clock } from '../../lib/platform/clock.ts'
import { type Log, REQUEST_ID_HEADER } from '../../lib/platform/log.ts'

export interface LogState {
  log: Log
}

const REQUEST_ID_CHARACTERS_MAX = 128

/** The query never stands in the log: it carries states and codes. */
export function logAccess(log: Log, clock: Clock): Koa.Middleware<LogState> {
  return async function logAccess(ctx, next) {
    const startedAt = clock()
    const requestId = ctx.get(REQUEST_ID_HEADER).slice(0, REQUEST_ID_CHARACTERS_MAX)
    ctx.state.log = requestId === '' ? log : log.child({ request_id: requestId })
    await next()
    const { method, path, status } = ctx
    // A probe that is answered well is no news.
    const level = path === '/healthz' && status === 200 ? 'debug' : 'info'
    ctx.state.log[level]({ method, path, status, duration_ms: clock() - startedAt }, 'request')
  }
}
