/**
 * GET and POST /login: a person signs in without a client, to see and end what was approved.
 *
 * The form is bound to the browser by a value that only a page of ours can hold, beside the checks of its
 * origin: nobody can be signed in as somebody else by another site.
 */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import { equalInConstantTime } from '../../lib/platform/constant-time.ts'
import { parseParams } from '../http/params.ts'
import type { Ports } from '../ports.ts'
import { securePage } from '../steps/headers.ts'
import { limitByAddress, takeOrRefuse } from '../steps/limit-rate.ts'
import { onIssuerHost } from '../steps/on-issuer-host.ts'
import { type FormState, readForm } from '../steps/read-form.ts'
import { requireOwnOrigin } from '../steps/require-own-origin.ts'
import type { Login } from '../store/logins.ts'
import type { ReturnPath } from '../store/upstream-logins.ts'
import { depart } from './depart.ts'
import { goOnAs, loginProof, parseReturnPath, showLoginPage } from './login-page.ts'
import { type Person, parsePerson } from './person.ts'
import { answerProblem } from './provider-problem.ts'
import { findLogin } from './session.ts'

/** In the order in which the steps below bring them about. */
interface LoginState extends FormState {
  browser: string
  returnPath: ReturnPath
  login: Login | undefined
  person: Person
}

type Step = Koa.Middleware<LoginState>

/** Whole schools and companies come from one address. */
const BY_ADDRESS = { name: 'login-address', burst: 600, perMinute: 300 }
const BY_BROWSER = { name: 'login-browser', burst: 60, perMinute: 30 }

export function askToLogIn(ports: Ports): Koa.Middleware[] {
  return [
    securePage,
    onIssuerHost(ports.gateway.addresses),

    async function showForm(ctx) {
      const returnPath = parseReturnPath(parseParams(ctx.querystring).get('return'))
      const login = await findLogin(ctx, ports, { maxAgeSeconds: undefined })
      showLoginPage(ctx, ports, { returnPath, login })
    },
  ]
}

export function logIn(ports: Ports): Koa.Middleware[] {
  const { gateway, families, providers, cookies } = ports
  const steps: Step[] = [
    securePage,
    onIssuerHost(gateway.addresses),
    requireOwnOrigin(gateway.addresses.issuer),
    limitByAddress(families.limits, BY_ADDRESS),
    readForm,

    async function checkProof(ctx, next) {
      const sent = ctx.state.params.get('proof') ?? ''
      const browser = cookies.browser
        .readAll(ctx)
        .find((held) => equalInConstantTime(sent, loginProof(held)))
      if (browser === undefined) throw foreign()
      ctx.state.browser = browser
      await next()
    },

    async function limitByBrowser(ctx, next) {
      await takeOrRefuse(families.limits, BY_BROWSER, ctx.state.browser)
      await next()
    },

    async function readPerson(ctx, next) {
      const { params } = ctx.state
      const returnPath = parseReturnPath(params.get('return'))
      const login = await findLogin(ctx, ports, { maxAgeSeconds: undefined })
      Object.assign(ctx.state, { returnPath, login })
      const person = parsePerson(params, { login, providers })
      if (typeof person !== 'string') {
        ctx.state.person = person
        return await next()
      }
      showLoginPage(ctx, ports, { returnPath, login, problem: { key: person } })
      ctx.status = 400
    },

    async function goOn(ctx) {
      const { person, returnPath, browser, login } = ctx.state
      if (person.kind !== 'away') {
        return await goOnAs(ctx, ports, { person, returnPath, browser })
      }
      const { provider, isAnother: anew } = person
      const purpose = { kind: 'page', returnPath } as const
      const journey = { provider, purpose, browser, loginHint: undefined, anew }
      const failure = await depart(ctx, ports, journey)
      if (failure === undefined) return
      await answerProblem(ctx, failure, (problem) =>
        showLoginPage(ctx, ports, { returnPath, login, problem }),
      )
    },
  ]
  return steps
}

function foreign(): OAuthError {
  return new OAuthError(
    'invalid_request',
    'This page belongs to another browser, or its cookies have gone. Open it again to sign in.',
    { status: 403, explain: 'login' },
  )
}
