/** The page to sign in at without a client, and what comes of it. */

import type Koa from 'koa'
import { bindBrowser } from '../http/bind-browser.ts'
import { formProof } from '../http/form-proof.ts'
import { renderPage } from '../pages/render.ts'
import type { Phrase } from '../pages/words/words.ts'
import type { Ports } from '../ports.ts'
import type { LogState } from '../steps/log-access.ts'
import type { Login } from '../store/logins.ts'
import { RETURN_PATHS, type ReturnPath } from '../store/upstream-logins.ts'
import type { Present } from './person.ts'
import { noteRefusal, showRefusedPage } from './refusal.ts'
import { loginOf } from './session.ts'
import { toWays } from './ways.ts'

export interface LoginQuestion {
  readonly returnPath: ReturnPath
  readonly login: Login | undefined
  readonly problem?: Phrase | undefined
}

export function showLoginPage(
  ctx: Koa.Context,
  ports: Ports,
  { returnPath, login, problem }: LoginQuestion,
): void {
  const ways = toWays(ports, { login })
  renderPage(ctx, 'login', {
    proof: loginProof(bindBrowser(ctx, ports.cookies)),
    returnPath,
    ways: login === undefined ? ways : { ...ways, approve: { key: 'goOn' } },
    problem,
  })
}

/** Of a browser's binding cookie. */
export function loginProof(browser: string): string {
  return formProof('login', browser)
}

/** Anything else is ignored: nobody is sent anywhere but to our own pages. */
export function parseReturnPath(text: string | undefined): ReturnPath {
  return RETURN_PATHS.find((path) => path === text) ?? '/'
}

export interface SigningIn {
  readonly person: Present
  readonly returnPath: ReturnPath
  /** The binding cookie of their browser. */
  readonly browser: string
}

export async function goOnAs(
  ctx: Koa.ParameterizedContext<LogState>,
  ports: Ports,
  { person, returnPath, browser }: SigningIn,
): Promise<void> {
  const login = await loginOf(ctx, ports, person)
  if (login === undefined) {
    const refusal = { person, service: undefined, browser }
    await noteRefusal(ctx, ports, refusal)
    const fields = { return: returnPath }
    return showRefusedPage(ctx, ports, refusal, { method: 'get', action: '/login', fields })
  }
  ctx.state.log.info({ user: login.userId }, 'signed in')
  ctx.status = 303
  ctx.set('Location', ports.gateway.addresses.issuer + returnPath)
}
