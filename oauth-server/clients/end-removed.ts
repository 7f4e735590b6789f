/** Deleting a client ends what was granted to it (RFC 7592 section 2.3), also one that stood in `gateway.yaml`. */

import { toSeconds } from '../../lib/platform/clock.ts'
import type { Ports } from '../ports.ts'

export type RemovedClientsPorts = Pick<
  Ports,
  'families' | 'gateway' | 'config' | 'records' | 'clock' | 'log'
>

/**
 * For a start: ends every grant of a client that an earlier configuration had and this one has not, also what a
 * process made meanwhile whose configuration still has it. Should it come back, everybody is asked anew. May be
 * done again at any time.
 */
export async function endRemovedClients(ports: RemovedClientsPorts): Promise<void> {
  const { families, gateway, config, records, clock, log } = ports
  const known = await families.configuredIds.remember([...gateway.clients.keys()])
  for (const id of known) {
    if (gateway.clients.has(id)) continue
    await families.consents.forgetOfClient(id)
    if ((await families.grants.ofClient(id)).length === 0) continue
    await families.grants.revokeOfClient(id, toSeconds(clock()) + config.ACCESS_TOKEN_LIFETIME)
    const reason = 'taken out of gateway.yaml'
    records.add({ action: 'revocation/client', outcome: 'ok', client_id: id, details: { reason } })
    log.warn({ client_id: id, reason }, 'all grants of a client revoked')
  }
}
