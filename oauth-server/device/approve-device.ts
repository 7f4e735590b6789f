/** From a person's approval to the grant of their device, whoever vouched for the person. */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import { DEVICE_CODE_GRANT } from '../clients/client.ts'
import { admit, type Visit } from '../login/admission.ts'
import type { Present } from '../login/person.ts'
import { type Refusal, showRefusedPage } from '../login/refusal.ts'
import { signedOutMeanwhile } from '../login/sign-out.ts'
import type { Ports } from '../ports.ts'
import { logError } from '../steps/answer-errors.ts'
import type { LogState } from '../steps/log-access.ts'
import { checkGrantType } from '../steps/require-grant-type.ts'
import type { Login } from '../store/logins.ts'
import { type Confirmation, gone } from './confirmation.ts'
import { showDonePage } from './device-page.ts'
import { formatUserCode } from './user-code.ts'

export interface ApprovedDevice {
  readonly confirmation: Confirmation
  readonly service: string
  readonly person: Present
}

export async function approveDevice(
  ctx: Koa.ParameterizedContext<LogState>,
  ports: Ports,
  { confirmation, service, person }: ApprovedDevice,
): Promise<void> {
  const { browser, client } = confirmation
  checkGrantType(client, DEVICE_CODE_GRANT)
  const admission = await admit(ctx, ports, { person, service, browser })
  if ('refusal' in admission) return refuse(ctx, ports, confirmation, admission.refusal)
  const { login } = admission
  await ports.clients.keep(client)
  await grantToDevice(ports, confirmation, { login, service })
  const known = { kind: 'known', login } as const
  const refusal = await findRefusal(ctx, ports, { person: known, service, browser })
  if (refusal !== undefined) return refuse(ctx, ports, confirmation, refusal)
  const facts = { user: login.userId, client_id: client.id, service }
  ports.records.add({ action: 'consent/approve', outcome: 'ok', ...facts, target: 'device' })
  ctx.state.log.info(facts, 'device approved')
  showDonePage(ctx, 'approve')
}

/**
 * Of a double submit one makes a grant; the other is told so on a page. From here on the device has it, so
 * whatever must not be true is looked at in the same step, or once more when the device comes for its tokens.
 */
async function grantToDevice(
  { families, scopes, resources }: Ports,
  { confirmationId, browser, request }: Confirmation,
  { login, service }: { readonly login: Login; readonly service: string },
): Promise<void> {
  const { id: loginId, userId, userName, authenticatedAt } = login
  const facts = {
    userId,
    userName,
    authenticatedAt,
    loginId,
    clientId: request.clientId,
    resource: resources.resourceOf(service),
    scopes: scopes.grant(service, request.requestedScopes),
  }
  const outcome = await families.devices.approve(confirmationId, browser, { facts, login })
  if (outcome === 'gone') throw gone()
  if (outcome === 'signed-out') throw signedOutMeanwhile()
}

/**
 * The rules may have changed in between: then the grant has ended again. Where nobody can tell now the device
 * has it all the same, and no page may say that nothing was decided: they are asked again when it comes for its tokens.
 */
async function findRefusal(
  ctx: Koa.ParameterizedContext<LogState>,
  ports: Ports,
  visit: Visit,
): Promise<Refusal | undefined> {
  try {
    const admission = await admit(ctx, ports, visit)
    return 'refusal' in admission ? admission.refusal : undefined
  } catch (thrown) {
    logError(ctx.state.log, OAuthError.from(thrown))
    return undefined
  }
}

/** The device goes on waiting: for another account. */
function refuse(
  ctx: Koa.Context,
  ports: Ports,
  { userCode }: Confirmation,
  refusal: Refusal,
): void {
  const fields = { user_code: formatUserCode(userCode) }
  showRefusedPage(ctx, ports, refusal, { method: 'post', action: '/device', fields })
}
