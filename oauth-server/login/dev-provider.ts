/**
 * The dev provider: whoever asks is who they say. It exists only while nobody but this machine can
 * reach the gateway.
 */

import type { Addresses } from '../../lib/catalogue/addresses.ts'
import { ConfigError } from '../../lib/platform/environment.ts'
import type { User } from '../store/users.ts'

const PROVIDER = 'dev'

/** 1 to 64 of these: a name must be safe wherever a person or a log meets it. */
const USERNAME = /^[A-Za-z0-9._-]{1,64}$/

export function toDevUser(username: string): User | undefined {
  if (!USERNAME.test(username)) return undefined
  return { id: `${PROVIDER}:${username}`, name: username, provider: PROVIDER }
}

/** @throws ConfigError when nobody could log in. */
export function requireLoginProvider({ loopback, issuer }: Addresses): void {
  if (loopback) return
  throw new ConfigError([
    `no login provider is configured, and the dev provider exists only on this machine, not at ${issuer}`,
  ])
}
