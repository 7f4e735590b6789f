/**
 * Configured ids: the clients that have ever stood in the `gateway.yaml` of a process on this store.
 *
 * Key: `clients:configured` (set of ids), for ever. Processes are replaced one after the other: what one that is
 * still on an old configuration makes for a client that was taken out is found when that one starts anew.
 */

import type { Redis } from 'ioredis'
import { defineScript } from '../../lib/store/script.ts'

export interface ConfiguredIds {
  /** Adds these; resolves with all there have ever been. */
  remember(ids: readonly string[]): Promise<readonly string[]>
}

const KEY = 'clients:configured'

/** ARGV: ids. One at a time: Lua unpacks only so many. */
const REMEMBER = defineScript(`
for _, id in ipairs(ARGV) do redis.call('SADD', KEYS[1], id) end
return redis.call('SMEMBERS', KEYS[1])`)

export function redisConfiguredIds(redis: Redis): ConfiguredIds {
  return {
    remember: async (ids) => (await REMEMBER(redis, [KEY], ids)) as string[],
  }
}
