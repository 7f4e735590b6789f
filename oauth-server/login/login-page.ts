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
import { admit } from './admission.ts'
import type { Present } from './person.ts'
import { showRefusedPage } from './refusal.ts'
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
  const admission = await admit(ctx, ports, { person, service: undefined, browser })
  if ('refusal' in admission) {
    const back = { method: 'get', action: '/login', fields: { return: returnPath } } as const
    return showRefusedPage(ctx, ports, admission.refusal, back)
  }
  ctx.state.log.info({ user: admission.login.userId }, 'signed in')
  ctx.status = 303
  ctx.set('Location', ports.gateway.addresses.issuer + returnPath)
}
