/** A device whose person went to a provider, after they had approved it here. */

import type Koa from 'koa'
import { askForAnother, type Errand } from '../login/errand.ts'
import { findLogin } from '../login/session.ts'
import type { Phrase } from '../pages/words/words.ts'
import type { Ports } from '../ports.ts'
import type { LogState } from '../steps/log-access.ts'
import type { Purpose } from '../store/upstream-logins.ts'
import { approveDevice } from './approve-device.ts'
import { findConfirmation } from './confirmation.ts'
import { showDevicePage } from './device-page.ts'
import { requireService } from './require-service.ts'

/** @throws OAuthError when it was decided meanwhile, in another tab perhaps, or waits no longer. */
export async function resumeDevice(
  ctx: Koa.ParameterizedContext<LogState>,
  ports: Ports,
  { confirmationId, userCode, service }: Extract<Purpose, { readonly kind: 'device' }>,
): Promise<Errand> {
  const confirmation = await findConfirmation(ctx, ports, { confirmationId, entered: userCode })
  const showAgain = async (problem: Phrase): Promise<void> => {
    const login = await findLogin(ctx, ports, { maxAgeSeconds: undefined })
    await showDevicePage(ctx, ports, { ...confirmation, login, chosen: service, problem })
  }
  return {
    maxAgeSeconds: undefined,
    async finish(arrival) {
      await requireService(ports, confirmation)
      if (!ports.live.current.services.has(service)) return await askForAnother(ctx, showAgain)
      await approveDevice(ctx, ports, { confirmation, service, person: { kind: 'new', arrival } })
    },
    showAgain,
  }
}
