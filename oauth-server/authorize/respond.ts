/** Authorization responses: code or error to the redirect target, with `iss` (RFC 9207 section 2). */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import { logError } from '../steps/answer-errors.ts'
import type { LogState } from '../steps/log-access.ts'
import type { RedirectTarget } from './redirect-target.ts'

/** Where the answer goes; it exists only when client and redirect URI were found good. */
export interface Respondent {
  readonly target: RedirectTarget
  readonly state: string | undefined
}

export interface RespondentState extends LogState {
  respondent?: Respondent
}

/** Redirects with a GET, whatever the request was (RFC 9700 section 4.12). */
const SEE_OTHER = 303

/** Sends a refusal to the client once there is a respondent; before that, and for our own faults, a page. */
export function redirectErrors(issuer: string): Koa.Middleware<RespondentState> {
  return async function redirectErrors(ctx, next) {
    try {
      await next()
    } catch (thrown) {
      const error = OAuthError.from(thrown)
      const { respondent, log } = ctx.state
      if (respondent === undefined || error.status >= 500) throw thrown
      logError(log, error)
      sendResponse(ctx, { ...error.toJSON(), iss: issuer })
    }
  }
}

/** Answers with a redirect to the respondent; only what `resolveRedirectTarget` made can be one. */
export function sendResponse(
  ctx: Koa.ParameterizedContext<RespondentState>,
  parameters: Readonly<Record<string, string>>,
): void {
  const { respondent } = ctx.state
  if (respondent === undefined) throw new TypeError('there is nobody to respond to')
  const { target, state } = respondent
  const all = { ...parameters, ...(state === undefined ? {} : { state }) }
  ctx.status = SEE_OTHER
  ctx.set('Location', addToQuery(target.uri, all))
}

/** RFC 6749 section 3.1.2: a query of the redirect URI is kept. `%20`, because not every client reads `+`. */
export function addToQuery(uri: string, parameters: Readonly<Record<string, string>>): string {
  const added = new URLSearchParams(parameters).toString().replaceAll('+', '%20')
  if (!uri.includes('?')) return `${uri}?${added}`
  return /[?&]$/.test(uri) ? uri + added : `${uri}&${added}`
}
