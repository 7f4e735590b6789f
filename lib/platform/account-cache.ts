/** Where this account keeps what can be fetched again. */

import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Environment } from './environment.ts'

/** Absolute path, by the XDG rules; it may not exist yet. */
export function accountCache(environment: Environment): string {
  const named = environment['XDG_CACHE_HOME'] ?? ''
  const home = (environment['HOME'] ?? '') === '' ? homedir() : (environment['HOME'] ?? '')
  // The rules pass over what is relative.
  const cache = named.startsWith('/') ? named : join(home, '.cache')
  return join(cache, 'mcp-oauth-gateway')
}
