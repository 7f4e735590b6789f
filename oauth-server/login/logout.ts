/**
 * GET and POST /logout: a person signs out, in this browser or everywhere.
 *
 * The form is bound to the login by a value that only a page of ours can hold, beside the checks of its
 * origin. Nothing of the request says where to go on: there is no parameter for it.
 */

import type Koa from 'koa'
import { formProof } from '../http/form-proof.ts'
import { renderPage } from '../pages/render.ts'
import type { Ports } from '../ports.ts'
import { securePage } from '../steps/headers.ts'
import { onIssuerHost } from '../steps/on-issuer-host.ts'
import { readForm } from '../steps/read-form.ts'
import { requireOwnOrigin } from '../steps/require-own-origin.ts'
import { type ProvedState, requireProof } from '../steps/require-proof.ts'
import type { Login } from '../store/logins.ts'
import { nameOf } from './person.ts'
import { readLogin } from './session.ts'
import { type Extent, parseExtent, signOut } from './sign-out.ts'

/** In the order in which the steps below bring them about. */
interface LogoutState extends ProvedState {
  login: Login
  extent: Extent
}

type Step = Koa.Middleware<LogoutState>

/** Only this purpose opens the form of this page. */
export const LOGOUT_FORM = 'logout'

export function askToSignOut(ports: Ports): Koa.Middleware[] {
  return [
    securePage,
    onIssuerHost(ports.gateway.addresses),

    async function showForm(ctx) {
      const login = await readLogin(ctx, ports)
      const cookie = ports.cookies.login.read(ctx)
      const isKnown = login !== undefined && cookie !== undefined
      if (isKnown) {
        const userName = nameOf(ports.providers, login)
        renderPage(ctx, 'logout', { userName, proof: formProof(LOGOUT_FORM, cookie) })
      } else renderSignedOut(ctx, 'browser')
    },
  ]
}

export function endLogin(ports: Ports): Koa.Middleware[] {
  const { addresses } = ports.gateway
  const steps: Step[] = [
    securePage,
    onIssuerHost(addresses),
    requireOwnOrigin(addresses.issuer),
    readForm,

    async function findSession(ctx, next) {
      const login = await readLogin(ctx, ports)
      const cookie = ports.cookies.login.read(ctx)
      if (login === undefined || cookie === undefined) return renderSignedOut(ctx, 'browser')
      Object.assign(ctx.state, { login, cookie })
      await next()
    },

    requireProof(LOGOUT_FORM, 'Open it again to sign out.'),

    async function readExtent(ctx, next) {
      ctx.state.extent = parseExtent(ctx.state.params.get('extent'))
      await next()
    },

    async function signOutNow(ctx) {
      const { cookie, login, extent } = ctx.state
      await signOut(ports, { cookie, login, extent })
      ports.cookies.login.clear(ctx)
      const deed = { action: 'login/sign-out', outcome: 'ok', user: login.userId }
      ports.records.add({ ...deed, details: { extent } })
      ctx.state.log.info({ user: login.userId, extent }, 'signed out')
      renderSignedOut(ctx, extent)
    },
  ]
  return steps
}

function renderSignedOut(ctx: Koa.Context, extent: Extent): void {
  renderPage(ctx, 'signed-out', { isEverywhere: extent === 'everywhere' })
}
