/** Ends a grant with everything minted under it, and says so in both logs. */

import { toSeconds } from '../../lib/platform/clock.ts'
import type { Ports } from '../ports.ts'
import type { Deed } from '../records/records.ts'
import type { GrantKeys } from '../store/grants.ts'

export type RevokingPorts = Pick<Ports, 'families' | 'config' | 'clock' | 'log' | 'records'>

/** `user` is whose grant it was, whoever ended it. */
export function toRevocation({ id, userId, clientId }: GrantKeys, reason: string): Deed {
  return {
    action: 'revocation/grant',
    outcome: 'ok',
    user: userId,
    client_id: clientId,
    target: id,
    details: { reason },
  }
}

/** @param reason for the logs: why it ends, without secrets. */
export async function revokeGrant(
  { families, config, clock, log, records }: RevokingPorts,
  grant: GrantKeys,
  reason: string,
): Promise<void> {
  await families.grants.revoke(grant, toSeconds(clock()) + config.ACCESS_TOKEN_LIFETIME)
  records.add(toRevocation(grant, reason))
  log.warn(
    { grant: grant.id, user: grant.userId, client_id: grant.clientId, reason },
    'grant revoked',
  )
}
