/** The service that a device asked for was there when it asked: it may be gone when a person comes. */

import { OAuthError } from '../../lib/oauth/error.ts'
import type { Ports } from '../ports.ts'
import { type Confirmation, gone } from './confirmation.ts'

type Waiting = Pick<Confirmation, 'confirmationId' | 'browser' | 'request'>

/** The device is told as of a denial. @throws OAuthError for the person when there is nothing to decide about. */
export async function requireService(
  { families, live }: Ports,
  { confirmationId, browser, request: { service } }: Waiting,
): Promise<void> {
  if (service === undefined || live.current.services.has(service)) return
  if (!(await families.devices.deny(confirmationId, browser))) throw gone()
  throw new OAuthError(
    'invalid_target',
    'The service that your device asked for is not there any more. Begin again on the device.',
    { explain: 'serviceGone' },
  )
}
