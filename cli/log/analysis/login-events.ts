/** The lines in which the authorization server tells of logins, by what each means. */

import { roomOf } from '../../instance/part-names.ts'
import type { LogRecord } from '../log-record.ts'

const EVENTS: Readonly<Record<string, string>> = {
  'client registered': 'clients registered',
  'sent to a provider': 'sent to a login provider',
  'person admitted': 'people admitted',
  'person refused': 'people refused by the access rules',
  'access refused': 'services refused to people by the access rules',
  'refused: disabled by the operator': 'refused: disabled by the operator',
  'login failed at the provider': 'logins that failed at the provider',
  'access approved': 'consents',
  'code exchanged': 'logins completed',
  'device code exchanged': 'logins completed on a device',
  'token refreshed': 'tokens refreshed',
  'token revoked': 'tokens revoked',
  'grant revoked': 'grants revoked',
  'signed out': 'people signed out',
}

export function loginEventOf({ name, msg }: LogRecord): string | undefined {
  return roomOf(name) === 'oauth-server' && Object.hasOwn(EVENTS, msg) ? EVENTS[msg] : undefined
}
