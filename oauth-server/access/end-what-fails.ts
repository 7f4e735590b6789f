/** Ends what the rules no longer allow somebody: grants of single services, or all and the logins too. */

import { toSeconds } from '../../lib/platform/clock.ts'
import type { Ports } from '../ports.ts'
import { revokeGrant } from '../token/revoke-grant.ts'
import type { Standing } from './evaluate.ts'

export type EndingPorts = Pick<
  Ports,
  'config' | 'live' | 'families' | 'resources' | 'records' | 'clock' | 'log'
>

/** May be done again at any time. @param reason for the log. */
export async function endWhatFails(
  ports: EndingPorts,
  userId: string,
  { isAdmitted, services }: Standing,
  reason: string,
): Promise<void> {
  const { families, resources, live } = ports
  if (!isAdmitted) return await endEverything(ports, userId, reason)
  // None of them may be one that was only judged before it was taken out.
  if ([...live.current.services.keys()].every((name) => services.has(name))) return
  const ids = await families.grants.ofUser(userId)
  const grants = await Promise.all(ids.map((id) => families.grants.find(id)))
  for (const grant of grants) {
    const meaning = resources.resolve(grant?.resource)
    const isRefused = meaning.kind === 'service' && !services.has(meaning.service)
    if (grant !== undefined && isRefused) await revokeGrant(ports, grant, reason)
  }
}

/**
 * The record goes last: as long as it is there the next sweep finds what is left. Of a stranger there is
 * nothing.
 */
async function endEverything(ports: EndingPorts, userId: string, reason: string): Promise<void> {
  const { users, grants } = ports.families
  const [known, ids] = await Promise.all([users.find(userId), grants.ofUser(userId)])
  if (known === undefined && ids.length === 0) return
  await endAccess(ports, userId, reason)
  await users.forget(userId)
}

/**
 * Ends every login and every grant of a person, at the edge too; what is known of them stays. Logins first:
 * no grant is made under one that has ended. May be done again at any time.
 * @param reason for the log.
 */
export async function endAccess(ports: EndingPorts, userId: string, reason: string): Promise<void> {
  const { families, config, clock } = ports
  await families.logins.closeOfUser(userId)
  await families.grants.revokeOfUser(userId, toSeconds(clock()) + config.ACCESS_TOKEN_LIFETIME)
  tellEnded(ports, userId, reason)
}

/** In both logs: everything of a person has ended. */
export function tellEnded(
  { log, records }: Pick<EndingPorts, 'log' | 'records'>,
  userId: string,
  reason: string,
): void {
  records.add({ action: 'revocation/person', outcome: 'ok', user: userId, details: { reason } })
  log.warn({ user: userId, reason }, 'all grants of a person revoked')
}

/**
 * Whether somebody is disabled. What was granted while they were being disabled, or what a store holds that an
 * earlier release wrote, ends here.
 */
export async function endIfDisabled(ports: EndingPorts, userId: string): Promise<boolean> {
  const { disabledUsers, grants } = ports.families
  if (!(await disabledUsers.has(userId))) return false
  const ids = await grants.ofUser(userId)
  if (ids.length > 0) await endAccess(ports, userId, 'disabled')
  return true
}
