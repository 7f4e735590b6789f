/**
 * What a thrown error becomes: a page for a browser, JSON for a program, as `Accept` says. Detail and
 * cause stay in the log.
 */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import type { Log } from '../../lib/platform/log.ts'
import { currentRequest } from '../../lib/platform/request-context.ts'
import { explain, RETRY_SECONDS } from '../pages/explain.ts'
import { renderPage } from '../pages/render.ts'
import { setPageHeaders } from './headers.ts'
import type { LogState } from './log-access.ts'

/** What an endpoint answers to whoever takes anything. */
export type ErrorStyle = 'json' | 'page'

export function answerErrors(style: ErrorStyle): Koa.Middleware<LogState> {
  return async function answerErrors(ctx, next) {
    try {
      await next()
    } catch (thrown) {
      const error = OAuthError.from(thrown)
      logError(ctx.state.log, error)
      sendError(ctx, error, style)
    }
  }
}

function sendError(ctx: Koa.Context, error: OAuthError, style: ErrorStyle): void {
  const retryAfter = error.retryAfterSeconds ?? (error.status === 503 ? RETRY_SECONDS : undefined)
  ctx.status = error.status
  ctx.set('Cache-Control', 'no-store')
  ctx.vary('Accept')
  if (retryAfter !== undefined) ctx.set('Retry-After', String(retryAfter))
  if (wantsPage(ctx, style)) {
    setPageHeaders(ctx)
    const { requestId } = currentRequest() ?? {}
    renderPage(ctx, 'error', { error, explanation: explain(error), requestId })
  } else {
    ctx.body = error.toJSON()
  }
}

/** What a browser takes; whoever takes anything gets what the endpoint answers most. */
export function wantsPage(ctx: Koa.Context, style: ErrorStyle): boolean {
  const offers = style === 'page' ? ['html', 'json'] : ['json', 'html']
  const accepted = ctx.accepts(...offers)
  if (accepted === false) return style === 'page'
  return accepted === 'html' && (style === 'page' || isForPerson(ctx))
}

/**
 * Asked at an endpoint of programs. Java's own client names HTML first and everything after it, and can read
 * no page; a browser names XHTML as well, and who names JSON, or takes none, has said what it prefers.
 */
function isForPerson(ctx: Koa.Context): boolean {
  const isWeighed = /application\/(?:xhtml\+xml|json)/i.test(ctx.get('accept'))
  return isWeighed || ctx.accepts('json') === false
}

export function logError(log: Log, error: OAuthError): void {
  const { code, message, detail, cause, status } = error
  if (status >= 500) log.error({ error: code, detail, err: cause }, message)
  else log.info({ error: code, detail }, message)
}
