/** A device that waits for a person's decision, found by the browser that was shown the question. */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import type { Client } from '../clients/client.ts'
import type { Ports } from '../ports.ts'
import type { DeviceRequest } from '../store/devices.ts'
import { parseUserCode } from './user-code.ts'

export interface Confirmation {
  readonly confirmationId: string
  readonly browser: string
  /** As the form says it: for the page alone. */
  readonly userCode: string
  readonly request: DeviceRequest
  readonly client: Client
}

/** By whichever of the browser's binding cookies it was shown. @throws OAuthError when there is none. */
export async function findConfirmation(
  ctx: Koa.Context,
  { cookies, families, clients }: Ports,
  { confirmationId, entered }: { readonly confirmationId: string; readonly entered: string },
): Promise<Confirmation> {
  const found = await families.devices.find(confirmationId, cookies.browser.readAll(ctx))
  const client = found && (await clients.find(found.request.clientId, 'held'))
  if (found === undefined || client === undefined) throw gone()
  const userCode = parseUserCode(entered) ?? ''
  return { ...found, confirmationId, userCode, client }
}

/** One cannot tell an expired page from another browser's, and need not. */
export function gone(): OAuthError {
  return new OAuthError(
    'invalid_request',
    'This page has expired, was used already, or belongs to another browser. Enter the code that your device shows now.',
    { status: 403, explain: 'device' },
  )
}
