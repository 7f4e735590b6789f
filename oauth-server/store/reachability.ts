/**
 * Whether documents of others can be fetched from here: one answer for all processes of a store.
 *
 * Keys: `reachability` (hash: `advertised`, what is told to clients; `reachable`, what the last probe
 * found; `since`, the first probe in a row that found it, epoch ms), 20 min from the last probe;
 * `reachability:lease`, held by whoever probes, until the next probe is due.
 */

import type { Redis } from 'ioredis'
import { defineScript } from '../../lib/store/script.ts'

export interface Reachability {
  /** Undefined while nobody knows. */
  advertised(): Promise<boolean | undefined>
  /** Atomic: true for the one process that has to probe now. */
  begin(): Promise<boolean>
  /**
   * What the probe found at `now`, epoch milliseconds. The first decides at once, later ones when
   * they have said the same for ten minutes.
   */
  report(reachable: boolean, now: number): Promise<void>
}

const KEY = 'reachability'
const LEASE = 'reachability:lease'

const CHANGE_MS = 600_000
/** A gateway that has not probed for so long was not running: what it knew is no news. */
const LIFETIME_SECONDS = 1200
/** A little less than a minute and ten: whoever looks each minute must find the lease gone. */
const UNSETTLED_MS = 55_000
const SETTLED_MS = 595_000

/** KEYS: record, lease. ARGV: reachable, now, change, lifetime, lease of what is settled. */
const REPORT = defineScript(`
local reachable, now = ARGV[1], tonumber(ARGV[2])
local advertised = redis.call('HGET', KEYS[1], 'advertised') or reachable
local since = now
if redis.call('HGET', KEYS[1], 'reachable') == reachable then
  since = tonumber(redis.call('HGET', KEYS[1], 'since'))
end
if now - since >= tonumber(ARGV[3]) then advertised = reachable end
redis.call('HSET', KEYS[1], 'advertised', advertised, 'reachable', reachable,
  'since', string.format('%.0f', since))
redis.call('EXPIRE', KEYS[1], ARGV[4])
if reachable == '1' and advertised == '1' then redis.call('PEXPIRE', KEYS[2], ARGV[5]) end`)

export function redisReachability(redis: Redis): Reachability {
  return {
    async advertised() {
      const advertised = await redis.hget(KEY, 'advertised')
      return advertised === null ? undefined : advertised === '1'
    },
    async begin() {
      return (await redis.set(LEASE, '', 'PX', UNSETTLED_MS, 'NX')) === 'OK'
    },
    async report(reachable, now) {
      const values = [reachable ? 1 : 0, now, CHANGE_MS, LIFETIME_SECONDS, SETTLED_MS]
      await REPORT(redis, [KEY, LEASE], values)
    },
  }
}
