/**
 * GET /callback and /callback/{provider}: a person comes back from a provider.
 *
 * What brings them on is the state, once, in the browser that it was made for (RFC 9700 section 4.7, and
 * 4.4 for the answer of one provider at the callback of another). Whatever the provider says then, they
 * come back to what they were about.
 */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import { resumeConsent } from '../authorize/consent-errand.ts'
import { type RespondentState, redirectErrors } from '../authorize/respond.ts'
import { resumeDevice } from '../device/device-errand.ts'
import { parseParams } from '../http/params.ts'
import type { Ports } from '../ports.ts'
import { logError } from '../steps/answer-errors.ts'
import { securePage } from '../steps/headers.ts'
import { limitByAddress, takeOrRefuse } from '../steps/limit-rate.ts'
import { onIssuerHost } from '../steps/on-issuer-host.ts'
import type { Departure, Purpose, Ticket } from '../store/upstream-logins.ts'
import { toUser } from '../store/users.ts'
import { callbackPath, recordFailure, toUpstreamLogin } from './depart.ts'
import type { Errand } from './errand.ts'
import { resumeLogin } from './login-errand.ts'
import { answerProblem, GATEWAY_FAILED, toProviderProblem } from './provider-problem.ts'
import type { RedirectProvider, UpstreamAnswer } from './providers/provider.ts'

/** In the order in which the steps below bring them about. */
interface CallbackState extends RespondentState {
  browsers: readonly string[]
  departure: Departure
  ticket: Ticket
  provider: RedirectProvider
  errand: Errand
  answer: UpstreamAnswer
}

type Step = Koa.Middleware<CallbackState>

/** Whole schools and companies come from one address. */
const BY_ADDRESS = { name: 'callback-address', burst: 600, perMinute: 300 }
const BY_BROWSER = { name: 'callback-browser', burst: 60, perMinute: 30 }

/** Codes of some providers are thousands of characters long. */
const QUERY_CHARACTERS_MAX = 8192
/** As `randomText()` makes it. */
const STATE = /^[A-Za-z0-9_-]{43}$/
/** Clocks differ. */
const TOLERANCE_SECONDS = 60

export function callback(ports: Ports): Koa.Middleware[] {
  const { gateway, families, cookies } = ports
  const { issuer } = gateway.addresses
  const steps: Step[] = [
    securePage,
    onIssuerHost(gateway.addresses),
    refuseHead,
    limitByAddress(families.limits, BY_ADDRESS),
    redirectErrors(issuer),

    async function limitByBrowser(ctx, next) {
      ctx.state.browsers = cookies.browser.readAll(ctx)
      const [browser] = ctx.state.browsers
      if (browser !== undefined) await takeOrRefuse(families.limits, BY_BROWSER, browser)
      await next()
    },

    async function takeState(ctx, next) {
      const state = readState(ctx)
      const [name, provider] = providerAt(ports, ctx.path)
      const { browsers } = ctx.state
      const taken =
        state && (await families.upstreamLogins.take(state, { provider: name, browsers }))
      if (!taken || provider === undefined) throw stale()
      Object.assign(ctx.state, { ...taken, provider })
      await next()
    },

    /** Before the provider is asked: what is decided already needs nobody's name. */
    async function resumeErrand(ctx, next) {
      try {
        ctx.state.errand = await resume(ctx, ports, ctx.state.departure.purpose)
      } catch (thrown) {
        throw withoutReturn(OAuthError.from(thrown))
      }
      await next()
    },

    async function askProvider(ctx, next) {
      const { departure, ticket, provider, errand } = ctx.state
      const login = toUpstreamLogin(issuer, departure, ticket)
      try {
        ctx.state.answer = await provider.finish(login, new URL(issuer + ctx.path + ctx.search))
      } catch (thrown) {
        const failure = toProviderProblem(provider, ctx.state.log, thrown)
        recordFailure(ports, provider.name, failure)
        if (failure.isOfAccount) await families.upstreamLogins.markRefused(ctx.state.browsers)
        return await answerProblem(ctx, failure, errand.showAgain)
      }
      await next()
    },

    /** OpenID Connect Core 3.1.2.1: a provider that was asked for a new login may not have listened. */
    async function checkAge(ctx, next) {
      const { answer, departure, errand, provider } = ctx.state
      if (!isTooOld(answer, departure, errand)) return await next()
      await errand.showAgain({ key: 'loginTooOld', values: { provider: provider.label } })
      ctx.status = 400
    },

    async function goOn(ctx) {
      const { answer, provider, errand } = ctx.state
      const { identity, authenticatedAt, token } = answer
      const arrival = { user: toUser(provider.name, identity), authenticatedAt, token }
      try {
        await errand.finish(arrival)
      } catch (thrown) {
        const error = OAuthError.from(thrown)
        if (error.status < 500) throw thrown
        logError(ctx.state.log, error)
        await answerProblem(ctx, GATEWAY_FAILED, errand.showAgain)
      }
    },
  ]
  return steps
}

/** A look at the address must not use up what it carries. */
async function refuseHead(ctx: Koa.Context, next: Koa.Next): Promise<void> {
  if (ctx.method !== 'HEAD') return await next()
  ctx.set('Allow', 'GET')
  throw new OAuthError('invalid_request', 'this method is not served here', { status: 405 })
}

/** The one state of a query that nobody has tampered with. */
function readState(ctx: Koa.Context): string | undefined {
  if (ctx.querystring.length > QUERY_CHARACTERS_MAX) return undefined
  const params = parseParams(ctx.querystring)
  const state = params.repeated.length === 0 ? params.get('state') : undefined
  return state !== undefined && STATE.test(state) ? state : undefined
}

/** Each provider has one path: at another's its answers mean nothing. */
function providerAt({ providers }: Ports, path: string): [string, RedirectProvider | undefined] {
  for (const provider of providers.values()) {
    const isHere = provider.kind === 'redirect' && callbackPath(provider.name) === path
    if (isHere) return [provider.name, provider]
  }
  return ['', undefined]
}

/** Which of these it is makes no difference to the person, and is nobody else's to know. */
function stale(): OAuthError {
  return new OAuthError(
    'invalid_request',
    'This login has expired, was used already, or began in another browser. Close this page and start again from the application.',
    { status: 400, explain: 'login' },
  )
}

/** The state is used up: a fault of ours cannot be waited for on this page. */
function withoutReturn(error: OAuthError): OAuthError {
  const { code, message, status, cause } = error
  if (status < 500) return error
  return new OAuthError(code, message, { status, cause, explain: 'loginBroken' })
}

async function resume(
  ctx: Koa.ParameterizedContext<CallbackState>,
  ports: Ports,
  purpose: Purpose,
): Promise<Errand> {
  switch (purpose.kind) {
    case 'consent':
      return await resumeConsent(ctx, ports, purpose)
    case 'device':
      return await resumeDevice(ctx, ports, purpose)
    case 'page':
      return resumeLogin(ctx, ports, purpose)
  }
}

/** Only where the provider tells when it was. */
function isTooOld(
  { authenticatedAt }: UpstreamAnswer,
  { departedAt }: Departure,
  { maxAgeSeconds }: Errand,
): boolean {
  if (authenticatedAt === undefined || maxAgeSeconds === undefined) return false
  return authenticatedAt + maxAgeSeconds + TOLERANCE_SECONDS < departedAt
}
