/**
 * GET and POST /account: a person looks after what acts in their name, and after their secrets.
 *
 * Each form is bound to the login by a value that only a page of ours can hold, beside the check of its
 * origin. After a change the browser is sent back to the page: nothing of the form is shown again.
 */

import type Koa from 'koa'
import { parseParams } from '../http/params.ts'
import { findLogin } from '../login/session.ts'
import type { Ports } from '../ports.ts'
import { securePage } from '../steps/headers.ts'
import { takeOrRefuse } from '../steps/limit-rate.ts'
import { onIssuerHost } from '../steps/on-issuer-host.ts'
import { readForm } from '../steps/read-form.ts'
import { requireOwnOrigin } from '../steps/require-own-origin.ts'
import { type ProvedState, requireProof } from '../steps/require-proof.ts'
import type { Limit } from '../store/limits.ts'
import type { Login } from '../store/logins.ts'
import { ACCOUNT_FORM, showAccountPage } from './account-page.ts'
import { applyChange } from './apply-change.ts'
import { type Change, parseChange } from './change.ts'
import { parseNotice } from './notice.ts'

/** In the order in which the steps below bring them about. */
interface AccountState extends ProvedState {
  login: Login
  change: Change
}

type Step = Koa.Middleware<AccountState>

/** Somebody who tidies up a long list, not a program. */
const CHANGES: Limit = {
  name: 'account-changes',
  burst: 120,
  perMinute: 60,
  evenWhenFull: true,
}

export function showAccount(ports: Ports): Koa.Middleware[] {
  const steps: Step[] = [
    securePage,
    onIssuerHost(ports.gateway.addresses),
    requireLogin(ports),

    async function showPage(ctx) {
      const { login, cookie } = ctx.state
      const notice = parseNotice(parseParams(ctx.querystring).get('notice'))
      await showAccountPage(ctx, ports, { login, cookie, notice })
    },
  ]
  return steps
}

export function changeAccount(ports: Ports): Koa.Middleware[] {
  const { addresses } = ports.gateway
  const steps: Step[] = [
    securePage,
    onIssuerHost(addresses),
    requireOwnOrigin(addresses.issuer),
    readForm,
    requireLogin(ports),

    requireProof(ACCOUNT_FORM, 'Open your account again, then repeat the change.'),

    async function limitByPerson(ctx, next) {
      await takeOrRefuse(ports.families.limits, CHANGES, ctx.state.login.userId)
      await next()
    },

    async function readChange(ctx, next) {
      ctx.state.change = parseChange(ctx.state.params)
      await next()
    },

    async function changeAndShow(ctx) {
      const notice = await applyChange(ports, ctx.state)
      seeOther(ctx, `${addresses.issuer}/account?notice=${notice}`)
    },
  ]
  return steps
}

/** Whoever is not signed in does that first, and comes back to the page as it is then. */
function requireLogin(ports: Ports): Step {
  return async function requireLogin(ctx, next) {
    const login = await findLogin(ctx, ports, { maxAgeSeconds: undefined })
    const cookie = ports.cookies.login.read(ctx)
    if (login === undefined || cookie === undefined) {
      return seeOther(ctx, `${ports.gateway.addresses.issuer}/login?return=/account`)
    }
    Object.assign(ctx.state, { login, cookie })
    await next()
  }
}

function seeOther(ctx: Koa.Context, location: string): void {
  ctx.status = 303
  ctx.set('Location', location)
}
