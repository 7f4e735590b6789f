/** What a thrown error becomes: JSON for programs, a page for people. Detail and cause stay in the log. */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import type { Log } from '../../lib/platform/log.ts'
import { renderPage } from '../pages/render.ts'
import type { LogState } from './log-access.ts'

export type ErrorStyle = 'json' | 'page'

const RETRY_SECONDS = 2

export function answerErrors(style: ErrorStyle): Koa.Middleware<LogState> {
  return async function answerErrors(ctx, next) {
    try {
      await next()
    } catch (thrown) {
      const error = OAuthError.from(thrown)
      logError(ctx.state.log, error)
      ctx.status = error.status
      ctx.set('Cache-Control', 'no-store')
      if (error.status === 503) ctx.set('Retry-After', String(RETRY_SECONDS))
      if (style === 'page') renderPage(ctx, 'error', { title: 'This did not work', error })
      else ctx.body = error.toJSON()
    }
  }
}

export function logError(log: Log, error: OAuthError): void {
  const { code, message, detail, cause, status } = error
  if (status >= 500) log.error({ error: code, detail, err: cause }, message)
  else log.info({ error: code, detail }, message)
}
