/** Ends a grant with everything minted under it, because a code or a refresh token was used twice. */

import { toSeconds } from '../../lib/platform/clock.ts'
import type { Ports } from '../ports.ts'
import type { GrantKeys } from '../store/grants.ts'

/** First the entry that the edge reads, then the record: whatever fails between, no token lives on. */
export async function revokeGrant(
  { families, config, clock, log }: Ports,
  grant: GrantKeys,
  reason: string,
): Promise<void> {
  const expiresAt = toSeconds(clock()) + config.ACCESS_TOKEN_LIFETIME
  await families.revocations.revoke('grant', grant.id, expiresAt)
  const latest = await families.grants.end(grant)
  // Minted when lifetimes were longer.
  if (latest !== undefined && latest > expiresAt) {
    await families.revocations.revoke('grant', grant.id, latest)
  }
  log.warn(
    { grant: grant.id, user: grant.userId, client_id: grant.clientId, reason },
    'grant revoked',
  )
}
