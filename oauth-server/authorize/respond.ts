/**
 * Authorization responses: code or error to the redirect target, with `iss` (RFC 9207 section 2). Where
 * there is none to redirect to, a page shows the code to be copied.
 */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import type { Client } from '../clients/client.ts'
import { notListed } from '../clients/redirect-hosts.ts'
import { isOutOfBand } from '../clients/redirect-uri.ts'
import type { Params } from '../http/params.ts'
import { renderPage } from '../pages/render.ts'
import { logError } from '../steps/answer-errors.ts'
import type { LogState } from '../steps/log-access.ts'
import { type RedirectTarget, resolveRedirectTarget } from './redirect-target.ts'

/** Where the answer goes; it exists only when client and redirect URI were found good. */
export interface Respondent {
  readonly target: RedirectTarget
  readonly state: string | undefined
}

export interface RespondentState extends LogState {
  respondent?: Respondent
}

/** A state is returned byte for byte, so it has a bound. */
const STATE_BYTES_MAX = 4096

/** Redirects with a GET, whatever the request was (RFC 9700 section 4.12). */
const SEE_OTHER = 303

/**
 * RFC 6749 section 4.1.2.1: without a proven redirect URI nobody is redirected.
 * @throws OAuthError for whoever sees the page.
 */
export function requireRespondent(client: Client, params: Params): Respondent {
  const isRepeated = params.repeated.includes('redirect_uri')
  const requested = params.get('redirect_uri')
  const target = isRepeated ? undefined : resolveRedirectTarget(client, requested)
  if (target === undefined) throw notAnswered(client, isRepeated ? undefined : requested)
  const state = params.get('state')
  if (state !== undefined && Buffer.byteLength(state) > STATE_BYTES_MAX) {
    throw new OAuthError('invalid_request', 'The state of the application is too long.')
  }
  // What was no UTF-8 has become this character: it could not come back as it was sent.
  if (state?.includes('\ufffd')) {
    throw new OAuthError('invalid_request', 'The state of the application is not UTF-8.')
  }
  return { target, state: params.repeated.includes('state') ? undefined : state }
}

/**
 * For a request that was checked before: the client may have changed since.
 * @throws OAuthError for whoever sees the page.
 */
export function respondentOf(
  client: Client,
  { redirectUri, state }: { readonly redirectUri: string; readonly state?: string | undefined },
): Respondent {
  const target = resolveRedirectTarget(client, redirectUri)
  if (target === undefined) throw notAnswered(client, redirectUri)
  return { target, state }
}

export function unknownClient(): OAuthError {
  return new OAuthError(
    'invalid_client',
    'The application that sent you here is not known, or no longer. It has to register again.',
    { status: 400, explain: 'unknownClient' },
  )
}

/** Whoever did register it is told what really stands in the way. */
function notAnswered({ refusedRedirectUris }: Client, requested: string | undefined): OAuthError {
  if (requested !== undefined && refusedRedirectUris !== undefined) {
    const refused = resolveRedirectTarget({ redirectUris: refusedRedirectUris }, requested)
    if (refused !== undefined) return notListed(refused.uri)
  }
  return new OAuthError(
    'invalid_request',
    'The application named a redirect_uri that it has not registered.',
    { explain: 'redirect' },
  )
}

/** Sends a refusal to the client once there is a respondent; before that, and for our own faults, a page. */
export function redirectErrors(issuer: string): Koa.Middleware<RespondentState> {
  return async function redirectErrors(ctx, next) {
    try {
      await next()
    } catch (thrown) {
      const error = OAuthError.from(thrown)
      const { respondent, log } = ctx.state
      const isForPerson = respondent === undefined || isOutOfBand(respondent.target.uri)
      if (isForPerson || error.status >= 500) throw thrown
      logError(log, error)
      redirect(ctx, respondent, { ...error.toJSON(), iss: issuer })
    }
  }
}

export function sendCode(
  ctx: Koa.ParameterizedContext<RespondentState>,
  code: string,
  issuer: string,
): void {
  const { respondent } = ctx.state
  if (respondent === undefined) throw new TypeError('there is nobody to respond to')
  if (isOutOfBand(respondent.target.uri)) renderPage(ctx, 'code', { code })
  else redirect(ctx, respondent, { code, iss: issuer })
}

/** Only what `resolveRedirectTarget` made can be redirected to. */
function redirect(
  ctx: Koa.Context,
  { target, state }: Respondent,
  parameters: Readonly<Record<string, string>>,
): void {
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
