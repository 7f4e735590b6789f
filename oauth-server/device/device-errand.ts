/** A device whose person went to a provider, after they had approved it here. */

import type Koa from 'koa'
import type { Errand } from '../login/errand.ts'
import { findLogin } from '../login/session.ts'
import type { Ports } from '../ports.ts'
import type { LogState } from '../steps/log-access.ts'
import type { Purpose } from '../store/upstream-logins.ts'
import { approveDevice } from './approve-device.ts'
import { findConfirmation } from './confirmation.ts'
import { showDevicePage } from './device-page.ts'

/** @throws OAuthError when it was decided meanwhile, in another tab perhaps, or waits no longer. */
export async function resumeDevice(
  ctx: Koa.ParameterizedContext<LogState>,
  ports: Ports,
  { confirmationId, userCode, service }: Extract<Purpose, { readonly kind: 'device' }>,
): Promise<Errand> {
  const confirmation = await findConfirmation(ctx, ports, { confirmationId, entered: userCode })
  return {
    maxAgeSeconds: undefined,
    finish: (arrival) =>
      approveDevice(ctx, ports, { confirmation, service, person: { kind: 'new', arrival } }),
    async showAgain(problem) {
      const login = await findLogin(ctx, ports, { maxAgeSeconds: undefined })
      await showDevicePage(ctx, ports, { ...confirmation, login, chosen: service, problem })
    },
  }
}
