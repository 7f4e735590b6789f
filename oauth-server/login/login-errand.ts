/** Signing in without a client, by way of a provider. */

import type Koa from 'koa'
import { bindBrowser } from '../http/bind-browser.ts'
import type { Ports } from '../ports.ts'
import type { LogState } from '../steps/log-access.ts'
import type { Purpose } from '../store/upstream-logins.ts'
import type { Errand } from './errand.ts'
import { goOnAs, showLoginPage } from './login-page.ts'
import { findLogin } from './session.ts'

export function resumeLogin(
  ctx: Koa.ParameterizedContext<LogState>,
  ports: Ports,
  { returnPath }: Extract<Purpose, { readonly kind: 'page' }>,
): Errand {
  return {
    maxAgeSeconds: undefined,
    async finish(arrival) {
      const browser = bindBrowser(ctx, ports.cookies)
      await goOnAs(ctx, ports, { person: { kind: 'new', arrival }, returnPath, browser })
    },
    async showAgain(problem) {
      const login = await findLogin(ctx, ports, { maxAgeSeconds: undefined })
      showLoginPage(ctx, ports, { returnPath, login, problem })
    },
  }
}
