/** Ends a grant with everything minted under it, and says so in the log. */

import { toSeconds } from '../../lib/platform/clock.ts'
import type { Ports } from '../ports.ts'
import type { GrantKeys } from '../store/grants.ts'

/** @param reason for the log: why it ends, without secrets. */
export async function revokeGrant(
  { families, config, clock, log }: Pick<Ports, 'families' | 'config' | 'clock' | 'log'>,
  grant: GrantKeys,
  reason: string,
): Promise<void> {
  await families.grants.revoke(grant, toSeconds(clock()) + config.ACCESS_TOKEN_LIFETIME)
  log.warn(
    { grant: grant.id, user: grant.userId, client_id: grant.clientId, reason },
    'grant revoked',
  )
}
