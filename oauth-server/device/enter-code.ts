/** A user code, typed or brought along by the address, becomes the question (RFC 8628 section 3.3). */

import type Koa from 'koa'
import { bindBrowser } from '../http/bind-browser.ts'
import { addressKey, clientAddress, siteKey } from '../http/client-address.ts'
import { findLogin } from '../login/session.ts'
import type { Ports } from '../ports.ts'
import type { FormState } from '../steps/read-form.ts'
import { showCodePage, showDevicePage } from './device-page.ts'
import { tryCode } from './guessing.ts'
import { requireService } from './require-service.ts'
import { parseUserCode } from './user-code.ts'

/**
 * Approves nothing, however good the code is: an address can be sent to anybody (RFC 8628 section 5.4). A device
 * that waits for what nobody can approve any more is told so.
 */
export function enterCode(ports: Ports): Koa.Middleware<FormState> {
  return async function enterCode(ctx) {
    const browser = bindBrowser(ctx, ports.cookies)
    const entered = ctx.state.params.get('user_code')
    if (entered === undefined) return showCodePage(ctx)
    const address = clientAddress(ctx)
    const guesser = { address: addressKey(address), site: siteKey(address), browser }
    const question = await tryCode(ports.families.limits, guesser, () =>
      findQuestion(ports, entered, browser),
    )
    if (question === undefined) return showCodePage(ctx, entered)
    await requireService(ports, { ...question, browser })
    const login = await findLogin(ctx, ports, { maxAgeSeconds: undefined })
    await showDevicePage(ctx, ports, { ...question, login })
  }
}

async function findQuestion({ families, clients }: Ports, entered: string, browser: string) {
  const userCode = parseUserCode(entered)
  const shown = userCode && (await families.devices.show(userCode, browser))
  if (!userCode || !shown) return undefined
  const client = await clients.find(shown.request.clientId, 'held')
  return client && { ...shown, userCode, client }
}
