/**
 * What a person has entered for a service: read before each launch, never from the environment.
 *
 * Whoever has not entered everything is told what is missing and where to enter it; that is no failure of
 * the service. A store that does not answer is ours, and nothing is launched without it.
 */

import type { Service } from '../../lib/catalogue/service.ts'
import type { Log } from '../../lib/platform/log.ts'
import type { OpenedSecrets, UserSecrets } from '../../lib/store/user-secrets.ts'
import { RpcFault } from '../json-rpc.ts'
import type { Person } from './launch-plan.ts'

export interface OwnSecretsPorts {
  readonly userSecrets: Pick<UserSecrets, 'read' | 'revision'>
  /** Where people enter them. */
  readonly accountPage: string
}

export type OwnSecrets = Pick<OpenedSecrets, 'values' | 'revision'>

/** Of a service that asks nothing of its people. */
export const NO_SECRETS: OwnSecrets = { values: new Map(), revision: 0 }

export function asksSecrets({ userSecrets }: Service): boolean {
  return Object.keys(userSecrets).length > 0
}

/** @throws RpcFault 503 when the store does not tell. */
export async function readOwnSecrets(
  { userSecrets }: OwnSecretsPorts,
  { name }: Service,
  { userId }: Person,
  log: Log,
): Promise<OwnSecrets> {
  try {
    const { unreadable, ...own } = await userSecrets.read({ userId, service: name })
    if (unreadable.length > 0) {
      log.warn(
        { service: name, user: userId, secrets: unreadable },
        'user secrets cannot be opened',
      )
    }
    return own
  } catch (cause) {
    throw new RpcFault(
      503,
      'refused',
      `the service ${name}: what you have entered for it cannot be read now: try again later`,
      { cause, headers: { 'retry-after': '5' } },
    )
  }
}

/** @throws RpcFault that names what is missing. */
export function requireSecrets(
  { name, userSecrets }: Service,
  { values }: OwnSecrets,
  accountPage: string,
): void {
  const missing = Object.keys(userSecrets).filter((one) => !values.has(one))
  if (missing.length === 0) return
  throw new RpcFault(
    200,
    'refused',
    `the service ${name} needs ${missing.join(', ')} from you: enter it at ${accountPage}, then connect again`,
    { data: { missing, accountPage } },
  )
}
