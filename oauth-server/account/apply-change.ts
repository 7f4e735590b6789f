/** Does what a person has asked for on the account page, to what is theirs and to nothing else. */

import { toSeconds } from '../../lib/platform/clock.ts'
import type { Log } from '../../lib/platform/log.ts'
import { signedOutMeanwhile } from '../login/sign-out.ts'
import type { Ports } from '../ports.ts'
import type { Login } from '../store/logins.ts'
import { revokeGrant } from '../token/revoke-grant.ts'
import type { Change, NamedSecret } from './change.ts'
import type { Notice } from './notice.ts'

export interface Applying {
  readonly login: Login
  readonly change: Change
  /** Of the request. */
  readonly log: Log
}

export async function applyChange(ports: Ports, applying: Applying): Promise<Notice> {
  const { change } = applying
  switch (change.kind) {
    case 'revoke':
      return await revokeOne(ports, applying, change.grantId)
    case 'revoke-all':
      return await revokeAll(ports, applying)
    case 'enter-secret':
      return await enterSecret(ports, applying, change)
    case 'delete-secret':
      return await deleteSecret(ports, applying, change)
    case 'none':
      return change.notice
  }
}

/** As `Grants` makes them; whatever looks otherwise is none. */
const GRANT_ID = /^\d{1,15}-[A-Za-z0-9_-]{22}$/

/** Somebody else's is as unknown as one that has ended. */
async function revokeOne(ports: Ports, { login }: Applying, id: string): Promise<Notice> {
  const { families } = ports
  const grant = GRANT_ID.test(id) ? await families.grants.find(id) : undefined
  if (grant?.userId !== login.userId) return 'gone'
  // Forgotten first: the client must not get back in by it without asking.
  await families.consents.forget(grant)
  await revokeGrant(ports, grant, 'revoked by the person')
  return 'revoked'
}

async function revokeAll(
  { families, config, clock, records }: Ports,
  { login, log }: Applying,
): Promise<Notice> {
  await families.consents.forgetOfUser(login.userId)
  const expiresAt = toSeconds(clock()) + config.ACCESS_TOKEN_LIFETIME
  await families.grants.revokeOfUser(login.userId, expiresAt)
  const [user, reason] = [login.userId, 'revoked by the person']
  records.add({ action: 'revocation/person', outcome: 'ok', user, details: { reason } })
  log.warn({ user, reason }, 'all grants revoked')
  return 'revoked-all'
}

/**
 * Whether the login stands is asked after the secret is there: an operator who ends a person and deletes what
 * they have entered ends their logins first, and then finds all that was entered under one.
 */
async function enterSecret(
  ports: Ports,
  { login, log }: Applying,
  { service, name, value }: NamedSecret & { readonly value: string },
): Promise<Notice> {
  const { userSecrets, logins } = ports.families
  if (!(await isAskedFor(ports, login, { service, name }))) return 'secret-unknown'
  const place = { userId: login.userId, service }
  await userSecrets.enter(place, name, value)
  if (!(await logins.stands(login))) {
    await userSecrets.remove(place, name)
    throw signedOutMeanwhile()
  }
  recordSecret(ports, 'enter', { user: login.userId, service, target: name })
  log.info({ user: login.userId, service, secret_name: name }, 'user secret entered')
  return 'secret-entered'
}

/** Also where the person may not use the service any more. */
async function deleteSecret(
  { families, live, records }: Ports,
  { login, log }: Applying,
  { service, name }: NamedSecret,
): Promise<Notice> {
  if (!live.current.services.has(service)) return 'secret-unknown'
  const place = { userId: login.userId, service }
  if (!(await families.userSecrets.remove(place, name))) return 'secret-gone'
  recordSecret({ records }, 'delete', { user: login.userId, service, target: name })
  log.info({ user: login.userId, service, secret_name: name }, 'user secret deleted')
  return 'secret-deleted'
}

/** @param which its name is the target; what it says stands nowhere. */
function recordSecret(
  { records }: Pick<Ports, 'records'>,
  verb: 'enter' | 'delete',
  which: { readonly user: string; readonly service: string; readonly target: string },
): void {
  records.add({ action: `secret/${verb}`, outcome: 'ok', ...which })
}

async function isAskedFor(
  { access, live }: Ports,
  { userId }: Login,
  { service, name }: NamedSecret,
): Promise<boolean> {
  const asked = live.current.services.get(service)?.userSecrets ?? {}
  return Object.hasOwn(asked, name) && (await access.servicesOf(userId)).includes(service)
}
